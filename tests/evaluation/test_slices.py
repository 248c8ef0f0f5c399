"""One slice measured: what stands in a row, and what comes of failures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmpc.errors import InvalidParameterError, MmpcError
from mmpc.evaluation import slices
from mmpc.evaluation.codec import Codec, RoundTrip
from mmpc.evaluation.slices import (
    COLUMNS,
    KEY,
    MEASURES,
    SHORT_COLUMNS,
    Task,
    lost,
    measure_point,
    quality_text,
    run_task,
)
from mmpc.images.image import Image

PIXELS = np.arange(64 * 40, dtype=np.uint16).reshape(40, 64)
IMAGE = Image(PIXELS, 16, source_name="a")


class OffBy(Codec):
    """A codec whose error is its setting; 13 is beyond it, 14 beyond anything."""

    def __init__(self):
        self.name, self.sweep = "off", (1.0, 2.0, 3.0)

    def compress(self, pixels, quality):
        if quality == 13:
            raise InvalidParameterError("13 is no setting")
        if quality == 14:
            raise ZeroDivisionError("by 14")
        self.last = pixels + np.uint16(quality)
        return bytes(100)

    def decompress(self, data):
        return self.last


def result(**changes):
    given = {"decoded": PIXELS + np.uint16(2), "clipped": None, "clipped_pixels": 0}
    made = RoundTrip(100, given["decoded"], 0.5, 0.25)
    return replace(made, **changes)


def test_settings_in_names_and_tables():
    assert [quality_text(quality) for quality in (10.0, 0.018, 2.5)] == ["10", "0.018", "2.5"]


def test_a_short_row():
    row = measure_point(IMAGE, OffBy(), result(), {}, full=False)
    assert (row["width"], row["height"], row["dtype"], row["size_bytes"]) == (64, 40, "uint16", 100)
    assert (row["rate_bpp"], row["compression_ratio"]) == (800 / 2560, 51.2)
    assert (row["encode_seconds"], row["decode_seconds"]) == (0.5, 0.25)
    assert row["rmse"] == 2 and row["plain_v1_bytes"] is None
    assert {*KEY, *row} - {"ssim"} == set(SHORT_COLUMNS)
    assert SHORT_COLUMNS[-6:] == MEASURES[:6]


def test_a_full_row_has_regions_and_blocking():
    region = np.zeros(PIXELS.shape, bool)
    region[:10, :10] = True
    row = measure_point(IMAGE, OffBy(), result(payload_bytes=70), {"mask": region})
    assert row["mask_pixels"] == 100 and row["mask_rmse"] == 2
    assert row["plain_v1_bytes"] > 70 and "blocking_ratio" in row
    assert set(row) <= set(COLUMNS)


def test_what_was_clipped_is_measured_against_what_was_given():
    clipped = np.minimum(PIXELS, 100)
    row = measure_point(IMAGE, OffBy(), result(decoded=clipped, clipped=clipped), {}, False)
    assert row["rmse"] == 0
    assert measure_point(IMAGE, OffBy(), result(decoded=clipped), {}, False)["rmse"] > 100


@pytest.mark.parametrize("decoded", [PIXELS[:20], PIXELS.astype(np.int16)])
def test_a_codec_that_gives_something_else_back(decoded):
    with pytest.raises(MmpcError, match="off decoded"):
        measure_point(IMAGE, OffBy(), result(decoded=decoded), {})


@pytest.fixture
def of_two_frames(monkeypatch):
    monkeypatch.setattr(slices, "read_frames", lambda path: enumerate([IMAGE, IMAGE]))
    monkeypatch.setattr(slices, "warm_codec", lambda name: OffBy())


def test_rows_and_failures(of_two_frames):
    points = (("off", 1.0), ("off", 13.0), ("off", 14.0), ("off", 3.0))
    outcome = run_task(Task("a", Path("a"), points, full=False))
    assert [(row["frame"], row["quality"], row["rmse"]) for row in outcome.rows] == [
        *((0, "1", 1), (0, "3", 3), (1, "1", 1), (1, "3", 3))
    ]
    told = [(row["frame"], row["quality"], row["error"]) for row in outcome.failures]
    assert told[:2] == [(0, "13", "13 is no setting"), (0, "14", "ZeroDivisionError: by 14")]
    assert [frame for frame, *_ in told[2:]] == [1, 1]


def test_what_is_done_is_not_measured_again(of_two_frames):
    done = frozenset({("a", 0, "off", "1"), ("a", 0, "off", "2"), ("a", 1, "off", "2")})
    task = Task("a", Path("a"), (("off", 1.0), ("off", 2.0)), full=False, done=done)
    assert [(row["frame"], row["quality"]) for row in run_task(task).rows] == [(1, "1")]


def test_a_file_that_cannot_be_read(tmp_path):
    (tmp_path / "a").write_bytes(b"no image")
    (failure,) = run_task(Task("a", tmp_path / "a", (("mmpc-v1", 1.0),))).failures
    assert failure["image"] == "a" and "no supported format" in failure["error"]
    assert failure["frame"] == failure["codec"] == failure["quality"] == ""
    assert "died" in lost(Task("a", tmp_path, ())).failures[0]["error"]
