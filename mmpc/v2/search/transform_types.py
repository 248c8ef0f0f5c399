"""The encoder's trial of one type of transform: which are worth it, and what each costs."""

from mmpc.v2.block_syntax import set_coded_slots, set_kind_slots
from mmpc.v2.contexts import FROM_SLICES
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import counter_cost
from mmpc.v2.motion import ACROSS, DOWN, INTRA, SOURCE
from mmpc.v2.partition import mean_log2
from mmpc.v2.search.trellis import choose_levels
from mmpc.v2.transform import DCT, DST, MAX_SINE_LOG2, NOTHING, SKIP, forward_transform


@kernel
def may_try(p, longer, kind, attempt):
    """Tell whether transform type ``kind`` is to be tried for the mode candidate ``attempt``.

    ``longer`` is log2 of the block's longer side.
    """
    if kind == DCT:
        return True
    if kind == DST:
        return longer <= MAX_SINE_LOG2 and p.dst != 0 and attempt < p.extra_kinds
    return longer == 2 and p.transform_skip != 0 and attempt < p.extra_kinds


@kernel
def try_kind(model, search, scratch, p, log2_width, log2_height, mode, kind, contexts):
    """Transform and quantize ``search.residual``; if that is the cheapest so far, keep it.

    ``contexts`` are those of levels, see `choose_levels`. Return whether there are any levels.
    """
    around = scratch.around
    slots = model.mixer.slots
    trellis = search.trellis
    log2 = mean_log2(log2_width, log2_height)
    longer = max(log2_width, log2_height)
    set_coded_slots(slots, log2, mode, around)
    trellis.empty_bits = counter_cost(model.counters, slots[0], 0)
    coded_bits = counter_cost(model.counters, slots[0], 1)
    if longer == 2:
        set_kind_slots(slots, 0, log2, mode, around)
        coded_bits += counter_cost(model.counters, slots[0], kind == SKIP)
    if longer <= MAX_SINE_LOG2 and kind != SKIP:
        set_kind_slots(slots, 1, log2, mode, around)
        coded_bits += counter_cost(model.counters, slots[0], kind != DCT)
    trellis.coded_bits = coded_bits
    trellis.small_step = search.block_step
    trellis.dependent = p.dependent
    forward_transform(
        search.residual, log2_width, log2_height, kind, search.work, search.coefficients
    )
    # In units of the background's error: an error in the region weighs as much as its step says.
    unit = search.small_step * search.small_step
    mode_cost = search.bit_price * search.mode_bits[mode]
    trellis.limit = (search.best_cost - mode_cost) / unit
    cost, coded = choose_levels(
        trellis, search.coefficients, search.best_levels, log2_width, log2_height, kind, contexts
    )
    search.kind_cost = cost * unit + mode_cost
    if cost < trellis.limit:
        search.best_cost = search.kind_cost
        search.best_mode = mode
        search.best_kind = kind if coded else NOTHING
        search.best_motion[SOURCE] = scratch.motion.source if mode == FROM_SLICES else INTRA
        search.best_motion[DOWN] = scratch.motion.down
        search.best_motion[ACROSS] = scratch.motion.across
    return coded
