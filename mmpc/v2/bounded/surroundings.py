"""What is known around a sample when its residual is coded: residuals, equal samples, flags."""

import numpy as np

from mmpc.v2.bounded.neighbours import NE, NN, NW, WW, N, W, log_bucket
from mmpc.v2.kernel import kernel
from mmpc.v2.records import new_record

RESIDUAL_ROWS = 3  # that are looked at: the sample's and two above
SHIFTS = 12
LEVELS = 16  # buckets of how large the residuals around are
GATE_ONE = 1 << 16
_GATES = (2, 64 * LEVELS)  # by neighbour (west, north), pairs of equal ones and level


def _shift_table() -> np.ndarray:
    """Return by half the weighted sum around the least shift at which less than 11 is left."""
    halves = np.arange((11 << (SHIFTS - 2)) + 1)
    return sum(halves >> shift >= 11 for shift in range(SHIFTS - 1)).astype(np.int64)


# A table, where a loop would end at an unforeseeable place.
SHIFT = _shift_table()

# What the coding of residuals knows beside the model.
SURROUNDINGS = np.dtype(
    [
        # Of the residuals around the next one, in buckets.
        ("level", np.int64),
        ("west", np.int64),
        ("north", np.int64),
        ("corners", np.int64),
        ("further", np.int64),
        ("north_east", np.int64),
        ("west_sign", np.int64),  # -1, 0, 1
        ("north_sign", np.int64),
        ("north_east_sign", np.int64),
        ("shift", np.int64),  # low bits of the next magnitude that are coded apart
        ("phase", np.int64),  # where within its unit the prediction lies, in quarters
        ("pairs", np.int64),  # six bits: which of the samples around equal each other
        ("equal_gates", np.int64, _GATES),  # how often the sample equalled the neighbour
        ("held_gates", np.int64, _GATES),  # how often the prediction held instead
        ("history", np.int64),  # the last flags, newest in the lowest bit
    ]
)


def new_surroundings() -> np.record:
    """Return the surroundings of a plane's first sample, a record of type ``SURROUNDINGS``."""
    surroundings = new_record(SURROUNDINGS)
    surroundings.equal_gates[:] = surroundings.held_gates[:] = GATE_ONE // 2
    return surroundings


@kernel
def look_around(surroundings, predictor, residuals, y, x):
    """Describe what is around the sample at (y, x), but for the phase.

    `residuals` holds the last `RESIDUAL_ROWS` rows, of which row y is the one at y modulo their
    number.
    """
    s = surroundings
    above = (y - 1) % RESIDUAL_ROWS
    beyond = (y - 2) % RESIDUAL_ROWS
    here = y % RESIDUAL_ROWS
    west = np.int64(residuals[here, x - 1])
    north = np.int64(residuals[above, x])
    north_east = np.int64(residuals[above, x + 1])
    s.west_sign = np.sign(west)
    s.north_sign = np.sign(north)
    s.north_east_sign = np.sign(north_east)
    west, north, north_east = abs(west), abs(north), abs(north_east)
    north_west = abs(np.int64(residuals[above, x - 1]))
    further = abs(np.int64(residuals[here, x - 2])) + abs(np.int64(residuals[beyond, x]))
    weighted = 3 * west + 3 * north + north_west + 2 * north_east + further
    s.shift = SHIFT[min(weighted >> 1, SHIFT.size - 1)]
    s.level = log_bucket(weighted * 8 // 11, LEVELS - 1)
    s.west = log_bucket(west, 5)
    s.north = log_bucket(north, 5)
    s.north_east = log_bucket(north_east, 5)
    s.corners = log_bucket(north_west + north_east, 6)
    s.further = log_bucket(further, 6)
    around = predictor.around
    s.pairs = (
        np.int64(around[W] == around[WW])
        | np.int64(around[W] == around[N]) << 1
        | np.int64(around[W] == around[NW]) << 2
        | np.int64(around[N] == around[NN]) << 3
        | np.int64(around[N] == around[NE]) << 4
        | np.int64(around[N] == around[NW]) << 5
    )
