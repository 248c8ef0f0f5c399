"""Levels: the scan by its definition, a block coded by hand, and round trips of whole blocks."""

import itertools

import numpy as np
import pytest

from mmpc.coding_tools import Tools
from mmpc.v2.arithmetic_coder import finish_encoder, start_decoder
from mmpc.v2.planes import new_scratch
from mmpc.v2.residual_syntax import code_levels
from mmpc.v2.scan import SCAN_RANK, SCAN_START, SCAN_X, SCAN_Y
from mmpc.v2.slice_coder import new_slice_model
from mmpc.v2.transform import DCT, DST, SKIP

UNTAUGHT = Tools(learned_start=False)
SHAPES = list(itertools.product(range(2, 6), range(2, 6)))  # log2 of width and height


def encode(levels, shape, kind=DCT, mode=1, energies=(0, 0), dependent=1):
    """Return the bytes of one block's levels, in a model that knows nothing yet."""
    model = new_slice_model(np.zeros(1 << 16, np.uint8), False, UNTAUGHT)
    scratch = new_scratch()
    scratch.levels[: levels.shape[0], : levels.shape[1]] = levels
    found = code_levels(model, *shape, kind, mode, *energies, dependent, scratch)
    finish_encoder(model.coder, model.stream)
    return model.stream[: model.coder.position].tobytes(), found


def decode(data, shape, kind=DCT, mode=1, energies=(0, 0), dependent=1):
    stream = np.frombuffer(data, np.uint8).copy()
    model = new_slice_model(stream, True, UNTAUGHT)
    start_decoder(model.coder, stream)
    scratch = new_scratch()
    scratch.levels[:] = 77  # of an earlier block
    found = code_levels(model, *shape, kind, mode, *energies, dependent, scratch)
    return scratch.levels[: 1 << shape[1], : 1 << shape[0]].copy(), found


def test_the_scan_of_4_x_4():
    start = SCAN_START[2, 2]
    x, y = (table[start : start + 16].tolist() for table in (SCAN_X, SCAN_Y))
    places = list(zip(x, y, strict=True))
    assert places == [
        *((0, 0), (0, 1), (1, 0), (0, 2), (1, 1), (2, 0), (0, 3), (1, 2), (2, 1), (3, 0)),
        *((1, 3), (2, 2), (3, 1), (2, 3), (3, 2), (3, 3)),
    ]


@pytest.mark.parametrize("shape", SHAPES)
def test_the_scan_visits_every_place_once_by_diagonals(shape):
    width, height = 1 << shape[0], 1 << shape[1]
    start = SCAN_START[shape]
    x, y = (table[start : start + width * height].astype(int) for table in (SCAN_X, SCAN_Y))
    assert set(zip(x, y, strict=True)) == set(itertools.product(range(width), range(height)))
    diagonals = np.diff(x + y)
    assert (diagonals >= 0).all() and (np.diff(x)[diagonals == 0] == 1).all()
    np.testing.assert_array_equal(SCAN_RANK[start + y * width + x], np.arange(width * height))


@pytest.mark.parametrize(
    ("level", "kind", "expected"), [(1, DCT, "e0"), (1, SKIP, "f0"), (-1, SKIP, "e0")]
)
def test_a_single_level_by_hand(level, kind, expected):
    """Three or four decisions at even odds, where a 0 takes the upper half of the interval.

    The place of the last level is "group 0" for x and for y, its magnitude is not above 1, and
    the sign follows only where there is no transform: 0, 0, 0 and the sign, hence 111, 1111 or
    1110 for the first bits of the code.
    """
    block = np.zeros((4, 4), int)
    block[0, 0] = level
    data, found = encode(block, (2, 2), kind)
    assert data.hex() == expected
    assert found == (1, 1, 1)


def random_block(generator, shape, largest):
    width, height = 1 << shape[0], 1 << shape[1]
    density = generator.choice([0.02, 0.3, 1.0])
    block = generator.integers(-largest, largest + 1, (height, width))
    block *= generator.random((height, width)) < density
    block[generator.integers(height), generator.integers(width)] = largest
    return block


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", [DCT, DST, SKIP])
@pytest.mark.parametrize("largest", [1, 14, 16, 300, (1 << 28) - 1])
def test_levels_come_back(seed, shape, kind, largest):
    generator = np.random.default_rng([seed, *shape, kind, largest])
    if kind == SKIP:
        shape = (2, 2)  # only these blocks have no transform
    block = random_block(generator, shape, largest)
    dependent, mode = int(generator.integers(2)), int(generator.integers(35))
    energies = tuple(generator.integers(0, 12, 2).tolist())
    data, found = encode(block, shape, kind, mode, energies, dependent)
    decoded, found_again = decode(data, shape, kind, mode, energies, dependent)
    np.testing.assert_array_equal(decoded, block if kind == SKIP else abs(block))
    assert found_again == found
    columns, rows, total = found
    assert not block[:, columns:].any() and not block[rows:].any()
    assert total == abs(block).sum()


def test_what_is_learned_pays():
    """Ten equal blocks in one model cost less than ten times the first."""
    block = np.zeros((8, 8), int)
    block[:3, :3] = [[5, -2, 1], [3, 1, 0], [1, 0, 0]]
    single, _ = encode(block, (3, 3))
    model = new_slice_model(np.zeros(1 << 12, np.uint8), False, UNTAUGHT)
    scratch = new_scratch()
    scratch.levels[:8, :8] = block
    for _ in range(10):
        code_levels(model, 3, 3, DCT, 1, 0, 0, 1, scratch)
    finish_encoder(model.coder, model.stream)
    assert model.coder.position < 7 * len(single)
