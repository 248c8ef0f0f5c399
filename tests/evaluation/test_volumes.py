"""The table of volumes: points, rates against slices one by one, and the video codecs."""

import shutil

import numpy as np
import pytest

from mmpc.evaluation import volumes
from mmpc.evaluation.volume_peers import VIDEO_CODECS
from tests.v2.test_vectors import volume


@pytest.mark.parametrize("codec", VIDEO_CODECS, ids=lambda codec: codec.name)
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_video_codecs_give_frames_back(codec):
    frames = (volume(3, 64, 64, 1) + 2100).clip(0, 4095).astype(np.int16)
    best, worst = (
        next(points)
        for points in (
            volumes.measure_video(frames, type(codec)(codec.name, (quality,)))
            for quality in (codec.sweep[0], codec.sweep[-1])
        )
    )
    assert best["rmse"] < worst["rmse"]
    assert best["rate_bpp"] > worst["rate_bpp"]
    assert best["worst_slice_ratio"] >= 1


def test_more_than_12_bits_are_left_out():
    assert list(volumes.measure_video(np.full((2, 8, 8), 5000, np.int16), VIDEO_CODECS[0])) == []


def test_table_compares_with_slices_one_by_one():
    points = [
        {
            "series": "a",
            "codec": codec,
            "setting": step,
            "rate_bpp": factor * 10 / step,
            "rmse": step / 4,
            "encode_seconds": factor * 2.0,
            "decode_seconds": 1.0,
        }
        for codec, factor in ((volumes.ANCHOR, 1.0), ("volume", 0.75))
        for step in volumes.STEPS
    ]
    points += [{**one, "codec": "x265 inter"} for one in points[:5]]
    for one in points[-5:]:
        del one["encode_seconds"], one["decode_seconds"]
    first, second, third = volumes.volume_table(points)
    assert first["bd_rate_percent"] == pytest.approx(0)
    assert second["bd_rate_percent"] == pytest.approx(-25)
    assert second["encode_time_ratio"] == pytest.approx(0.75)
    assert "encode_time_ratio" not in third


def test_point_pools_the_error():
    original = np.zeros((2, 4, 4), np.int16)
    decoded = original.copy()
    decoded[1] = 2
    found = volumes.point("a", 3, 8, original, decoded)
    assert found["rmse"] == pytest.approx(np.sqrt(2))
    assert found["worst_slice_ratio"] == pytest.approx(np.sqrt(2))
    assert found["rate_bpp"] == 2
