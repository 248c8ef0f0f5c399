"""The experiment over tasks: its parts with known answers, and a small run of the whole."""

import numpy as np
import pytest

from mmpc import evaluate
from mmpc.batch.tables import read_table
from mmpc.evaluation import tasks_codecs, tasks_detection, tasks_guidelines, tasks_measurements
from mmpc.evaluation import tasks_report as report
from mmpc.evaluation.catalogue import available_peers, find_codec
from mmpc.evaluation.tasks_codecs import find_task_codec
from mmpc.evaluation.tasks_sheets import LESIONS, NOISE_HU, PLACE, PLACES, cut, draw_sheet
from mmpc.images.samples import find_packaged_file
from mmpc.streams.sample_volume import sample_volume
from tests.test_tools import run


def test_a_sheet_has_each_lesion_as_often_as_none():
    sheets = [draw_sheet(seed) for seed in range(3)]
    patches = cut(sheets)
    each = 3 * PLACES**2 // 4
    assert patches.absent.shape == (each, PLACE, PLACE)
    assert [len(present) for present in patches.present] == [each] * 3
    assert patches.absent.std() == pytest.approx(NOISE_HU, rel=0.02)
    middle = slice(PLACE // 2 - 1, PLACE // 2 + 1)
    for lesion, present in zip(LESIONS, patches.present, strict=True):
        seen = present[:, middle, middle].mean() - patches.absent[:, middle, middle].mean()
        # The noise of so few pixels, averaged over so many patches.
        assert seen == pytest.approx(lesion.contrast_hu, abs=4 * 2**0.5 * NOISE_HU / each**0.5)


def test_an_observer_of_blurred_patches_sees_less():
    from scipy.ndimage import gaussian_filter

    sheets = [draw_sheet(seed) for seed in range(6)]
    before = tasks_detection.judge(cut(sheets))
    noisier = np.random.default_rng(0).normal(0, 15, (6, *sheets[0].shape))
    worse = [gaussian_filter(sheet + add, 1) for sheet, add in zip(sheets, noisier, strict=True)]
    after = tasks_detection.judge(cut(worse))
    rows = tasks_detection.detection_rows("blur", 1, 1.0, 3.0, before, after)
    same = tasks_detection.detection_rows("same", 1, 1.0, 0.0, before, before)
    assert all(row["kept_to"] < 1 for row in rows)
    assert all((row["kept"], row["kept_from"], row["kept_to"]) == (1, 1, 1) for row in same)
    assert all(row["d_prime_from"] < row["d_prime"] < row["d_prime_to"] for row in rows)
    assert rows[0]["noise_share"] == 0.25


def test_the_rate_at_which_95_percent_are_kept():
    curve = np.array([[0.1, 0.5, 0], [0.2, 0.9, 0], [0.8, 1.0, 0], [1.0, 0.99, 0]])
    # Half way from 0.9 to 1.0, on a logarithmic scale of rates.
    assert tasks_detection.rate_keeping(curve) == pytest.approx(0.4)
    assert tasks_detection.rate_keeping(curve[:2]) is None  # never reached
    assert tasks_detection.rate_keeping(curve[2:]) is None  # always


def chest_slice() -> tasks_measurements.Slice:
    return tasks_measurements.Slice("chest", sample_volume()[12], 1.0, -1000, 0.78125)


def test_measurements_of_an_unchanged_slice_do_not_change():
    one = chest_slice()
    rows = tasks_measurements.measurement_rows(one, "none", 1, one.pixels.size, one.pixels)
    assert len(rows) == 14
    assert all(row["before"] == row["after"] for row in rows)
    found = {row["measure"]: row["after"] for row in rows}
    assert found["Dice of lung"] == 1 and found["95 % Hausdorff of bone (mm)"] == 0
    assert -960 < found["15th percentile of the lung (HU)"] < -850
    assert rows[0]["rate_bpp"] == 8 and rows[0]["rmse_hu"] == 0


def test_a_shift_is_a_bias():
    one = chest_slice()
    rows = []
    for name in ("a", "b"):
        moved = one._replace(name=name)
        rows += tasks_measurements.measurement_rows(moved, "shift", 1, 9, one.pixels + 3)
    table = {row["measure"]: row for row in tasks_measurements.agreement_rows(rows)}
    density = table["15th percentile of the lung (HU)"]
    assert (density["bias"], density["limit_from"], density["n"]) == (3, 3, 2)
    assert density["repeatability"].startswith("9.7 to 14.7 %")
    assert table["SD of soft tissue (HU)"]["bias"] == pytest.approx(0, abs=1e-9)


def test_jpeg_2000_at_a_ratio():
    pytest.importorskip("imagecodecs")
    pixels = sample_volume()[3]
    size_bytes, decoded = tasks_guidelines.at_ratio(pixels, 8)
    assert 8 <= 2 * pixels.size / size_bytes < 8.3
    assert 0 < np.abs(decoded.astype(int) - pixels).mean() < 20


def test_without_timing_the_bytes_are_the_same():
    working, _ = available_peers()
    if "x265" not in working:
        pytest.skip("no ffmpeg with x265 here")
    sheet = draw_sheet(1)[:64, :96]
    one, other = (find("x265").round_trip(sheet, 8) for find in (find_codec, find_task_codec))
    assert one.size_bytes == other.size_bytes
    assert np.array_equal(one.decoded, other.decoded)


def test_guidelines_ask_each_ratio_once():
    asked = [(one.name, one.ratio) for one in tasks_guidelines.questions()]
    assert len(asked) == len(set(asked)) > 2
    assert ("chest", 15) in asked


def test_a_small_run(tmp_path, capsys, monkeypatch):
    pytest.importorskip("imagecodecs")
    settings = {"mmpc-v1": (16, 60), "openjpeg": (3, 9)}
    monkeypatch.setattr(tasks_codecs, "SHEET_SETTINGS", settings)
    monkeypatch.setattr(report, "SHEET_SETTINGS", settings)
    monkeypatch.setattr(tasks_measurements, "SLICE_SETTINGS", settings)
    monkeypatch.setattr(report, "N_SHEETS", 4)
    monkeypatch.setattr(tasks_guidelines, "questions", lambda: [])
    monkeypatch.setattr(report, "_EVERY_CHEST_SLICE", 12)
    scan = find_packaged_file("CT_small.dcm")
    code, out, err = run(evaluate, capsys, scan, "--tasks", "--jobs", 1, "--out", tmp_path)
    assert (code, err) == (0, "")
    assert f"{2 * 2 * (4 + 3)} codings" in out
    rows = list(read_table(tmp_path / "tasks.csv"))
    assert len(rows) == 3 * (1 + 4)
    assert {row["codec"] for row in rows} == {"original", *settings}
    shares = {(row["codec"], row["quality"]): float(row["noise_share"]) for row in rows}
    assert shares["openjpeg", "3"] == pytest.approx(0.25, abs=0.03)
    drawn = {path.name for path in tmp_path.glob("*.png")}
    assert drawn == {f"tasks_{n}.png" for n in ("detectability", "noise", "lesions", "agreement")}
