"""The scoreboard measures at equal error, keeps the best, and survives a damaged file."""

import numpy as np
import pytest

import mmpc

pytest.importorskip("matplotlib", reason="matplotlib is in the extra mmpc[notebooks]")
pytest.importorskip("data_store", reason="pydicom-data holds the images of the lessons")

from mmpc.evaluation.peers import Jpeg2000
from mmpc.explore import scoreboard
from mmpc.explore.body import measured, padding_to_air
from mmpc.explore.claims import claims
from mmpc.images import sample


def rounding_codec(pixels, step):
    """Write two bytes for each pixel that is not zero after rounding."""
    levels = np.rint(pixels / step)
    return bytes(2 * int(np.count_nonzero(levels))), np.rint(levels * step)


@pytest.fixture
def noise():
    return np.random.default_rng(0).normal(0, 100, (64, 64)).astype(np.int16)


def test_rate_is_the_one_at_the_wanted_error(noise):
    rate = scoreboard.rate_at_equal_error(rounding_codec, noise, rmse=20)
    at_step = {}
    for step in np.linspace(60, 80, 41):
        data, decoded = rounding_codec(noise, step)
        at_step[8 * len(data) / noise.size] = abs(np.std(decoded - noise.astype(float)) - 20)
    assert rate == pytest.approx(min(at_step, key=at_step.get), rel=0.02)


def test_codec_that_ignores_its_step_is_refused(noise):
    with pytest.raises(mmpc.MmpcError, match="does a larger step round coarser"):
        scoreboard.rate_at_equal_error(lambda pixels, _: (b"1", pixels), noise)


@pytest.mark.parametrize("result", [("text", 1), (b"", 0)])
def test_codec_that_returns_something_else_is_refused(noise, result):
    with pytest.raises(mmpc.MmpcError, match="returns bytes and decoded pixels"):
        scoreboard.rate_at_equal_error(lambda *_: result, noise)


def test_as_codec_gives_the_decoder_only_bytes(noise):
    codec = scoreboard.as_codec(lambda pixels, step: bytes([int(step)]), lambda data: data[0])
    assert codec(noise, 7) == (b"\x07", 7)


def test_best_score_is_kept_and_printed(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MMPC_SCOREBOARD", str(tmp_path / "scores.json"))
    rates = iter([3.0, 2.0, 5.0, 5.0])
    monkeypatch.setattr(scoreboard, "rate_at_equal_error", lambda *_: next(rates))
    assert scoreboard.read_scores() == {}
    assert scoreboard.score(2, rounding_codec) == 2.5
    assert scoreboard.score(2, rounding_codec) == 5.0
    assert scoreboard.read_scores() == {2: 2.5}
    assert "2.500 bpp (head_ct 3.00, abdomen_ct 2.00)" in capsys.readouterr().out
    (tmp_path / "scores.json").write_text("[")
    assert scoreboard.read_scores() == {}


def test_numbers_of_another_kind_are_kept_apart(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MMPC_SCOREBOARD", str(tmp_path / "scores.json"))
    assert [scoreboard.keep(15, number) for number in (60.0, 50.0, 55.0)] == [60.0, 50.0, 55.0]
    assert (tmp_path / "scores.json").read_text() == '{"15": 50.0}'
    assert scoreboard.read_scores() == {}, "bytes of a header are no bits per pixel"
    scoreboard.show_course_number(15)
    assert "bytes of a header" in capsys.readouterr().out


def test_rate_of_jpeg_2000_is_the_stated_one():
    pytest.importorskip("imagecodecs", reason="imagecodecs is in the extra mmpc[benchmarks]")
    peer = Jpeg2000()

    def jpeg_2000(pixels, step):
        low = int(pixels.min())
        data = peer.compress((pixels.astype(int) - low).astype(np.uint16), step / 3)
        return data, peer.decompress(data).astype(int) + low

    rates = [
        scoreboard.rate_at_equal_error(jpeg_2000, measured(name).pixels)
        for name in scoreboard.SLICES
    ]
    assert np.mean(rates) == pytest.approx(scoreboard.RIVALS_BPP["JPEG 2000"], rel=0.01)


def test_rivals_are_shown_beside_the_capstone_only(capsys):
    scoreboard.show_scoreboard(7)
    assert "JPEG 2000" not in capsys.readouterr().out
    scoreboard.show_scoreboard(16)
    assert "lesson 16" in (out := capsys.readouterr().out) and "JPEG 2000" in out


def test_what_lesson_16_says_of_the_bars():
    course, rivals, ours = (
        scoreboard.COURSE_BPP,
        scoreboard.RIVALS_BPP,
        scoreboard.CAPSTONE_BPP[16],
    )
    jpeg_2000, version_2 = rivals["JPEG 2000"], rivals["version 2"]
    claims(
        {
            "a fifth less than lesson 7, a tenth less than lesson 11": (
                0.78 < ours / course[7] < 0.82 and 0.88 < ours / course[11] < 0.92
            ),
            "JPEG 2000 still beat lesson 7": jpeg_2000 < course[7],
            "half of the way": 0.4 < (jpeg_2000 - ours) / (jpeg_2000 - version_2) < 0.6,
        }
    )


def test_padding_becomes_air_and_nothing_else_changes():
    original, mended = sample("head_ct"), measured("head_ct")
    changed = original.pixels != mended.pixels
    assert np.unique(original.pixels[changed]).tolist() == [-2000]
    assert np.unique(mended.hounsfield()[changed]).tolist() == [-1000]
    assert mended.pixels.dtype == original.pixels.dtype
    abdomen = sample("abdomen_ct")
    assert np.array_equal(padding_to_air(abdomen).pixels, abdomen.pixels)


def test_a_refuted_claim_is_named():
    claims({"water is wet": True})
    with pytest.raises(AssertionError, match="fire is cold"):
        claims({"water is wet": True, "fire is cold": False})
