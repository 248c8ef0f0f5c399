"""What lessons 7 to 11 take from the package: coders, blocks, levels, rates between points."""

import zlib

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="matplotlib is in the extra mmpc[notebooks]")

import mmpc
from mmpc.explore.bit_coders import BitCoder, LearningCoder
from mmpc.explore.decisions import square_decisions
from mmpc.explore.equal_error import rate_at, rmse
from mmpc.explore.level_contexts import (
    code_mixed,
    is_causal,
    level_contexts,
    with_dc_differences,
    without_dc_differences,
)
from mmpc.explore.recoding import code_map
from mmpc.explore.report_levels import bz2_stream, levels_at, pixels_of, report_stream
from mmpc.explore.square_blocks import SquareBlocks
from mmpc.explore.student_codecs import (
    choosing_codec,
    mixed_codec,
    predicting_codec,
    two_size_codec,
)
from mmpc.explore.tables import show_table
from mmpc.v2.prediction import DC


def random_levels(shape=(4, 5, 8, 8)):
    rng = np.random.default_rng(0)
    return np.rint(rng.laplace(scale=1.5, size=shape)).astype(np.int64)


def smooth_pixels(shape=(64, 96)):
    rows, columns = np.indices(shape)
    noise = np.random.default_rng(1).normal(0, 3, shape)
    return (300 * np.sin(rows / 9) + 5 * columns + noise).astype(np.int32)


def test_bits_come_back_and_take_what_their_probability_says():
    bits = (np.random.default_rng(2).random(20_000) < 0.1).astype(int).tolist()
    encoder = BitCoder()  # more than its first buffer holds
    for bit in bits:
        encoder.code_bit(6554, bit)
    stream = encoder.finish()
    decoder = BitCoder(stream)
    assert [decoder.code_bit(6554) for _ in bits] == bits
    price = -sum(np.log2(6554 / 65536 if bit else 1 - 6554 / 65536) for bit in bits)
    assert 8 * len(stream) == pytest.approx(price, rel=0.001)


def test_levels_come_back_from_a_coder_that_learns():
    levels = [*random_levels().reshape(-1).tolist(), 32767, -32767, 0]
    encoder = LearningCoder()
    for level in levels:
        assert encoder.code_level("any", level) == level
    stream = encoder.finish()
    decoder = LearningCoder(stream)
    assert [decoder.code_level("any") for _ in levels] == levels


def test_a_counter_that_learns_pays_less_where_there_is_something_to_learn():
    sizes = []
    for share in (0.5, 0.02):
        coder = LearningCoder()
        for bit in np.random.default_rng(3).random(5000) < share:
            coder.code("any", bit)
        sizes.append(len(coder.finish()))
    assert sizes[1] < sizes[0] / 5


def test_blocks_in_z_order_cover_the_picture_once():
    places = list(SquareBlocks((96, 128), 8, 0).in_z_order())
    assert len(set(places)) == len(places) == 12 * 16
    assert places[:5] == [(0, 0), (0, 8), (8, 0), (8, 8), (0, 16)]
    assert places[64] == (0, 64)  # the second square of 64 x 64


def test_border_and_predictions_use_nothing_that_comes_later():
    pixels = smooth_pixels()
    blocks = SquareBlocks(pixels.shape, 8, unknown=7)
    assert set(blocks.border(pixels, 0, 0)[0]) == {7}
    border, _ = blocks.border(pixels, 16, 24)
    assert np.array_equal(border[16:25], pixels[15, 23:32])
    assert np.array_equal(border[8:16], pixels[16:24, 23][::-1])
    done = np.zeros_like(pixels)
    for y, x in blocks.in_z_order():
        found = blocks.predictions(done, y, x)
        assert np.array_equal(found, blocks.predictions(pixels, y, x))
        done[y : y + 8, x : x + 8] = pixels[y : y + 8, x : x + 8]
    assert found.shape == (35, 8, 8) and np.ptp(found[DC][1:, 1:]) == 0


