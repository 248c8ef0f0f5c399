"""Version 2's coder of blocks, watched: it writes down what each syntax element of a block costs.

All functions are the codec's own but for the five that code a bit, which are watched, and for what
only volumes have, which would be compiled in vain. The price of a bit is what the interval of the
arithmetic coder lost by it. Which syntax element it belongs to is told by the weights that mix its
probability: each kind of decision has its own; of one without weights, by its counter.
"""

from typing import NamedTuple

import numpy as np

from mmpc.explore.rebinding import rebound
from mmpc.explore.recoding import news_bits
from mmpc.v2 import contexts as c
from mmpc.v2.block_coder import code_block, code_ctus, code_motion
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import Model, code_adaptive_bit, code_bit, code_bit_between, code_raw_bit
from mmpc.v2.motion import INTRA, predict_from_slices
from mmpc.v2.partition import UNIT_LOG2
from mmpc.v2.probability_map import code_bit_through_map
from mmpc.v2.records import new_record
from mmpc.v2.transform import NOTHING

# The syntax elements in the order in which a block has them, and the first of their weights.
_FIRST_WEIGHTS = {
    "quarters": c.SPLIT_WEIGHTS,
    "rectangles": c.CUT_WEIGHTS,
    "prediction mode": c.MPM_WEIGHTS,
    "any levels": c.CODED_WEIGHTS,
    "transform": c.KIND_WEIGHTS,
    "last position": c.LAST_WEIGHTS,
    "magnitudes": c.LEVEL_WEIGHTS,
    "signs": c.SIGN_WEIGHTS,
}
ELEMENTS = tuple(_FIRST_WEIGHTS)
MAGNITUDES = np.int64(ELEMENTS.index("magnitudes"))
SIGNS = np.int64(ELEMENTS.index("signs"))
# For each set of weights, its element; those behind belong to none of a block.
ELEMENT_OF_WEIGHTS = np.searchsorted(
    list(_FIRST_WEIGHTS.values()), np.arange(c.WEIGHTS), side="right"
).astype(np.int64)
ELEMENT_OF_WEIGHTS -= 1

BLOCK = np.dtype(
    [
        *((name, np.int64) for name in ("x", "y", "width", "height", "mode", "kind")),
        ("start_bits", np.float64),  # in the payload
        ("bits", np.float64, len(ELEMENTS)),
    ]
)
WATCH = np.dtype(
    [
        ("element", np.int64),  # of the last bit
        ("n_blocks", np.int64),
        ("bits", np.float64, len(ELEMENTS)),  # since the last block
    ]
)


class WatchedModel(NamedTuple):
    """The fields of `Model`, and what is written down."""

    counters: np.ndarray
    weights: np.ndarray
    mixer: np.record
    coder: np.record
    stream: np.ndarray
    watch: np.record  # WATCH
    blocks: np.ndarray  # BLOCK
    predictions: np.ndarray  # int32, of the size of the samples
    residuals: np.ndarray
    levels: np.ndarray


@kernel(forceinline=True)
def _charge(model, element, before):
    """Note what the coder has taken in since ``before``."""
    model.watch.element = element
    model.watch.bits[element] += news_bits(model.coder) - before


@kernel
def _watch_bit(model, set_a, set_b, bit):
    before = news_bits(model.coder)
    bit = code_bit(model, set_a, set_b, bit)
    _charge(model, ELEMENT_OF_WEIGHTS[set_a], before)
    return bit


@kernel
def _watch_bit_through_map(model, set_a, set_b, offset, start, bit):
    before = news_bits(model.coder)
    bit = code_bit_through_map(model, set_a, set_b, offset, start, bit)
    _charge(model, ELEMENT_OF_WEIGHTS[set_a], before)
    return bit


@kernel
def element_of_slot(slot):
    """Return the element of a bit without weights: a predicted sign, or a magnitude."""
    return SIGNS if slot >= c.PREDICTED_SIGN else MAGNITUDES


@kernel
def _watch_adaptive_bit(model, slot, bit):
    before = news_bits(model.coder)
    bit = code_adaptive_bit(model, slot, bit)
    _charge(model, element_of_slot(slot), before)
    return bit


@kernel
def _watch_bit_between(model, one, two, half, bit):
    before = news_bits(model.coder)
    bit = code_bit_between(model, one, two, half, bit)
    _charge(model, element_of_slot(one), before)
    return bit


@kernel
def _watch_raw_bit(model, bit):
    """Bits without a model continue the element before them."""
    before = news_bits(model.coder)
    bit = code_raw_bit(model, bit)
    _charge(model, model.watch.element, before)
    return bit


@kernel
def _no_motion(model, planes, scratch, p, x, y, log2_width, log2_height):
    """Stand for the coder of a block's motion: an image has none."""
    return INTRA


@kernel
def _no_other_slices(planes, motion, p, x, y, log2_width, log2_height, prediction):
    return


_INSTEAD = {
    code_motion: _no_motion,
    predict_from_slices: _no_other_slices,
    code_bit: _watch_bit,
    code_bit_through_map: _watch_bit_through_map,
    code_adaptive_bit: _watch_adaptive_bit,
    code_bit_between: _watch_bit_between,
    code_raw_bit: _watch_raw_bit,
}
_code_block = rebound(code_block, _INSTEAD, kernel)


@kernel
def _watch_block(model, planes, scratch, p, x, y, log2_width, log2_height):
    """Decode a block, and write down its costs, its prediction and its levels."""
    _code_block(model, planes, scratch, p, x, y, log2_width, log2_height)
    watch = model.watch
    block = model.blocks[watch.n_blocks]
    block.x = x
    block.y = y
    block.width = 1 << log2_width
    block.height = 1 << log2_height
    block.mode = planes.modes[y >> UNIT_LOG2, x >> UNIT_LOG2]
    block.kind = planes.kinds[y >> UNIT_LOG2, x >> UNIT_LOG2]
    end_bits = news_bits(model.coder)
    block.start_bits = end_bits
    for i in range(watch.bits.size):
        block.start_bits -= watch.bits[i]
        block.bits[i] = watch.bits[i]
        watch.bits[i] = 0.0
    for j in range(1 << log2_height):
        for i in range(1 << log2_width):
            model.predictions[y + j, x + i] = scratch.prediction[j, i]
            if block.kind != NOTHING:
                model.levels[y + j, x + i] = scratch.levels[j, i]
                model.residuals[y + j, x + i] = scratch.residual[j, i]
    watch.n_blocks += 1


_code_ctus = rebound(code_ctus, {**_INSTEAD, code_block: _watch_block}, kernel)


@kernel(coder="watched decoder of blocks", compile_s=20)
def watch_ctus(model, planes, scratch, p, n_ctus):
    """Decode all blocks of a slice with a `WatchedModel`."""
    return _code_ctus(model, planes, scratch, p, 0, n_ctus)


def watched_model(model: Model, shape: tuple[int, int]) -> WatchedModel:
    """Return a model with room for what is written down of a slice of so many samples."""
    n_units = shape[0] * shape[1] >> (2 * UNIT_LOG2)
    pictures = (np.zeros(shape, np.int32) for _ in range(3))
    blocks = np.zeros(n_units, BLOCK).view(np.recarray)
    return WatchedModel(*model, new_record(WATCH), blocks, *pictures)
