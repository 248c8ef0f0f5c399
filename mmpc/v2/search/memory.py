"""What the encoder's search remembers while it decides a CTU."""

import numpy as np

from mmpc.v2.motion_syntax import LONGEST
from mmpc.v2.partition import CTU_LOG2, MAX_BLOCK_SIZE
from mmpc.v2.prediction import DC, MODES, PLANAR
from mmpc.v2.quantizer import POINT_BITS, SHIFT, STATES
from mmpc.v2.records import new_record
from mmpc.v2.rectangles import MAX_CUTS
from mmpc.v2.search.costs import LAST_COSTS, LEVEL_COSTS
from mmpc.v2.search.edges import HUGE
from mmpc.v2.search.kept import KEPT
from mmpc.v2.search.magnitudes import BEHIND, MAX_PLACES

_BLOCK = (MAX_BLOCK_SIZE, MAX_BLOCK_SIZE)
_LEVELS = MAX_BLOCK_SIZE * MAX_BLOCK_SIZE
RECENT = 96  # two for each row of a block and two rows more; in whole vectors, to be copied fast
_SQUARES = CTU_LOG2 + 1  # one place for each log2 of a square's side

# Modes that are ranked before the probable ones: every fourth direction, then planar and DC.
FIXED_MODES = (*range(2, MODES, 4), PLANAR, DC)
FEW_MODES = 2  # of these, the last ones, where few are ranked
MOST_CANDIDATES = 11  # predictions of a block that are tried, at most
_QUEUE = len(FIXED_MODES) + 8  # with the probable ones, the square's, the best one's neighbours

# Memory of the trellis, and the costs it reads.
TRELLIS = np.dtype(
    [
        ("level_costs", np.float32, LEVEL_COSTS),  # in bits, see costs
        ("last_costs", np.float32, LAST_COSTS),
        ("bit_price", np.float32),  # lambda: what a bit is worth, in small steps squared
        ("small_step", np.float32),  # of the block
        ("dependent", np.int64),  # whether the quantizers interleave
        ("coded_bits", np.float32),  # of saying that there are levels
        ("empty_bits", np.float32),  # of saying that there are none
        ("limit", np.float32),  # levels that cost so much are not wanted
        ("shifts", np.float32, 2),  # of the point of level 1 by quantizer, in small steps
        ("magnitudes", np.float32, MAX_PLACES + BEHIND),  # of the coefficients, in small steps
        # Of paths that share contexts: the levels that these look at, where the costs of each
        # coefficient's levels start, its edges by quantizer, the cost of the path into each state
        # after each coefficient, and into which of the first two a path without a level went.
        ("neighbours", np.uint8, MAX_PLACES + BEHIND),
        ("bases", np.int32, MAX_PLACES),
        ("lows", np.int32, (2, MAX_PLACES)),
        ("zero_bits", np.float32, (2, MAX_PLACES)),
        ("low_bits", np.float32, (2, MAX_PLACES)),
        ("high_bits", np.float32, (2, MAX_PLACES)),
        ("even_levels", np.int32, (2, MAX_PLACES)),
        ("even_costs", np.float32, (2, MAX_PLACES)),
        ("odd_costs", np.float32, (2, MAX_PLACES)),
        ("leads", np.float32, (_LEVELS, STATES)),
        ("starts", np.uint8, _LEVELS),
        # Of paths with their own contexts: the levels that lead on from each state, those that
        # start at a coefficient, the cost of each path now and then, its last magnitudes in each
        # row and those of one without a level, by quantizer the context whose edges were weighed
        # last and from which state, and where each path came from.
        ("edge_levels", np.int32, _LEVELS * 2 * STATES),
        ("edge_costs", np.float32, _LEVELS * 2 * STATES),
        ("start_levels", np.int32, (_LEVELS, 2)),
        ("path_costs", np.float32, (2, STATES)),
        ("recent", np.uint8, (2, STATES + 1, RECENT)),
        ("weighed_bases", np.int64, 2),
        ("weighed", np.int64, 2),
        ("came_from", np.uint8, (_LEVELS, STATES)),
    ],
    align=True,
)

