"""The instrument of lessons 7 to 9: decisions, prices, causal contexts, compiled beforehand."""

import numpy as np
import pytest

from mmpc.explore.level_contexts import (
    block_prices,
    code_levels,
    in_coding_order,
    level_contexts,
    neighbour_magnitudes,
    with_dc_differences,
)
from mmpc.explore.recoding import MANTISSA, RAW, STEPS, binarize, code_decisions
from mmpc.v2.arithmetic_coder import start_decoder
from mmpc.v2.mixing import code_bit, code_raw_bit, new_model


def random_levels(shape=(6, 5, 8, 8), seed=0):
    rng = np.random.default_rng(seed)
    return np.rint(rng.laplace(scale=1.5, size=shape)).astype(np.int64)


@pytest.mark.parametrize(
    ("level", "bits", "steps"),
    [
        (0, "0", [0]),
        (1, "100", [0, 1, RAW]),
        (-1, "101", [0, 1, RAW]),
        (2, "11000", [0, 1, 2, MANTISSA, RAW]),
        (-3, "11011", [0, 1, 2, MANTISSA, RAW]),
        (5, "1110010", [0, 1, 2, 3, MANTISSA, RAW, RAW]),
        (32767, "1" * 15 + "0" + "1" * 14 + "0", [*range(16), MANTISSA] + [RAW] * 14),
    ],
)
def test_binarize(level, bits, steps):
    decisions = binarize(np.array([level]))
    assert "".join(map(str, decisions.bits)) == bits
    assert decisions.steps.tolist() == steps


def test_binarize_owners_and_order():
    levels = random_levels()
    decisions = binarize(levels)
    joined = [binarize(np.array([level])).bits for level in levels.reshape(-1)]
    assert np.array_equal(decisions.bits, np.concatenate(joined))
    counts = [bits.size for bits in joined]
    assert np.array_equal(decisions.owners, np.repeat(np.arange(levels.size), counts))


def test_prices_add_up_to_the_stream():
    levels = random_levels()
    for mixing in (False, True):
        coded = code_levels(levels, *level_contexts(levels).values(), mixing=mixing)
        assert 8 * len(coded.stream) == pytest.approx(coded.costs_bits.sum(), abs=16)
    prices = block_prices(levels, coded)
    assert prices.shape == (6, 5)
    assert prices.sum() == pytest.approx(coded.costs_bits.sum())


def test_rate_is_within_one_percent_of_the_entropy():
    levels = (np.random.default_rng(1).random(200_000) < 0.05).astype(np.int64)
    decisions = binarize(levels)
    asked = decisions.steps == 0
    coded = code_decisions(decisions, np.zeros(levels.size, int), mixing=False)
    share = levels.mean()
    entropy = -share * np.log2(share) - (1 - share) * np.log2(1 - share)
    # The counter forgets, which costs a little where nothing changes.
    assert coded.costs_bits[asked].mean() == pytest.approx(entropy, rel=0.01)


def test_stream_decodes_with_version_2s_coder():
    """One context: the decoder needs nothing but the steps, which it knows as it decodes."""
    levels = random_levels()
    decisions = binarize(levels)
    coded = code_decisions(decisions, np.zeros(levels.size, int), mixing=False)
    stream = np.array(list(coded.stream), np.uint8)
    model = new_model(1 + STEPS, 2 * STEPS, stream, True, False)
    start_decoder(model.coder, stream)
    for bit, step in zip(decisions.bits.tolist(), decisions.steps.tolist(), strict=True):
        model.mixer.slots[0] = 1 + step
        found = code_raw_bit(model, 0) if step == RAW else code_bit(model, step, STEPS + step, 0)
        assert found == bit


def test_watched_weights():
    levels = random_levels()
    contexts = np.stack([np.zeros(levels.size, int), np.arange(levels.size) % 7], axis=1)
    weights = code_decisions(binarize(levels), contexts, watch=(0, 10)).weights
    assert weights.shape == (levels.size // 10, 2)
    assert weights[0] == pytest.approx([0.5, 0.5], abs=0.05)
    assert np.ptp(weights[:, 0]) > 0


def test_contexts_know_nothing_of_the_future():
    levels = random_levels()
    before = {name: in_coding_order(c) for name, c in level_contexts(levels).items()}
    rng = np.random.default_rng(2)
    changes = 0
    for _ in range(100):
        changed = levels.copy()
        changed[tuple(rng.integers(0, levels.shape))] += 40
        position = int(np.flatnonzero(in_coding_order(changed != levels))[0])
        for name, context in level_contexts(changed).items():
            after = in_coding_order(context)
            assert np.array_equal(before[name][: position + 1], after[: position + 1]), name
            changes += int((before[name] != after).sum())
    assert changes > 100


def test_neighbour_magnitudes():
    levels = random_levels()
    left = neighbour_magnitudes(levels, 0, -1, 0, 0)
    assert not left[:, 0].any() and np.array_equal(left[:, 1:], np.abs(levels[:, :-1]))
    below = neighbour_magnitudes(levels, 0, 0, 1, 0)
    assert not below[..., 7, :].any()
    assert np.array_equal(below[..., :7, :], np.abs(levels[..., 1:, :]))


def test_dc_differences_add_up():
    levels = random_levels()
    differences = with_dc_differences(levels)
    first = np.cumsum(differences[:, 0, 0, 0])
    rows = np.cumsum(differences[..., 0, 0], axis=1)
    rows += (first - differences[:, 0, 0, 0])[:, np.newaxis]
    assert np.array_equal(rows, levels[..., 0, 0])
    assert np.array_equal(differences[..., 1:, :], levels[..., 1:, :])


def test_compiled_kernels_say_nothing_in_a_notebook(run):
    """A line on stderr would be an output that the stored notebook does not have."""
    use = (
        "import numpy as np, mmpc; a = np.zeros((8, 8), np.int16);"
        "[mmpc.decompress(mmpc.compress(a, bitstream=2, **o)) for o in ({}, {'max_error': 1})]"
    )
    assert run("-c", "from mmpc.explore.kernels import compile_kernels as c; c()").returncode == 0
    later = run("-c", use)
    assert (later.returncode, later.stderr) == (0, "")
