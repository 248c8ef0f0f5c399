"""The final probability map: read and taught by its definition, and what it repairs."""

import numpy as np
import pytest

from mmpc.coding_tools import Tools
from mmpc.v2 import contexts as c
from mmpc.v2.arithmetic_coder import finish_encoder, start_decoder
from mmpc.v2.mixing import LOGIT_LIMIT, LOGIT_ONE, SQUASH, STRETCH
from mmpc.v2.probability_map import REACH, code_bit_through_map
from mmpc.v2.slice_coder import new_slice_model

START = c.LEVEL_MAP + 5 * c.MAP_COUNTERS
SET = c.LEVEL_WEIGHTS


def new_model(stream=None, decoding=False, on=True):
    """Return a model whose next decision is in one context alone, with a weight of 1."""
    if stream is None:
        stream = np.zeros(1 << 14, np.uint8)
    model = new_slice_model(
        stream, decoding, Tools(mixing=False, probability_map=on, learned_start=False)
    )
    if decoding:
        start_decoder(model.coder, stream)
    model.mixer.slots[:] = range(6)
    return model


def say(model, logit):
    """Let the context of the next decision say about this; return the logit that it says."""
    index = np.searchsorted(STRETCH, logit)
    model.counters[0] = index << 20
    return int(STRETCH[index])


def maps_of(model):
    return (model.counters[START : START + c.MAP_COUNTERS] >> 10).astype(np.int64)


def test_maps_start_at_their_own_probabilities():
    model = new_model()
    logits = np.clip(np.arange(-11, 12) * LOGIT_ONE, -LOGIT_LIMIT, LOGIT_LIMIT)
    np.testing.assert_array_equal(maps_of(model), SQUASH[logits + LOGIT_LIMIT].astype(int) << 6)
    assert (model.counters[START : START + c.MAP_COUNTERS] & 1023 == 0).all()


@pytest.mark.parametrize("target", [-2129, -1000, -129, -128, -127, 0, 1, 127, 128, 500, 2129])
@pytest.mark.parametrize("bit", [0, 1])
def test_one_decision_by_hand(target, bit):
    """The interval is cut at the mean of the mixer's and the map's probability."""
    model = new_model()
    logit = say(model, target)
    before = maps_of(model)
    code_bit_through_map(model, SET, SET, 0, START, bit)
    index, fraction = divmod(logit + REACH * LOGIT_ONE, LOGIT_ONE)
    mapped = (before[index] * (256 - fraction) + before[index + 1] * fraction) >> 14
    final = (int(SQUASH[logit + LOGIT_LIMIT]) + mapped) >> 1
    middle = ((2**32 - 1) * final) >> 16
    low, high = (0, middle) if bit else (middle + 1, 2**32 - 1)
    while low >> 24 == high >> 24:
        low, high = low << 8 & 0xFFFFFFFF, high << 8 & 0xFFFFFFFF | 255
    assert (model.coder.low, model.coder.high) == (low, high)
    nearer = index + (fraction >= 128)
    changed = np.flatnonzero(maps_of(model) - before)
    assert changed.tolist() == [nearer]
    step = (((bit << 22) - before[nearer]) * (2 * 65536 // 3)) >> 16
    assert maps_of(model)[nearer] == before[nearer] + step


@pytest.mark.parametrize("on", [True, False])
def test_bits_come_back(on):
    generator = np.random.default_rng(1)
    bits = generator.integers(0, 2, 3000).tolist()
    logits = generator.integers(-2300, 2300, 3000).tolist()
    starts = c.LEVEL_MAP + generator.integers(0, c.LEVEL_MAPS, 3000) * c.MAP_COUNTERS
    encoder = new_model(on=on)
    for bit, logit, start in zip(bits, logits, starts.tolist(), strict=True):
        say(encoder, logit)
        code_bit_through_map(encoder, SET, SET, 0, start, bit)
    finish_encoder(encoder.coder, encoder.stream)
    decoder = new_model(encoder.stream, decoding=True, on=on)
    for bit, logit, start in zip(bits, logits, starts.tolist(), strict=True):
        say(decoder, logit)
        assert code_bit_through_map(decoder, SET, SET, 0, start, 0) == bit
    np.testing.assert_array_equal(encoder.counters, decoder.counters)


def size_of(model, logit, probability, n=4000):
    """Return the bytes of bits that are 1 as often as ``probability`` says."""
    for bit in (np.random.default_rng(2).random(n) < probability).tolist():
        say(model, logit)
        code_bit_through_map(model, SET, SET, 0, START, bit)
    return model.coder.position


def test_it_repairs_a_mixer_that_is_too_sure():
    """The contexts say 98 %, and it is 70 %."""
    assert size_of(new_model(), 1000, 0.7) < 0.75 * size_of(new_model(on=False), 1000, 0.7)


def test_it_costs_little_where_the_mixer_is_right():
    right = size_of(new_model(on=False), 256, 0.73)
    assert size_of(new_model(), 256, 0.73) < 1.01 * right


def test_no_logit_leads_out_of_the_map():
    """Weights that learned too much give the largest logits there are."""
    for sign in (-1, 1):
        model = new_model()
        model.weights[SET, 0] = 1 << 24
        for bit in (0, 1):
            say(model, sign * 2000)
            before = model.counters.copy()
            code_bit_through_map(model, SET, SET, 0, START, bit)
            changed = np.flatnonzero(model.counters != before)
            assert changed[changed >= 6].tolist() == [START + (22 if sign > 0 else 0)]
