"""One block from its decisions to its samples, the same way in the encoder and the decoder."""

import numpy as np

from mmpc.v2.block_syntax import (
    ABOVE,
    LEFT,
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
    UNITS_MASK,
    UNITS_PER_CTU,
    Z_X,
    Z_Y,
    ctus_across,
    largest_log2_at,
    mark_known,
    mean_log2,
    start_leaf,
)
from mmpc.v2.planes import LEFT_EDGE, TOP_EDGE
from mmpc.v2.prediction import DC
from mmpc.v2.reconstruction import (
    add_residual,
    dequantize_levels,
    look_at_border,
    predict_block,
    settle_prediction,
)
from mmpc.v2.rectangles import MAX_CUTS, WHOLE, code_cut, parts_of, push_cut, push_part
from mmpc.v2.regions import small_step_of
from mmpc.v2.residual_syntax import code_levels
from mmpc.v2.sign_prediction import code_signs
from mmpc.v2.transform import NOTHING, SKIP

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
                chosen = np.int64(scratch.ctu_squares[Z_Y[z], Z_X[z]])
                while log2 > MIN_BLOCK_LOG2:
                    if log2 <= MAX_BLOCK_LOG2 and not code_split(
                        model, log2, around, chosen < log2
                    ):
                        break
                    log2 -= 1
                code_square(model, planes, scratch, p, x, y, log2)
            z += 1 << (2 * (log2 - UNIT_LOG2))
        if model.coder.decoding and model.coder.position > model.stream.size + LOOK_AHEAD:
            return False
    return True


@kernel
def code_square(model, planes, scratch, p, x, y, log2):
    """Encode or decode a square that is not cut into quarters: its parts, one after the other."""
    around = scratch.around
    tree = scratch.tree
    start_leaf(scratch.leaf, x, y, log2)
    tree.count = 0
    push_part(tree, x, y, log2, log2, 0, WHOLE)
    while tree.count > 0:
        tree.count -= 1
        top = tree.count
        x = tree.x[top]
        y = tree.y[top]
        log2_width = tree.log2_width[top]
        log2_height = tree.log2_height[top]
        cuts = tree.cuts[top]
        if x >= p.width or y >= p.height:
            continue
        look_around(planes, x, y, around)
        cut = np.int64(WHOLE)
        if p.rectangles and log2 > MIN_BLOCK_LOG2:
            cut = np.int64(chosen_cut(scratch, x, y, cuts))
            forbidden = tree.forbidden[top]
            cut = code_cut(model, log2_width, log2_height, cuts, forbidden, around, cut)
        if cut == WHOLE:
            code_block(model, planes, scratch, p, x, y, log2_width, log2_height)
        else:
            for index in range(parts_of(cut) - 1, -1, -1):
                push_cut(tree, cut, index, x, y, log2_width, log2_height, cuts)


@kernel
def chosen_cut(scratch, x, y, cuts):
    """Return how the encoder chose to cut the part at (x, y)."""
    if cuts == MAX_CUTS:
        return np.int64(WHOLE)
    row = (y >> UNIT_LOG2) & UNITS_MASK
    column = (x >> UNIT_LOG2) & UNITS_MASK
    return np.int64(scratch.ctu_cuts[cuts, row, column])


@kernel
def code_block(model, planes, scratch, p, x, y, log2_width, log2_height):
    """Encode or decode one block, reconstruct it and note its decisions in the maps."""
    around = scratch.around
    log2 = mean_log2(log2_width, log2_height)
    row = y >> UNIT_LOG2
    column = x >> UNIT_LOG2
    mode = np.int64(planes.modes[row, column])
    kind = np.int64(planes.kinds[row, column])
    if code_motion(model, planes, scratch, p, x, y, log2_width, log2_height) != INTRA:
        mode = np.int64(FROM_SLICES)
    else:
        mode = code_mode(model, log2, around, mode) if p.intra else np.int64(DC)
    coded = code_coded(model, log2, mode, around, kind != NOTHING)
    if mode == FROM_SLICES:
        predict_from_slices(
            planes, scratch.motion, p, x, y, log2_width, log2_height, scratch.prediction
        )
    else:
        look_at_border(planes, scratch, p, x, y, log2_width, log2_height)
        predict_block(scratch, p, log2_width, log2_height, mode)
    energy = 0
    if coded:
        kind = code_kind(model, log2_width, log2_height, mode, around, kind)
        if not model.coder.decoding:
            fetch_levels(scratch, x, y, log2_width, log2_height)
        columns, rows, total = code_levels(
            model,
            log2_width,
            log2_height,
            kind,
            mode,
            around.energies[LEFT],
            around.energies[ABOVE],
            p.dependent,
            scratch,
        )
        energy = energy_of(total, log2_width + log2_height)
        small_step = small_step_of(p, planes.cells, x, y, log2_width, log2_height)
        dequantize_levels(scratch, p, log2_width, log2_height, small_step, columns, rows)
        if kind != SKIP:
            code_signs(
                model,
                planes,
                scratch,
                p,
                x,
                y,
                log2_width,
                log2_height,
                kind,
                small_step,
                columns,
                rows,
            )
        add_residual(planes, scratch, p, x, y, log2_width, log2_height, kind, columns, rows)
    else:
        kind = np.int64(NOTHING)
        settle_prediction(planes, scratch, p, x, y, log2_width, log2_height)
    note_decisions(planes, x, y, log2_width, log2_height, mode, kind, energy)
    mark_known(scratch.leaf, x, y, log2_width, log2_height, True)


@kernel
def code_motion(model, planes, scratch, p, x, y, log2_width, log2_height):
    """Code from which slices the block is predicted, and its vector; return the source."""
    motion = scratch.motion
    if p.references == INTRA:
        return INTRA
    log2 = mean_log2(log2_width, log2_height)
    look_at_motion(planes, motion, p, x, y)
    row = y >> UNIT_LOG2
    column = x >> UNIT_LOG2
    source = np.int64(planes.motion[row, column, SOURCE])
    motion.down = planes.motion[row, column, DOWN]
    motion.across = planes.motion[row, column, ACROSS]
    motion.source = code_source(model, p, log2, scratch.around, motion, source)
    if motion.source != INTRA and p.motion:
        code_vector(model, log2, scratch.around, motion)
    note_motion(planes, x, y, log2_width, log2_height, motion.source, motion.down, motion.across)
    return motion.source


@kernel
def fetch_levels(scratch, x, y, log2_width, log2_height):
    """Copy the levels of the block at (x, y) from those of its CTU to ``scratch.levels``."""
    top = y & CTU_MASK
    left = x & CTU_MASK
    for j in range(1 << log2_height):
        for i in range(1 << log2_width):
            scratch.levels[j, i] = scratch.ctu_levels[top + j, left + i]


@kernel
def note_decisions(planes, x, y, log2_width, log2_height, mode, kind, energy):
    """Write the decisions of the block at (x, y) into the maps, for its neighbours to see.

    To them a block from other slices is one of mode DC.
    """
    if mode == FROM_SLICES:
        mode = np.int64(DC)
    row = y >> UNIT_LOG2
    column = x >> UNIT_LOG2
    size = mean_log2(log2_width, log2_height)
    for j in range(row, row + (1 << (log2_height - UNIT_LOG2))):
        for i in range(column, column + (1 << (log2_width - UNIT_LOG2))):
            planes.sizes[j, i] = size
            planes.edges[j, i] = (LEFT_EDGE if i == column else 0) + (TOP_EDGE if j == row else 0)
            planes.modes[j, i] = mode
            planes.kinds[j, i] = kind
            planes.energies[j, i] = energy
