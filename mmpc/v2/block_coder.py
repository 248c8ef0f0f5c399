"""One block from its decisions to its samples, the same way in the encoder and the decoder."""

import numpy as np

from mmpc.v2.block_syntax import (
    ABOVE,
    LEFT,
    NOTHING,
    code_coded,
    code_kind,
    code_mode,
    code_split,
    energy_of,
    look_around,
)
from mmpc.v2.contexts import FROM_SLICES
from mmpc.v2.kernel import kernel
from mmpc.v2.motion import ACROSS, DOWN, INTRA, SOURCE, note_motion, predict_from_slices
from mmpc.v2.motion_syntax import code_source, code_vector, look_at_motion
from mmpc.v2.partition import (
    CTU_LOG2,
    CTU_MASK,
    MAX_BLOCK_LOG2,
    MIN_BLOCK_LOG2,
    UNIT_LOG2,
    UNITS_PER_CTU,
    Z_X,
    Z_Y,
    ctus_across,
    largest_log2_at,
)
from mmpc.v2.prediction import DC, gather_border, predict, smooth_border
from mmpc.v2.quantizer import dequantize, next_state
from mmpc.v2.regions import small_step_of
from mmpc.v2.residual_syntax import SCAN_INDEX, SCAN_X, SCAN_Y, code_levels
from mmpc.v2.sign_prediction import code_signs
from mmpc.v2.transform import SKIP, inverse_transform

LOOK_AHEAD = 4  # bytes that the decoder holds beyond those it has used


