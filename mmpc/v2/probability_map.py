"""The final probability map: what the mixer's probabilities turned out to mean.

The mixer may be too sure of itself, or not sure enough, and the more so the larger the level is
that its surroundings promise. A map holds a counter for each whole number of the logistic domain,
which starts at its own probability and then learns how often a one came when the mixer said
about this. The two counters around the mixer's logit, interpolated, are averaged with the
mixer's own probability; the nearer one learns the bit (adaptive probability maps: M. Mahoney,
lpaq, 2007; "secondary estimation" since D. Shkarin's ppmd).
"""

import numpy as np

from mmpc.v2.arithmetic_coder import code_bit_with_probability
from mmpc.v2.contexts import LEVEL_MAP, LEVEL_MAPS, MAP_COUNTERS
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import LOGIT_LIMIT, LOGIT_ONE, SQUASH, foresee, learn, mix, moved

REACH = MAP_COUNTERS // 2  # the map goes from minus this logit to plus this
FRACTION_BITS = LOGIT_ONE.bit_length() - 1


def start_maps(counters: np.ndarray) -> None:
    """Let every counter of the maps start at its own probability."""
    logits = np.arange(-REACH, REACH + 1) * LOGIT_ONE
    probabilities = SQUASH[np.clip(logits, -LOGIT_LIMIT, LOGIT_LIMIT) + LOGIT_LIMIT]
    maps = counters[LEVEL_MAP : LEVEL_MAP + LEVEL_MAPS * MAP_COUNTERS]
    maps.reshape(LEVEL_MAPS, MAP_COUNTERS)[:] = probabilities.astype(np.uint32) << 16


@kernel(forceinline=True)
def code_bit_through_map(model, set_a, set_b, offset, start, bit):
    """Encode ``bit`` (or decode and return it) as `code_bit` does, through a map.

    The counters stand ``offset`` behind ``model.mixer.slots``. ``start`` is the first counter of
    the map; where ``model.mixer.mapping`` is 0, there is none.
    """
    logit = mix(model, set_a, set_b, offset)
    probability = np.int64(SQUASH[logit + LOGIT_LIMIT])
    place = logit + REACH * LOGIT_ONE
    final = probability
    if model.mixer.mapping:
        mapped = look_up(model.counters, start, place)
        final = min(max((probability + mapped) >> 1, 1), 65535)
    foresee(model, offset)
    bit = code_bit_with_probability(model.coder, model.stream, final, bit)
    if model.mixer.mapping:
        nearest = start + ((place + (LOGIT_ONE >> 1)) >> FRACTION_BITS)
        model.counters[nearest] = moved(model.counters[nearest], bit)
    learn(model, set_a, set_b, offset, probability, bit)
    return bit


@kernel(forceinline=True)
def look_up(counters, start, place):
    """Return the probability between the two counters around a logit, counted from the lowest."""
    slot = start + (place >> FRACTION_BITS)
    fraction = place & (LOGIT_ONE - 1)
    low = np.int64(counters[slot] >> 10)
    high = np.int64(counters[slot + 1] >> 10)
    return (low * (LOGIT_ONE - fraction) + high * fraction) >> (FRACTION_BITS + 6)
