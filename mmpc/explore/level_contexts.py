"""Six contexts for the levels of square blocks, as lesson 8 mixes them.

The levels of a slice stand in an array of shape (block rows, block columns, side, side). Blocks are
coded in raster order, and in each block the fast waves come first, so that the neighbours to the
right and below are known. Version 2 has contexts of the same kind for blocks of all sizes
(:mod:`mmpc.v2.residual_syntax`).
"""

from collections.abc import Callable

import numpy as np

from mmpc.explore.recoding import Coded, binarize, code_decisions

LARGEST = 255  # magnitudes beyond tell no more
MAGNITUDE_EDGES = (1, 2, 3, 4, 5, 7, 10, 15, 24)
ENERGY_EDGES = (1, 2, 4, 8, 16, 32, 64)
POSITION_EDGES = (1, 2, 3, 5, 8)  # of the sum of both frequencies
POSITIONS = len(POSITION_EDGES) + 1


def in_coding_order(values: np.ndarray) -> np.ndarray:
    """Flatten values of levels, shape (..., side, side), in the order in which they are coded."""
    return values[..., ::-1, ::-1].reshape(-1)


def with_dc_differences(levels: np.ndarray) -> np.ndarray:
    """Replace each DC level by its difference to the block on the left, or else above."""
    result = levels.copy()
    result[:, 1:, 0, 0] -= levels[:, :-1, 0, 0]
    result[1:, 0, 0, 0] -= levels[:-1, 0, 0, 0]
    return result


def without_dc_differences(differences: np.ndarray) -> np.ndarray:
    """Undo `with_dc_differences`."""
    result = differences.copy()
    result[:, 0, 0, 0] = np.cumsum(differences[:, 0, 0, 0])
    result[..., 0, 0] = np.cumsum(result[..., 0, 0], axis=1)
    return result


def neighbour_magnitudes(
    levels: np.ndarray, block_row: int, block_column: int, down: int, right: int
) -> np.ndarray:
    """Return for each level the magnitude of another one, 0 beyond all borders.

    Parameters
    ----------
    levels : ndarray of integers, shape (rows, columns, side, side)
    block_row, block_column : int
        Which block: 0 or -1 (above, left).
    down, right : int
        How many waves faster, 0 to 3.
    """
    padding = ((1, 0), (1, 0), (0, 3), (0, 3))
    padded = np.pad(np.minimum(np.abs(levels), LARGEST), padding)
    rows, columns, side, _ = levels.shape
    return padded[
        1 + block_row : 1 + block_row + rows,
        1 + block_column : 1 + block_column + columns,
        down : down + side,
        right : right + side,
    ]


def bucket(values: np.ndarray, edges: tuple[int, ...]) -> np.ndarray:
    """Return how many edges each value reaches."""
    return np.searchsorted(edges, values, side="right")


def level_contexts(levels: np.ndarray) -> dict[str, np.ndarray]:
    """Return six contexts of all levels: name and numbers from 0 on, shaped like `levels`."""
    side = levels.shape[-1]
    place = np.arange(side * side).reshape(side, side)
    position = bucket(place // side + place % side, POSITION_EDGES)
    right = neighbour_magnitudes(levels, 0, 0, 0, 1)
    below = neighbour_magnitudes(levels, 0, 0, 1, 0)
    others = ((1, 1), (0, 2), (2, 0))
    near = right + below + sum(neighbour_magnitudes(levels, 0, 0, *other) for other in others)
    same_left = np.minimum(neighbour_magnitudes(levels, 0, -1, 0, 0), 3)
    same_above = np.minimum(neighbour_magnitudes(levels, -1, 0, 0, 0), 3)
    contexts = {
        "place": place,
        "five neighbours": bucket(near, MAGNITUDE_EDGES) * POSITIONS + position,
        "right and below": (np.minimum(right, 4) * 5 + np.minimum(below, 4)) * POSITIONS + position,
        "same wave, left and above": (same_left * 4 + same_above) * side**2 + place,
        "blocks left and above": _energies_around(levels) * POSITIONS + position,
        "spent so far in the block": bucket(_spent(levels), ENERGY_EDGES) * side**2 + place,
    }
    return {name: np.broadcast_to(c, levels.shape) for name, c in contexts.items()}


def code_levels(levels: np.ndarray, *contexts: np.ndarray, mixing: bool = True) -> Coded:
    """Code all levels of a slice in contexts shaped like them; see `code_decisions`."""
    columns = [in_coding_order(np.broadcast_to(context, levels.shape)) for context in contexts]
    decisions = binarize(in_coding_order(levels))
    return code_decisions(decisions, np.stack(columns, axis=1), mixing=mixing)


def code_mixed(levels: np.ndarray) -> Coded:
    """Code all levels of a slice in the six contexts, mixed: where lesson 8 ends."""
    return code_levels(levels, *level_contexts(levels).values())


def is_causal(context: Callable[[np.ndarray], np.ndarray], levels: np.ndarray) -> bool:
    """Whether a changed level leaves its own context and all before it as they were.

    Parameters
    ----------
    context : callable
        Levels in, context numbers out, of the same shape.
    levels : ndarray of integers, shape (rows, columns, side, side)
        Some, of which 50 are changed, one at a time.
    """
    rng = np.random.default_rng(8)
    before = in_coding_order(np.broadcast_to(context(levels), levels.shape))
    for _ in range(50):
        changed = levels.copy()
        changed[tuple(rng.integers(0, levels.shape))] += 50
        position = int(np.flatnonzero(in_coding_order(changed != levels))[0])
        after = in_coding_order(np.broadcast_to(context(changed), levels.shape))
        if not np.array_equal(before[: position + 1], after[: position + 1]):
            return False
    return True


def block_prices(levels: np.ndarray, coded: Coded) -> np.ndarray:
    """Return the bits that each block took, shape (rows, columns)."""
    owners = binarize(in_coding_order(levels)).owners
    prices = np.bincount(owners, coded.costs_bits, levels.size)
    return prices.reshape(*levels.shape[:2], -1).sum(axis=2)


def _energies_around(levels: np.ndarray) -> np.ndarray:
    """Return how much the blocks to the left and above spent, DC aside; one number a block."""
    magnitudes = np.minimum(np.abs(levels), LARGEST)
    waves = magnitudes.sum(axis=(2, 3)) - magnitudes[..., 0, 0]
    energy = bucket(np.pad(waves, ((1, 0), (1, 0))), ENERGY_EDGES)
    left, above = energy[1:, :-1], energy[:-1, 1:]
    return (left * (len(ENERGY_EDGES) + 1) + above)[..., np.newaxis, np.newaxis]


def _spent(levels: np.ndarray) -> np.ndarray:
    """Return for each level the sum of the magnitudes that its block has coded before it."""
    ordered = np.minimum(np.abs(levels[..., ::-1, ::-1]), LARGEST).reshape(*levels.shape[:2], -1)
    spent = np.cumsum(ordered, axis=2) - ordered
    return spent.reshape(levels.shape)[..., ::-1, ::-1]
