"""The table of volumes: points, rates against slices one by one, and the video codecs."""

import shutil

import numpy as np
import pytest

from mmpc.batch.tables import read_table
from mmpc.evaluation import volume_peers, volumes
from mmpc.evaluation.volume_peers import VIDEO_CODECS
from tests.v2.test_vectors import volume


@pytest.mark.parametrize("codec", VIDEO_CODECS, ids=lambda codec: codec.name)
@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_video_codecs_give_frames_back(codec):
    frames = (volume(3, 64, 64, 1) + 2100).clip(0, 4095).astype(np.int16)
    best, worst = (
        volumes.measure_video(frames, codec, quality)
        for quality in (codec.sweep[0], codec.sweep[-1])
    )
    assert best["rmse"] < worst["rmse"]
    assert best["rate_bpp"] > worst["rate_bpp"]
    assert best["worst_slice_ratio"] >= 1


@pytest.mark.parametrize(
    ("codec", "words", "kind"),
    [
        (VIDEO_CODECS[0], ("libx265", "-preset veryslow", "qp=7:"), "hevc"),
        (VIDEO_CODECS[1], ("libaom-av1", "-cpu-used 1", "-crf 7 -b:v 0"), "obu"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_what_is_asked_of_ffmpeg(monkeypatch, codec, words, kind):
    asked = []

    def run(command, data):
        asked.append(" ".join(command))
        return data

    monkeypatch.setattr(volume_peers, "_run", run)
    frames = np.arange(2 * 3 * 5, dtype=np.uint16).reshape(2, 3, 5)
    data = codec.compress(frames, 7)
    np.testing.assert_array_equal(codec.decompress(data, frames.shape), frames)
    assert all(word in asked[0] for word in (*words, "-s 5x3", "gray12le", f"-f {kind}"))
    assert f"-f {kind} -i pipe:0" in asked[1]


@pytest.fixture
def series(tmp_path):
    folder = tmp_path / "thin"
    folder.mkdir()
    for number, one in enumerate(volume(2, 16, 24, 1) // 8):
        np.save(folder / f"{number}.npy", one)
    return folder


def names(tasks):
    return {task.codec for task in tasks}


def test_more_than_12_bits_are_left_out(series):
    video = {codec.name for codec in VIDEO_CODECS}
    assert names(volumes.tasks_of(series, 2, None, "fast", True)) == {*volumes.OUR_CODECS, *video}
    assert names(volumes.tasks_of(series, 2, None, "fast", False)) == {*volumes.OUR_CODECS}
    every = {*volumes.OUR_CODECS, *volumes.ABLATIONS}
    assert names(volumes.tasks_of(series, 2, None, "fast", False, True)) == every
    np.save(series / "0.npy", np.full((16, 24), 5000, np.int16))
    volumes.read_series.cache_clear()
    assert names(volumes.tasks_of(series, 2, None, "fast", True)) == {*volumes.OUR_CODECS}


def test_points_that_are_there_are_kept(series, tmp_path, monkeypatch, capsys):
    measured = []

    def pretended(task):
        measured.append(task.setting)
        return dict.fromkeys(volumes.POINT_COLUMNS, 1.0) | {
            **dict(zip(volumes.POINT_COLUMNS, task.key, strict=False)),
            **{"rmse": task.setting / 4, "rate_bpp": 10 / task.setting},
        }

    monkeypatch.setattr(volumes, "measure", pretended)
    command = [str(series), "--out", str(tmp_path / "out"), "--no-video", "--preset", "fast"]
    assert volumes.main(command) == 0
    points = len(volumes.OUR_CODECS) * len(volumes.STEPS)
    assert len(measured) == points
    assert volumes.main(command) == 0
    assert len(measured) == points
    monkeypatch.setattr(volumes, "codec_fingerprint", lambda: "another code")
    assert volumes.main(command) == 0
    assert len(measured) == 2 * points
    assert len(list(read_table(tmp_path / "out" / "volume_points.csv"))) == points
    assert capsys.readouterr().out.count("0.00 %") == 3 * len(volumes.OUR_CODECS)


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
        one["encode_seconds"] = one["decode_seconds"] = ""
    first, second, third = volumes.volume_table(points)
    assert first["bd_rate_percent"] == pytest.approx(0)
    assert second["bd_rate_percent"] == pytest.approx(-25)
    assert second["encode_time_ratio"] == pytest.approx(0.75)
    assert "encode_time_ratio" not in third


def test_point_pools_the_error():
    original = np.zeros((2, 4, 4), np.int16)
    decoded = original.copy()
    decoded[1] = 2
    found = volumes.point(8, original, decoded)
    assert found["rmse"] == pytest.approx(np.sqrt(2))
    assert found["worst_slice_ratio"] == pytest.approx(np.sqrt(2))
    assert found["rate_bpp"] == 2
