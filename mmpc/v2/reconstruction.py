"""The samples of one block: its prediction, plus its levels dequantized and transformed."""

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.prediction import gather_border, predict, smooth_border
from mmpc.v2.quantizer import dequantize, next_state
from mmpc.v2.scan import SCAN_RANK, SCAN_START, SCAN_X, SCAN_Y
from mmpc.v2.transform import inverse_transform


@kernel
def look_at_border(planes, scratch, p, x, y, log2_width, log2_height):
    """Collect the decoded neighbours of the block at (x, y), from which modes predict."""
    if p.intra:
        gather_border(
            planes.samples,
            scratch.leaf,
            x,
            y,
            log2_width,
            log2_height,
            p.width,
            p.height,
            p.default_sample,
            scratch.border,
        )
        smooth_border(scratch.border, log2_width, log2_height, scratch.smooth)


@kernel
def predict_block(scratch, p, log2_width, log2_height, mode):
    """Predict a block from its border into ``scratch.prediction``."""
    if p.intra:
        predict(
            scratch.border,
            scratch.smooth,
            log2_width,
            log2_height,
            mode,
            scratch.line,
            scratch.prediction,
        )
    else:
        fill_block(scratch.prediction, 1 << log2_height, 1 << log2_width, p.default_sample)


@kernel
def fill_block(block, rows, columns, value):
    """Set the first rows and columns of a block."""
    for j in range(rows):
        for i in range(columns):
            block[j, i] = value


@kernel
def dequantize_levels(scratch, p, log2_width, log2_height, small_step, columns, rows):
    """Dequantize ``scratch.levels`` into ``scratch.coefficients``.

    Zeros, too: which levels are zero no processor can foresee.
    """
    fill_block(scratch.coefficients, 1 << log2_height, 1 << log2_width, 0)
    start = SCAN_START[log2_width, log2_height]
    last = np.int64(SCAN_RANK[start + ((rows - 1) << log2_width) + columns - 1])
    dependent = p.dependent
    shifted = p.shifted_points
    state = 0
    for i in range(start + last, start - 1, -1):
        x = np.uint64(SCAN_X[np.uint64(i)])
        y = np.uint64(SCAN_Y[np.uint64(i)])
        level = scratch.levels[y, x]
        scratch.coefficients[y, x] = dequantize(level, state, small_step, shifted)
        state = next_state(state, level, dependent)


@kernel
def add_residual(planes, scratch, p, x, y, log2_width, log2_height, kind, columns, rows):
    """Transform ``scratch.coefficients``, add the prediction, clip to the range."""
    inverse_transform(
        scratch.coefficients,
        log2_width,
        log2_height,
        kind,
        columns,
        rows,
        scratch.columns,
        scratch.residual,
    )
    minimum = p.minimum
    maximum = p.maximum
    for j in range(1 << log2_height):
        for i in range(1 << log2_width):
            value = scratch.prediction[j, i] + scratch.residual[j, i]
            planes.samples[y + j, x + i] = min(max(value, minimum), maximum)


@kernel
def settle_prediction(planes, scratch, p, x, y, log2_width, log2_height):
    """Take the prediction, clipped to the range, for the samples of a block without levels."""
    minimum = p.minimum
    maximum = p.maximum
    for j in range(1 << log2_height):
        for i in range(1 << log2_width):
            planes.samples[y + j, x + i] = min(max(scratch.prediction[j, i], minimum), maximum)
