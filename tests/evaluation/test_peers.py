import shutil

import numpy as np
import pytest

from mmpc.errors import InvalidParameterError
from mmpc.evaluation.codecs import find_codec, our_codec_name
from mmpc.evaluation.peers import PEERS
from mmpc.images.samples import sample
from mmpc.rate.distortion import Distortion

ALL = ["mmpc-v1", *PEERS]


def peer(name):
    if name == "x265":
        if not shutil.which("ffmpeg"):
            pytest.skip("ffmpeg is not installed")
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
    lowest = 3.0 if name == "x265" else 1.2  # QP 0 at 12 bits is a step of 10
    assert 0 < finest < lowest
    assert coarsest > 14
    assert ends[0].size_bytes > 4 * ends[1].size_bytes
    for end in ends:
        assert end.decoded.dtype == np.int16 and end.clipped_pixels == 0
        assert end.encode_seconds > 0


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
    monkeypatch.setitem(__import__("sys").modules, "imagecodecs", None)
    with pytest.raises(InvalidParameterError, match=r"mmpc\[benchmarks\]"):
        find_codec("charls")
