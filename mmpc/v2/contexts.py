"""Where the counters and the mixing weights of every kind of decision live.

A context is a small table of counters; a decision stands in six of them at once. All
tables lie one after the other in one array, at the offsets computed here.
"""

import numpy as np

BINS = 16  # counters of one level context: significant, > 1, > 2, ... and spare
FEW_BINS = 4  # of a context of mixed decisions alone: fewer bytes that have to come from far away
CLASSES = 5  # block sizes 4, 8, 16, 32, and 4 x 4 blocks without a transform
MAGNITUDES = 10  # buckets of a sum of magnitudes
POSITIONS = 4  # buckets of the distance from the lowest frequency
ENERGIES = 12  # values in the energy map
MODE_CLASSES = 6  # planar, DC, near horizontal, near vertical, diagonal, from other slices
EVIDENCES = 12  # bit lengths of how likely a sign is, see sign_prediction
LARGEST_EVIDENCE = 1 << (EVIDENCES - 2)
EXPECTATIONS = 10  # bit lengths of how large a level is expected to be
LARGEST_EXPECTATION = 1 << (EXPECTATIONS - 2)
MAP_COUNTERS = 23  # of a probability map: one for each logit from -11 to 11
GROUPS = 10  # of the position of the last level (ITU-T H.265, 9.3.3)


def _buckets(edges: list[int], size: int) -> np.ndarray:
    """Return for each value below ``size`` how many edges are not above it."""
    return np.searchsorted(edges, np.arange(size), side="right").astype(np.int64)


MAGNITUDE_BUCKET = _buckets([1, 2, 3, 4, 5, 7, 10, 15, 24], 64)
POSITION_BUCKET = _buckets([2, 5, 12], 64)  # of x + y
FREQUENCY_BUCKET = _buckets([1, 2, 3, 5, 8, 12, 20], 32)  # of x or y in large blocks
# Larger tables are bytes, so that they share the fastest cache with all the rest.
COUNT_BUCKET = _buckets([1, 2, 3, 5, 9, 17, 33], 1025).astype(np.uint8)  # of levels so far
BIT_LENGTH = _buckets([1 << i for i in range(11)], 1025).astype(np.uint8)
LAST_GROUP = _buckets([1, 2, 3, 4, 6, 8, 12, 16, 24], 32)
GROUP_START = np.array([0, 1, 2, 3, 4, 6, 8, 12, 16, 24], np.int64)
GROUP_BITS = np.array([0, 0, 0, 0, 1, 1, 2, 2, 3, 3], np.int64)
# What the energies of the blocks around promise a level, by their sum and by x + y.
ENERGY_PROMISE = (np.arange(4, 27)[:, np.newaxis] // np.arange(1, 64)).astype(np.uint8)
FROM_SLICES = 35  # stands for a mode where a block is not predicted from its neighbours
MODE_CLASS = np.repeat([0, 1, 4, 2, 4, 3, 4, 5], [1, 1, 4, 9, 7, 9, 4, 1]).astype(np.int64)

_next_counter = 0
_next_weight = 0


def _counters(*shape: int) -> int:
    """Reserve a table of counters and return its offset."""
    global _next_counter
    start = _next_counter
    _next_counter += int(np.prod(shape))
    return start


def _weights(sets: int) -> int:
    """Reserve weight sets and return the first."""
    global _next_weight
    start = _next_weight
    _next_weight += sets
    return start


# Split flag.
SPLIT = [_counters(n) for n in (4 * 3, 4 * 49, 4 * 144, 4 * 16, 4 * 9, 4)]
# How a part of a square is cut: at all, along which lines, into two or three (two decisions).
CUT = [
    _counters(n)
    for n in (64 * 3, 16 * 49, 16 * 144, 64 * MODE_CLASSES * MODE_CLASSES, 64 * 16, 4 * 3)
]
# Mode: MPM flag, MPM index (2 bits), remaining mode (a tree of 32 leaves).
MPM = [_counters(n) for n in (3 * 4, 3 * 8, 3 * 35, 3 * 35, 3 * 144, 3)]
REMAINING = [_counters(n) for n in (32 * 4, 32 * 36, 32 * 36, 32, 32 * 25, 32 * 4)]
# Coded block flag and transform type (two decisions).
CODED = [_counters(n) for n in (4 * 3, 4 * 144, 4 * 36, 4 * 25, 4 * 49, 4)]
KIND = [_counters(n) for n in (2 * 4, 2 * 4 * 16, 2 * 4 * 36, 2 * 4 * 144, 2 * 16, 2 * 4)]
# Position of the last level.
LAST = [
    _counters(2, GROUPS, n)
    for n in (5, 5 * ENERGIES, 5 * MODE_CLASSES, 5 * 3, 5 * GROUPS, ENERGIES * ENERGIES)
]
# Levels; the first is the one that the encoder's cost tables are made from.
LEVEL = [
    _counters(n, bins)
    for n, bins in (
        (CLASSES * 2 * MAGNITUDES * POSITIONS, BINS),
        (CLASSES * 2 * 64, BINS),
        (2 * 5 * 5 * 27, FEW_BINS),
        (CLASSES * MODE_CLASSES * 16 * 2, BINS),
        (CLASSES * POSITIONS * 36 * 2, FEW_BINS),
        (CLASSES * 8 * 8 * 2, FEW_BINS),
    )
]
# By skip or not, expectation, and decision: significant, > 1, more.
LEVEL_MAPS = 2 * EXPECTATIONS * 3
LEVEL_MAP = _counters(LEVEL_MAPS, MAP_COUNTERS)
ESCAPE = _counters(CLASSES, 32)
SIGN = [_counters(n) for n in (9, 9, 81, 3, 16, 1)]
PREDICTED_SIGN = _counters(EVIDENCES)
FILTER_TAP = _counters(12, 9)
FILTER_CLIP = _counters(3)
REGION = _counters(96)
# Of volumes: where a block is predicted from, and its vector.
SOURCE = [_counters(12 * n) for n in (25, 144, 49, 28, 16, 1)]
VECTOR = [_counters(3 * n) for n in (27, 16, 108, 144, 49, 1)]
LENGTH = [_counters(22 * n) for n in (1, 4, 4, 9, 12, 1)]
COUNTERS = _next_counter

SPLIT_WEIGHTS = _weights(4)
CUT_WEIGHTS = _weights(4)
MPM_WEIGHTS = _weights(3)
REMAINING_WEIGHTS = _weights(32)
CODED_WEIGHTS = _weights(4)
KIND_WEIGHTS = _weights(8)
LAST_WEIGHTS = _weights(2 * GROUPS)
LEVEL_WEIGHTS = _weights(CLASSES * 4)
SIGN_WEIGHTS = _weights(1)
SIZE_WEIGHTS = _weights(4)
NEIGHBOR_WEIGHTS = _weights(MAGNITUDES)
REGION_WEIGHTS = _weights(1)
SOURCE_WEIGHTS = _weights(12)
VECTOR_WEIGHTS = _weights(3)
LENGTH_WEIGHTS = _weights(22)
WEIGHTS = _next_weight
