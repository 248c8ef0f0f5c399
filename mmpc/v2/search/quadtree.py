"""The encoder's search for the best partition.

From the CTU downwards, every square is tried whole and in quarters, and the cheaper of the two
stays: cost = squared error + lambda times bits.
"""

from typing import NamedTuple

import numpy as np

from mmpc.v2.block_syntax import NOTHING, fill_units, look_around, set_split_slots
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import counter_cost
from mmpc.v2.parameters import HEIGHT, QUADTREE, WIDTH
from mmpc.v2.partition import CTU_LOG2, MAX_BLOCK_LOG2, MIN_BLOCK_LOG2, UNIT_LOG2
from mmpc.v2.prediction import DC, MODES, PLANAR
from mmpc.v2.search.leaf import search_leaf
from mmpc.v2.search.mode_ranking import HUGE
from mmpc.v2.search.trellis import Trellis, new_trellis


class Search(NamedTuple):
    """Memory of the search."""

    source: np.ndarray  # float32, the slice, padded to whole CTUs
    trellis: Trellis
    residual: np.ndarray  # float32[32, 32]
    work: np.ndarray  # float32[32, 32]
    coefficients: np.ndarray  # float32[32, 32]
    mode_costs: np.ndarray  # float32[MODES]
    mode_bits: np.ndarray  # float32[MODES]
    queue: np.ndarray  # int64, modes to be ranked; the first ones are always the same
    best_levels: np.ndarray  # int64[32, 32]
    saved_samples: np.ndarray  # int32[7, 32, 32], of each size while its quarters are tried
    saved_levels: np.ndarray  # int32[7, 32, 32]
    saved_decisions: np.ndarray  # int64[7, 3]
    squares: np.ndarray  # int64[7, 3], the square tried of each size: x, y, quarters done
    square_costs: np.ndarray  # float32[7, 2], its cost as one block and as quarters so far
    numbers: np.ndarray  # float32: small step, lambda, that for levels, small step of the block


def new_search(
    source: np.ndarray, small_step: float, rate_weight: float, optimized: bool
) -> Search:
    """Return the memory of the search for one slice.

    ``rate_weight`` is lambda in units of the small step squared. Without ``optimized``, levels
    are chosen for their error alone.
    """
    block = [np.zeros((32, 32), np.float32) for _ in range(3)]
    level_weight = rate_weight if optimized else 0
    return Search(
        source,
        new_trellis(),
        *block,
        np.zeros(MODES, np.float32),
        np.zeros(MODES, np.float32),
        np.array([PLANAR, DC, *range(2, MODES, 4), *[0] * 8], np.int64),
        np.zeros((32, 32), np.int64),
        np.zeros((7, 32, 32), np.int32),
        np.zeros((7, 32, 32), np.int32),
        np.zeros((7, 3), np.int64),
        np.zeros((7, 3), np.int64),
        np.zeros((7, 2), np.float32),
        np.array([small_step, small_step**2 * rate_weight, level_weight, small_step], np.float32),
    )


@kernel
def search_ctu(model, planes, search, scratch, p, around, candidates, ctu_x, ctu_y):
    """Decide the CTU at (ctu_x, ctu_y).

    Decisions, levels and decoded samples are left in the planes. The descent into quarters is
    a loop with a place for each size (numba cannot cache a function that calls itself).
    """
    squares = search.squares
    costs = search.square_costs
    log2 = CTU_LOG2
    squares[log2, 0] = ctu_x
    squares[log2, 1] = ctu_y
    entering = True
    result = np.float32(0)
    while True:
        x = squares[log2, 0]
        y = squares[log2, 1]
        if entering:
            costs[log2, 0], costs[log2, 1], final = search_whole(
                model, planes, search, scratch, p, around, candidates, x, y, log2
            )
            squares[log2, 2] = 0
            result = costs[log2, 0]
        else:  # a quarter was decided
            costs[log2, 1] += result
            squares[log2, 2] += 1
            result = costs[log2, 1]
            final = squares[log2, 2] == 4
            if result >= costs[log2, 0]:
                restore_block(planes, search, x, y, log2)
                result = costs[log2, 0]
                final = True
        entering = not final
        if entering:
            quarter = squares[log2, 2]
            log2 -= 1
            squares[log2, 0] = x + ((quarter & 1) << log2)
            squares[log2, 1] = y + ((quarter >> 1) << log2)
        else:
            if log2 == CTU_LOG2:
                return
            log2 += 1


@kernel
def search_whole(model, planes, search, scratch, p, around, candidates, x, y, log2):
    """Try the square at (x, y) as one block.

    Return its cost in squared samples, the cost of the split flag if it is cut into quarters,
    and whether that need not be tried.
    """
    if x >= p[WIDTH] or y >= p[HEIGHT]:
        return np.float32(0), np.float32(0), True
    if log2 > MAX_BLOCK_LOG2:
        return HUGE, np.float32(0), False
    flag_cost = np.float32(0)
    split_cost = np.float32(0)
    if log2 > MIN_BLOCK_LOG2:
        look_around(planes, x, y, around)
        set_split_slots(model.slots, log2, around)
        flag_cost = search.numbers[1] * counter_cost(model.counters, model.slots[0], 0)
        split_cost = search.numbers[1] * counter_cost(model.counters, model.slots[0], 1)
    if not p[QUADTREE] and log2 > 3:
        return HUGE, split_cost, False
    cost = flag_cost + search_leaf(
        model, planes, search, scratch, p, around, candidates, x, y, log2
    )
    nothing = planes.kinds[y >> UNIT_LOG2, x >> UNIT_LOG2] == NOTHING and log2 < 5
    final = log2 == MIN_BLOCK_LOG2 or not p[QUADTREE] or nothing
    if not final:
        save_block(planes, search, x, y, log2)
    return cost, split_cost, final


@kernel
def save_block(planes, search, x, y, log2):
    """Keep the block at (x, y) while its quarters are tried in its place."""
    size = 1 << log2
    for j in range(size):
        for i in range(size):
            search.saved_samples[log2, j, i] = planes.samples[y + j, x + i]
            search.saved_levels[log2, j, i] = planes.levels[y + j, x + i]
    row = y >> UNIT_LOG2
    column = x >> UNIT_LOG2
    search.saved_decisions[log2, 0] = planes.modes[row, column]
    search.saved_decisions[log2, 1] = planes.kinds[row, column]
    search.saved_decisions[log2, 2] = planes.energies[row, column]


@kernel
def restore_block(planes, search, x, y, log2):
    """Put the block at (x, y) back: its quarters were dearer."""
    size = 1 << log2
    for j in range(size):
        for i in range(size):
            planes.samples[y + j, x + i] = search.saved_samples[log2, j, i]
            planes.levels[y + j, x + i] = search.saved_levels[log2, j, i]
    fill_units(planes.sizes, x, y, log2, log2)
    fill_units(planes.modes, x, y, log2, search.saved_decisions[log2, 0])
    fill_units(planes.kinds, x, y, log2, search.saved_decisions[log2, 1])
    fill_units(planes.energies, x, y, log2, search.saved_decisions[log2, 2])
