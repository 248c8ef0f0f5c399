import shutil
import sys
from importlib.util import find_spec

import numpy as np
import pytest

from mmpc.errors import InvalidParameterError
from mmpc.evaluation import ffmpeg_peers
from mmpc.evaluation.catalogue import PEERS, find_codec
from mmpc.evaluation.codec import timed
from mmpc.evaluation.our_codecs import our_codec_name
from mmpc.images.samples import sample
from mmpc.rate.distortion import Distortion

ALL = ["mmpc-v1", *PEERS]


def peer(name):
    if name in ("x265", "libaom"):
        if not shutil.which("ffmpeg"):
            pytest.skip("ffmpeg is not installed")
        if find_spec("resource") is None:
            pytest.skip("no CPU times of programs here")
    elif name != "mmpc-v1":
        pytest.importorskip("imagecodecs", reason="imagecodecs is not installed")
    return find_codec(name)


@pytest.mark.parametrize("name", ALL)
def test_the_sweep_spans_the_errors(name):
    """Coarsest and finest setting on a chest-like slice: the curve reaches RMSE 1 to 20."""
    codec = peer(name)
    pixels = sample("abdomen_ct").pixels[100:356, 100:356]
    assert pixels.dtype == np.int16 and pixels.min() < 0
    ends = [codec.round_trip(pixels, quality) for quality in (codec.sweep[0], codec.sweep[-1])]
    finest, coarsest = (Distortion.between(pixels, end.decoded).rmse for end in ends)
    # The finest of x265, QP 0 at 12 bits, is a step of 10; below CRF 1 libaom is lossless.
    lowest = {"x265": 3.0, "libaom": 1.4}.get(name, 1.2)
    assert 0 < finest < lowest
    assert coarsest > 14
    assert ends[0].size_bytes > 4 * ends[1].size_bytes
    for end in ends:
        assert end.decoded.dtype == np.int16 and end.clipped_pixels == 0


class Clock:
    """A clock on which each call of `work` takes the next of some times."""

    def __init__(self, *seconds):
        self._seconds, self.now, self.calls = list(seconds), 0.0, 0

    def __call__(self):
        return self.now

    def work(self):
        self.calls += 1
        self.now += self._seconds.pop(0)
        return self.calls


def test_the_least_time_counts():
    clock = Clock(0.05, 0.03, 0.04, 9)
    assert timed(clock.work, 3, clock) == (3, pytest.approx(0.03))


def test_what_takes_long_is_not_repeated():
    clock = Clock(0.2, 0.15, 9)
    assert timed(clock.work, 3, clock) == (2, pytest.approx(0.15))


def test_times_of_x265_are_without_its_process(monkeypatch):
    """Encoding takes 5 with the start of the process; decoding 1 and 0.01 for each frame."""
    monkeypatch.setattr(ffmpeg_peers.Hevc, "__init__", lambda self: None)
    frame = np.zeros((8, 8), "<u2").tobytes()

    def timed_process(command, data, repeats):
        if command == ffmpeg_peers.Hevc().decoder():
            return frame, 1 + 0.01 * len(data)
        return b"x", 5.0

    monkeypatch.setattr(ffmpeg_peers, "timed_process", timed_process)
    for start_seconds, encode_seconds in ((2.0, 3.0), (6.0, 0.0)):
        monkeypatch.setattr(
            ffmpeg_peers, "_start_seconds", lambda shape, seconds=start_seconds: seconds
        )
        coded = ffmpeg_peers.Hevc().code(np.zeros((8, 8), np.uint16), 20, 1)
        assert coded.encode_seconds == encode_seconds
        assert coded.decode_seconds == pytest.approx(0.01)


@pytest.mark.parametrize("name", ["libjpeg12", "x265"])
def test_clipping_to_12_bits_is_counted(name):
    codec = peer(name)
    pixels = np.full((64, 64), 500, np.int16)
    pixels[:8] = -2000
    pixels[20:24, 30:40] = 2500  # 40 pixels, 4500 above the lowest
    found = codec.round_trip(pixels, codec.sweep[0])
    assert found.clipped_pixels == 40
    assert found.clipped.max() == 2095 and found.clipped.min() == -2000
    assert Distortion.between(found.clipped, found.decoded).rmse < 10


def test_eight_bits(name="openjpeg"):
    codec = peer(name)
    pixels = sample("test_pattern").pixels[:200, :200]
    assert pixels.dtype == np.uint8
    found = codec.round_trip(pixels, 2)
    assert found.decoded.dtype == np.uint8
    assert Distortion.between(pixels, found.decoded).rmse < 2.5


@pytest.mark.parametrize("name", ALL)
def test_versions_are_said(name):
    assert any(character.isdigit() for character in peer(name).versions())


def test_unknown_names():
    for name in ("nothing", "mmpc-v9", "mmpc-vx"):
        with pytest.raises(InvalidParameterError, match=name):
            find_codec(name)
    assert [our_codec_name(1), our_codec_name(2), our_codec_name(2, "fast")] == [
        "mmpc-v1",
        "mmpc-v2-default",
        "mmpc-v2-fast",
    ]


def test_without_imagecodecs(monkeypatch):
    monkeypatch.setitem(sys.modules, "imagecodecs", None)
    with pytest.raises(InvalidParameterError, match=r"mmpc\[benchmarks\]"):
        find_codec("charls")


def test_x265_without_times_of_programs(monkeypatch):
    monkeypatch.setitem(sys.modules, "resource", None)
    with pytest.raises(InvalidParameterError, match="x265: this system does not tell CPU times"):
        find_codec("x265")