def test_levels_of_the_report_decode_to_what_version_1_decodes():
    pixels = smooth_pixels().astype(np.int16)
    levels = levels_at(pixels, 30)
    shifted = (pixels - pixels.min()).astype(np.uint16)  # version 1 shifts nothing
    theirs = mmpc.decompress(mmpc.compress(shifted, bitstream=1, quality=30))
    ours = pixels_of(levels, 30, pixels) - int(pixels.min())
    # A level on a tie may fall otherwise, which changes its block.
    assert np.mean(ours == np.clip(theirs, 0, shifted.max())) > 0.95
    assert len(report_stream(levels)) < len(zlib.compress(levels.tobytes()))
    assert len(bz2_stream(levels)) < levels.nbytes / 8


def test_dc_differences_are_undone():
    levels = random_levels()
    assert np.array_equal(without_dc_differences(with_dc_differences(levels)), levels)


def test_what_knows_the_future_is_found_out():
    levels = random_levels()
    for name in level_contexts(levels):
        assert is_causal(lambda some, name=name: level_contexts(some)[name], levels)
    assert not is_causal(np.abs, levels)


def test_a_map_is_cheaper_where_neighbours_agree():
    striped = np.repeat(np.arange(16) % 4, 16).reshape(16, 16)
    mixed_up = np.random.default_rng(4).permutation(striped.reshape(-1)).reshape(16, 16)
    assert len(code_map(striped).stream) < len(code_map(mixed_up).stream) / 2


def test_levels_mixed_in_six_contexts_are_priced():
    levels = random_levels()
    coded = code_mixed(levels)
    assert 8 * len(coded.stream) == pytest.approx(coded.costs_bits.sum(), abs=16)


def test_square_decisions():
    decided = square_decisions(np.array([[1, 26], [0, 10]]), 8)
    assert decided.modes.tolist() == [[1, 1, 26, 26]] * 2 + [[0, 0, 10, 10]] * 2
    assert np.argwhere(decided.starts).tolist() == [[0, 0], [0, 2], [2, 0], [2, 2]]
    assert np.all(decided.widths == 8) and np.all(decided.heights == 8)


def guess_nothing(left, top):
    return np.zeros((1, 16, 16))


def guess_a_mean(left, top):
    return np.full((1, 16, 16), (left.mean() + top.mean()) / 2)


def round_all(coefficients, step, prices):
    return np.rint(coefficients / step)


def cut_towards_zero(coefficients, step, prices):
    assert prices.shape == (*coefficients.shape, 4) and np.all(prices > 0)
    return np.trunc(coefficients / step)


@pytest.mark.parametrize(
    ("smaller", "larger"),
    [
        (mixed_codec(lambda levels: list(level_contexts(levels).values())),
         mixed_codec(lambda levels: [np.zeros_like(levels)])),
        (predicting_codec(guess_a_mean), predicting_codec(guess_nothing)),
        (two_size_codec(lambda whole, in_four, step: np.zeros(whole.shape[:2], bool)),
         two_size_codec(lambda whole, in_four, step: np.ones(whole.shape[:2], bool))),
        (choosing_codec(cut_towards_zero), choosing_codec(round_all)),
    ],
    ids=["contexts", "guesses", "sizes", "levels"],
)  # fmt: skip
def test_the_students_stage_decides_how_large_the_file_is(smaller, larger):
    pixels = smooth_pixels()
    sizes = []
    for codec in (smaller, larger):
        stream, decoded = codec(pixels, 20)
        assert decoded.shape == pixels.shape and rmse(decoded - pixels) < 20 / 3
        sizes.append(len(stream))
    assert sizes[0] < sizes[1]


def test_rate_between_points_is_straight_in_logarithms():
    curve = [(4.0, 1.0), (1.0, 4.0)]
    assert rate_at(2, curve) == pytest.approx(2)
    assert rate_at(1, curve) == pytest.approx(4)
    assert rmse(np.array([3, -4], np.int8)) == pytest.approx(np.sqrt(12.5))


def test_table(capsys):
    show_table("slice", {"head": {"bpp": 0.5, "kind": "CT"}, "a": {"bpp": 12.345, "kind": "MR"}})
    assert capsys.readouterr().out == (
        "slice     bpp   kind\nhead     0.50     CT\na       12.35     MR\n"
    )
