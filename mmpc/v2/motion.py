"""Prediction of a block from other slices: the decoded slice before, the one after, or both.

A block has one vector, in quarter samples: the slice before is read at plus the vector, the slice
after at minus the vector, since what moves from plane to plane moves evenly. Between samples the
filters of ITU-T H.265 are used (8.5.3.3.3.1), in integers; rounding comes once, at the end.
"""

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.partition import UNIT_LOG2

INTRA, BEFORE, AFTER, MEAN = 0, 1, 2, 3  # sources of a prediction; BEFORE | AFTER is MEAN
VECTOR_LIMIT = 1023  # quarter samples
FRACTION_BITS = 2  # of a vector
FRACTION = (1 << FRACTION_BITS) - 1  # the bits
FILTER_BITS = 6  # the taps of each filter sum to 2^6
REACH = 3  # samples that a filter reads before its place; after it one more
MARGIN = 48  # around the padded slices: a block beyond the border reads nothing but the border
# By quarter of a sample.
FILTERS = np.array(
    [
        [0, 0, 0, 64, 0, 0, 0, 0],
        [-1, 4, -10, 58, 17, -5, 1, 0],
        [-1, 4, -11, 40, 40, -11, 4, -1],
        [0, 1, -5, 17, 58, -10, 4, -1],
    ],
    np.int32,
)
# What is noted of each unit of 4 x 4 samples.
SOURCE, DOWN, ACROSS, SIZE_THERE = 0, 1, 2, 3  # the last: log2 of the block in the latest reference
NOTES = 4

# The motion of the block that is coded, and of those to the left and above.
MOTION = np.dtype(
    [
        ("source", np.int64),
        ("down", np.int64),  # the vector
        ("across", np.int64),
        ("sources", np.int64, 2),  # to the left, above; INTRA outside of the slice
        ("downs", np.int64, 2),
        ("acrosses", np.int64, 2),
        ("size_there", np.int64),
        ("candidates", np.int64),  # how many vectors are likely, and which
        ("candidate_downs", np.int64, 3),
        ("candidate_acrosses", np.int64, 3),
        ("rows", np.int32, (40, 32)),  # of a block, filtered across: 20 bits become 27
    ]
)


@kernel
def note_motion(planes, x, y, log2_width, log2_height, source, down, across):
    """Write the source and the vector of the block at (x, y) into the map."""
    row = y >> UNIT_LOG2
    column = x >> UNIT_LOG2
    for j in range(row, row + (1 << (log2_height - UNIT_LOG2))):
        for i in range(column, column + (1 << (log2_width - UNIT_LOG2))):
            planes.motion[j, i, SOURCE] = source
            planes.motion[j, i, DOWN] = down
            planes.motion[j, i, ACROSS] = across


@kernel
def predict_from_slices(planes, motion, p, x, y, log2_width, log2_height, prediction):
    """Predict the block at (x, y) as ``motion`` says, into ``prediction``."""
    width = 1 << log2_width
    height = 1 << log2_height
    source = motion.source
    shift = 2 * FILTER_BITS + (1 if source == MEAN else 0)
    for j in range(height):
        for i in range(width):
            prediction[j, i] = 1 << (shift - 1)
    for which in range(2):
        if source & (1 << which):
            sign = 1 - 2 * which
            add_interpolated(
                planes.others[which],
                p,
                x,
                y,
                width,
                height,
                sign * motion.down,
                sign * motion.across,
                motion.rows,
                prediction,
            )
    for j in range(height):
        for i in range(width):
            prediction[j, i] >>= shift


@kernel
def add_interpolated(other, p, x, y, width, height, down, across, rows, prediction):
    """Add a block of another slice, moved by a vector, times 2^12.

    ``other`` is padded by MARGIN; ``rows`` is int32[40, 32] scratch.
    """
    top = min(max(y + (down >> FRACTION_BITS), -40), p.height + 4) + MARGIN
    left = min(max(x + (across >> FRACTION_BITS), -40), p.width + 4) + MARGIN
    down &= FRACTION
    across &= FRACTION
    if down == 0 and across == 0:
        for j in range(height):
            for i in range(width):
                prediction[j, i] += np.int64(other[top + j, left + i]) << (2 * FILTER_BITS)
    elif down == 0:
        filter_across(other, top, left, width, height, across, rows)
        for j in range(height):
            for i in range(width):
                prediction[j, i] += np.int64(rows[j, i]) << FILTER_BITS
    else:
        filter_across(other, top - REACH, left, width, height + 2 * REACH + 1, across, rows)
        add_filtered_down(rows, width, height, down, prediction)


@kernel
def filter_across(other, top, left, width, height, across, rows):
    """Write samples of another slice times 2^6 to ``rows``, moved by quarters of a sample."""
    if across == 0:
        for j in range(height):
            for i in range(width):
                rows[j, i] = other[top + j, left + i] << FILTER_BITS
        return
    taps = FILTERS[across]
    t0, t1, t2, t3 = taps[0], taps[1], taps[2], taps[3]
    t4, t5, t6, t7 = taps[4], taps[5], taps[6], taps[7]
    for j in range(height):
        line = other[top + j, left - REACH :]
        row = rows[j]
        for i in range(width):  # a loop over taps would keep it from samples beside each other
            total = t0 * line[i] + t1 * line[i + 1] + t2 * line[i + 2] + t3 * line[i + 3]
            total += t4 * line[i + 4] + t5 * line[i + 5] + t6 * line[i + 6] + t7 * line[i + 7]
            row[i] = total


@kernel
def add_filtered_down(rows, width, height, down, prediction):
    """Add ``rows``, moved by quarters of a sample from the fourth row on, times 2^6."""
    taps = FILTERS[down]
    t0, t1, t2, t3 = np.int64(taps[0]), np.int64(taps[1]), np.int64(taps[2]), np.int64(taps[3])
    t4, t5, t6, t7 = np.int64(taps[4]), np.int64(taps[5]), np.int64(taps[6]), np.int64(taps[7])
    for j in range(height):
        for i in range(width):
            total = t0 * rows[j, i] + t1 * rows[j + 1, i]
            total += t2 * rows[j + 2, i] + t3 * rows[j + 3, i]
            total += t4 * rows[j + 4, i] + t5 * rows[j + 5, i]
            total += t6 * rows[j + 6, i] + t7 * rows[j + 7, i]
            prediction[j, i] += total