@kernel(coder="coder of blocks", compile_s=12)
def code_ctus(model, planes, scratch, p, start, end):
    """Encode or decode the blocks of some CTUs, counted in raster order.

    Return False if the stream ended before them.
    """
    around = scratch.around
    across = ctus_across(p.width)
    for ctu in range(start, end):
        z = np.int64(0)
        while z < UNITS_PER_CTU:
            x = (ctu % across << CTU_LOG2) + (Z_X[z] << UNIT_LOG2)
            y = (ctu // across << CTU_LOG2) + (Z_Y[z] << UNIT_LOG2)
            log2 = largest_log2_at(z)
            if x < p.width and y < p.height:
                look_around(planes, x, y, around)
                size = np.int64(planes.sizes[y >> UNIT_LOG2, x >> UNIT_LOG2])
                while log2 > MIN_BLOCK_LOG2:
                    if log2 <= MAX_BLOCK_LOG2 and not code_split(model, log2, around, size < log2):
                        break
                    log2 -= 1
                code_block(model, planes, scratch, p, x, y, log2)
            z += 1 << (2 * (log2 - UNIT_LOG2))
        if model.coder.decoding and model.coder.position > model.stream.size + LOOK_AHEAD:
            return False
    return True


@kernel(inline="always")
def code_block(model, planes, scratch, p, x, y, log2):
    """Encode or decode one block, reconstruct it and note its decisions in the maps."""
    around = scratch.around
    row = y >> UNIT_LOG2
    column = x >> UNIT_LOG2
    mode = np.int64(planes.modes[row, column])
    kind = np.int64(planes.kinds[row, column])
    if code_motion(model, planes, scratch, p, x, y, log2) != INTRA:
        mode = np.int64(FROM_SLICES)
    else:
        mode = code_mode(model, log2, around, mode) if p.intra else np.int64(DC)
    coded = code_coded(model, log2, mode, around, kind != NOTHING)
    if mode == FROM_SLICES:
        predict_from_slices(planes, scratch.motion, p, x, y, log2, scratch.prediction)
    else:
        look_at_border(planes, scratch, p, x, y, log2)
        predict_block(scratch, p, log2, mode)
    energy = 0
    if coded:
        kind = code_kind(model, log2, mode, around, kind)
        if not model.coder.decoding:
            fetch_levels(scratch, x, y, log2)
        columns, rows, total = code_levels(
            model,
            log2,
            kind,
            mode,
            around.energies[LEFT],
            around.energies[ABOVE],
            p.dependent,
            scratch,
        )
        energy = energy_of(total, log2)
        small_step = small_step_of(p, planes.cells, x, y, log2)
        dequantize_levels(scratch, p, log2, small_step, columns, rows)
        if kind != SKIP:
            code_signs(model, planes, scratch, p, x, y, log2, kind, small_step, columns, rows)
        add_residual(planes, scratch, p, x, y, log2, kind, columns, rows)
    else:
        kind = np.int64(NOTHING)
        settle_prediction(planes, scratch, p, x, y, log2)
    note_decisions(planes, x, y, log2, mode, kind, energy)


@kernel
def code_motion(model, planes, scratch, p, x, y, log2):
    """Code from which slices the block is predicted, and its vector; return the source."""
    motion = scratch.motion
    if p.references == INTRA:
        return INTRA
    look_at_motion(planes, motion, p, x, y)
    row = y >> UNIT_LOG2
    column = x >> UNIT_LOG2
    source = np.int64(planes.motion[row, column, SOURCE])
    motion.down = planes.motion[row, column, DOWN]
    motion.across = planes.motion[row, column, ACROSS]
    motion.source = code_source(model, p, log2, scratch.around, motion, source)
    if motion.source != INTRA and p.motion:
        code_vector(model, log2, scratch.around, motion)
    note_motion(planes, x, y, log2, motion.source, motion.down, motion.across)
    return motion.source


@kernel(inline="always")
def fetch_levels(scratch, x, y, log2):
    """Copy the levels of the block at (x, y) from those of its CTU to ``scratch.levels``."""
    size = 1 << log2
    top = y & CTU_MASK
    left = x & CTU_MASK
    for j in range(size):
        for i in range(size):
            scratch.levels[j, i] = scratch.ctu_levels[top + j, left + i]


@kernel
def look_at_border(planes, scratch, p, x, y, log2):
    """Collect the decoded neighbours of the block at (x, y), from which modes predict."""
    if p.intra:
        gather_border(
            planes.samples, x, y, log2, p.width, p.height, p.default_sample, scratch.border
        )
        smooth_border(scratch.border, log2, scratch.smooth)


@kernel
def predict_block(scratch, p, log2, mode):
    """Predict a block from its border into ``scratch.prediction``."""
    if p.intra:
        predict(scratch.border, scratch.smooth, log2, mode, scratch.line, scratch.prediction)
    else:
        fill_block(scratch.prediction, 1 << log2, 1 << log2, p.default_sample)


@kernel
def fill_block(block, rows, columns, value):
    """Set the first rows and columns of a block."""
    for j in range(rows):
        for i in range(columns):
            block[j, i] = value


@kernel
def dequantize_levels(scratch, p, log2, small_step, columns, rows):
    """Dequantize ``scratch.levels`` into ``scratch.coefficients``."""
    size = 1 << log2
    fill_block(scratch.coefficients, size, size, 0)
    state = 0
    for i in range(SCAN_INDEX[log2, rows - 1, columns - 1], -1, -1):
        level = scratch.levels[SCAN_Y[log2, i], SCAN_X[log2, i]]
        if level != 0:
            scratch.coefficients[SCAN_Y[log2, i], SCAN_X[log2, i]] = dequantize(
                level, state, small_step, p.shifted_points
            )
        state = next_state(state, level, p.dependent)


@kernel
def add_residual(planes, scratch, p, x, y, log2, kind, columns, rows):
    """Transform ``scratch.coefficients``, add the prediction, clip to the range."""
    size = 1 << log2
    inverse_transform(
        scratch.coefficients, log2, kind, columns, rows, scratch.columns, scratch.residual
    )
    for j in range(size):
        for i in range(size):
            value = scratch.prediction[j, i] + scratch.residual[j, i]
            planes.samples[y + j, x + i] = min(max(value, p.minimum), p.maximum)


@kernel
def settle_prediction(planes, scratch, p, x, y, log2):
    """Take the prediction, clipped to the range, for the samples of a block without levels."""
    size = 1 << log2
    for j in range(size):
        for i in range(size):
            value = scratch.prediction[j, i]
            planes.samples[y + j, x + i] = min(max(value, p.minimum), p.maximum)


@kernel
def note_decisions(planes, x, y, log2, mode, kind, energy):
    """Write the decisions of the block at (x, y) into the maps, for its neighbours to see.

    To them a block from other slices is one of mode DC.
    """
    if mode == FROM_SLICES:
        mode = np.int64(DC)
    row = y >> UNIT_LOG2
    column = x >> UNIT_LOG2
    units = 1 << (log2 - UNIT_LOG2)
    for j in range(row, row + units):
        for i in range(column, column + units):
            planes.sizes[j, i] = log2
            planes.modes[j, i] = mode
            planes.kinds[j, i] = kind
            planes.energies[j, i] = energy