# The part that is tried, by the number of cuts that led to it.
NODES = np.dtype(
    [
        *((name, np.int64, MAX_CUTS + 1) for name in ("x", "y", "log2_width", "log2_height")),
        ("forbidden", np.int64, MAX_CUTS + 1),  # a cut that it may not have
        ("cut", np.int64, MAX_CUTS + 1),  # that is tried
        ("index", np.int64, MAX_CUTS + 1),  # of the part of it that is tried
        ("cost", np.float32, MAX_CUTS + 1),  # of this cut so far
        ("best_cost", np.float32, MAX_CUTS + 1),
        ("is_best", np.int64, MAX_CUTS + 1),  # whether the best is what the planes hold
    ]
)

# Memory of the search.
SEARCH = np.dtype(
    [
        ("small_step", np.float32),  # of the slice, in sample units
        ("block_step", np.float32),  # the small step of the block, finer in the region of interest
        ("bit_price", np.float32),  # lambda: what a bit is worth in squared error
        ("trellis", TRELLIS),
        ("residual", np.float32, _BLOCK),
        ("work", np.float32, _BLOCK),
        ("coefficients", np.float32, _BLOCK),
        ("is_ranked", np.uint8, MODES),
        # The cheapest modes and their guessed costs, the best one first; and one place more.
        ("ranking", np.int64, MOST_CANDIDATES + 1),
        ("ranking_costs", np.float32, MOST_CANDIDATES + 1),
        ("mode_bits", np.float32, MODES + 1),  # the last: FROM_SLICES
        ("queue", np.int64, _QUEUE),  # modes to be ranked
        ("ranked", np.int64),  # how many of `FIXED_MODES`
        ("square_mode", np.int64),  # the best for the square of which a part is tried
        # The cheapest choices for the block so far.
        ("best_cost", np.float32),
        ("best_mode", np.int64),
        ("best_kind", np.int64),
        ("best_levels", np.int64, _BLOCK),
        ("best_motion", np.int64, 3),  # source and vector
        # By source, see motion_search: guessed costs and rates without and with a vector, and it.
        ("cheapest", np.float32),  # of all guesses so far
        ("motion_costs", np.float32, (4, 2)),
        ("motion_bits", np.float32, (4, 2)),
        ("motion_downs", np.int64, 4),
        ("motion_acrosses", np.int64, 4),
        ("source_bits", np.float32, 4),
        ("vector_bits", np.float32, 3),
        ("other_bits", np.float32),
        ("length_bits", np.float32, (2, LONGEST + 1)),
        ("kind_cost", np.float32),  # of the transform that was tried last
        ("tried_cost", np.float32),  # of the best vector of a source so far
        ("tried_bits", np.float32),
        ("tried_down", np.int64),
        ("tried_across", np.int64),
        # The best so far for a square of each size, and for a part by the cuts that led to it.
        ("squares", KEPT, _SQUARES),
        ("parts", KEPT, MAX_CUTS),
        ("nodes", NODES),
        # The square that is tried, of each size.
        ("square_x", np.int64, _SQUARES),
        ("square_y", np.int64, _SQUARES),
        ("quarters_done", np.int64, _SQUARES),
        ("whole_costs", np.float32, _SQUARES),  # as one block
        ("quarter_costs", np.float32, _SQUARES),  # as quarters, so far
    ],
    align=True,
)


def new_search(small_step: float, rate_weight: float, optimized: bool, shifted: bool) -> np.record:
    """Return the memory of the search for one slice, a record of type ``SEARCH``.

    ``rate_weight`` is lambda in units of the small step squared. Without ``optimized``, levels
    are chosen for their error alone; ``shifted`` tells whether the points of level 1 are.
    """
    search = new_record(SEARCH)
    search.small_step = search.block_step = small_step
    search.bit_price = small_step**2 * rate_weight
    search.trellis.bit_price = rate_weight if optimized else 0
    search.trellis.limit = HUGE
    search.trellis.shifts[:] = SHIFT / (1 << POINT_BITS) if shifted else 0
    search.queue[: len(FIXED_MODES)] = FIXED_MODES
    return search
