"""The rectangle tree: a square that is not cut into quarters may be cut into rectangles.

A part is left whole, or cut by horizontal or vertical lines into two halves or into three parts
of 1 : 2 : 1, and each part again, down to `MAX_CUTS` cuts in a row. Structures that run along one
direction so get blocks that do (binary and ternary splits: ITU-T H.266, 6.4.2 and 7.3.11.4).
"""

import numpy as np

from mmpc.v2 import contexts as c
from mmpc.v2.block_syntax import ABOVE, LEFT
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import code_bit
from mmpc.v2.partition import MIN_BLOCK_LOG2, mean_log2

MAX_CUTS = 3
# A cut is 1, plus 1 if its lines are vertical, plus 2 if there are two of them.
WHOLE, HALVES, VERTICAL_HALVES, THIRDS, VERTICAL_THIRDS = range(5)
THIRDS_LOG2 = 4  # of the shortest side that is cut into three

CUT0, CUT1, CUT2, CUT3, CUT4, CUT5 = c.CUT

# Parts that are still to be coded, the next one last.
TREE = np.dtype(
    [
        ("count", np.int64),
        *(
            (name, np.int64, 2 * MAX_CUTS + 1)
            for name in ("x", "y", "log2_width", "log2_height", "cuts", "forbidden")
        ),
    ]
)


@kernel(forceinline=True)
def is_vertical(cut):
    """Tell whether the lines of a cut are vertical."""
    return (cut - 1) & 1


@kernel(forceinline=True)
def parts_of(cut):
    """Return how many parts a cut makes."""
    return 2 if cut < THIRDS else 3


@kernel
def may_cut(log2_width, log2_height, forbidden, cut):
    """Tell whether a part may be cut so; ``forbidden`` is a cut that it may not have."""
    side = log2_width if is_vertical(cut) else log2_height
    return cut != forbidden and side >= (MIN_BLOCK_LOG2 + 1 if cut < THIRDS else THIRDS_LOG2)


@kernel
def push_part(tree, x, y, log2_width, log2_height, cuts, forbidden):
    """Put a part on the pile of those to be coded; ``cuts`` led to it."""
    top = tree.count
    tree.x[top] = x
    tree.y[top] = y
    tree.log2_width[top] = log2_width
    tree.log2_height[top] = log2_height
    tree.cuts[top] = cuts
    tree.forbidden[top] = forbidden
    tree.count = top + 1


@kernel
def push_cut(tree, cut, index, x, y, log2_width, log2_height, cuts):
    """Put one of the parts that a cut makes on the pile.

    The middle one of three may not be halved along the same lines: that is for quarters.
    """
    side = log2_width if is_vertical(cut) else log2_height
    forbidden = WHOLE
    if cut < THIRDS:
        start = index << (side - 1)
        less = 1
    elif index == 1:
        start = 1 << (side - 2)
        less = 1
        forbidden = cut - 2
    else:
        start = (3 * (index >> 1)) << (side - 2)
        less = 2
    if is_vertical(cut):
        push_part(tree, x + start, y, log2_width - less, log2_height, cuts + 1, forbidden)
    else:
        push_part(tree, x, y + start, log2_width, log2_height - less, cuts + 1, forbidden)


@kernel
def set_cut_slots(slots, step, log2_width, log2_height, cuts, around):
    """Choose the contexts of one of the decisions that name a cut.

    Step 0: is there one; 1: are its lines vertical; 2 and 3: are there two of them, horizontal
    or vertical ones.
    """
    shape = step * 16 + (log2_width - 2) * 4 + log2_height - 2
    size = step * 4 + mean_log2(log2_width, log2_height) - 2
    slots[0] = CUT0 + shape * MAX_CUTS + cuts
    slots[1] = CUT1 + (size * 7 + around.sizes[LEFT]) * 7 + around.sizes[ABOVE]
    energies = around.energies[LEFT] * c.ENERGIES + around.energies[ABOVE]
    slots[2] = CUT2 + size * c.ENERGIES * c.ENERGIES + energies
    left_mode = c.MODE_CLASS[around.modes[LEFT]]
    above_mode = c.MODE_CLASS[around.modes[ABOVE]]
    slots[3] = CUT3 + (shape * c.MODE_CLASSES + left_mode) * c.MODE_CLASSES + above_mode
    slots[4] = CUT4 + (shape * 4 + around.kinds[LEFT]) * 4 + around.kinds[ABOVE]
    slots[5] = CUT5 + step * MAX_CUTS + cuts


@kernel
def code_cut_decision(model, step, log2_width, log2_height, cuts, around, bit):
    """Code one of the decisions that name a cut."""
    set_cut_slots(model.mixer.slots, step, log2_width, log2_height, cuts, around)
    size = mean_log2(log2_width, log2_height) - 2
    return code_bit(model, c.CUT_WEIGHTS + step, c.SIZE_WEIGHTS + size, bit)


@kernel
def code_cut(model, log2_width, log2_height, cuts, forbidden, around, cut):
    """Code how a part is cut, of the cuts that are possible."""
    halves = may_cut(log2_width, log2_height, forbidden, HALVES)
    thirds = may_cut(log2_width, log2_height, forbidden, THIRDS)
    vertical_halves = may_cut(log2_width, log2_height, forbidden, VERTICAL_HALVES)
    vertical_thirds = may_cut(log2_width, log2_height, forbidden, VERTICAL_THIRDS)
    horizontal = halves or thirds
    vertical = vertical_halves or vertical_thirds
    if cuts == MAX_CUTS or not (horizontal or vertical):
        return np.int64(WHOLE)
    if not code_cut_decision(model, 0, log2_width, log2_height, cuts, around, cut != WHOLE):
        return np.int64(WHOLE)
    if horizontal and vertical:
        vertical = code_cut_decision(
            model, 1, log2_width, log2_height, cuts, around, is_vertical(cut)
        )
    if vertical:
        halves = vertical_halves
        thirds = vertical_thirds
    if halves and thirds:
        thirds = code_cut_decision(
            model, 2 + vertical, log2_width, log2_height, cuts, around, cut >= THIRDS
        )
    return 1 + np.int64(vertical) + 2 * np.int64(thirds)
