"""The experiment over tasks: its parts with known answers, and a small run of the whole."""

from typing import ClassVar

import numpy as np
import pytest

from mmpc import evaluate
from mmpc.batch.scheduler import Workers
from mmpc.batch.tables import read_table
from mmpc.evaluation import tasks_codecs, tasks_detection, tasks_guidelines, tasks_measurements
from mmpc.evaluation import tasks_edges as edges
from mmpc.evaluation import tasks_plots as plots
from mmpc.evaluation import tasks_rates as rates
from mmpc.evaluation import tasks_report as report
from mmpc.evaluation import tasks_sheets as sheets
from mmpc.evaluation.catalogue import available_peers, find_codec
from mmpc.evaluation.tasks_codecs import Found, find_task_codec
from mmpc.evaluation.tasks_journal import FOLDER, Journal
from mmpc.evaluation.tasks_sheets import LESIONS, NOISE_HU, PLACE, PLACES, cut, draw_sheet
from mmpc.images.samples import find_packaged_file
from mmpc.streams.sample_volume import sample_volume
from mmpc.tasks import detectability
from tests.test_tools import run


@pytest.fixture
def few_resamples(monkeypatch):
    for module in (detectability, rates):
        monkeypatch.setattr(module, "N_RESAMPLES", 100)


@pytest.fixture
def background(monkeypatch) -> sheets.Background:
    monkeypatch.setattr(sheets, "N_SHEETS", 4)
    return sheets.spectrum_background()


def test_a_sheet_has_each_lesion_as_often_as_none(background):
    patches = cut(background)
    each = 4 * PLACES**2 // 4
    assert patches.absent.shape == (each, PLACE, PLACE)
    assert [len(present) for present in patches.present] == [each] * 3
    assert np.bincount(patches.absent_sheet).tolist() == [each // 4] * 4
    assert patches.absent.std() == pytest.approx(NOISE_HU, rel=0.02)
    middle = slice(PLACE // 2 - 1, PLACE // 2 + 1)
    for lesion, present in zip(LESIONS, patches.present, strict=True):
        seen = present[:, middle, middle].mean() - patches.absent[:, middle, middle].mean()
        # The noise of so few pixels, averaged over so many patches.
        assert seen == pytest.approx(lesion.contrast_hu, abs=4 * 2**0.5 * NOISE_HU / each**0.5)


def test_an_observer_of_blurred_patches_sees_less(background, few_resamples):
    from scipy.ndimage import gaussian_filter

    images = [sheet.image for sheet in background.sheets]
    noisier = np.random.default_rng(0).normal(0, 15, (4, *images[0].shape))
    worse = [gaussian_filter(one + add, 1) for one, add in zip(images, noisier, strict=True)]
    before, after = (
        tasks_detection.judge(cut(background, one), background.diameters) for one in (images, worse)
    )
    rows = [tasks_detection.detection_row(*pair) for pair in zip(before, after, strict=True)]
    same = tasks_detection.detection_row(before[0], before[0])
    assert all(row["kept_to"] < 1 for row in rows)
    assert (same["kept"], same["kept_from"], same["kept_to"]) == (1, 1, 1)
    assert all(row["d_prime_from"] < row["d_prime"] < row["d_prime_to"] for row in rows)


def test_no_observer_has_seen_what_it_judges():
    """In pure noise d' is 0; an observer that has seen the patches would find some."""
    noise = np.random.default_rng(1).normal(0, 1, (2, 60, 12, 12))
    numbers = np.arange(60) % 4
    found = tasks_detection.judge(sheets.Patches(noise[0], (noise[1],), numbers, (numbers,)), [6])
    for present, absent in found[0].values():
        assert abs(detectability.d_prime(present, absent)) < 4 * (2 / 60) ** 0.5


def test_lesions_in_tissue_are_where_it_is_uniform():
    pixels = sample_volume()[6]
    background = sheets.tissue_background([pixels])
    (sheet,) = background.sheets
    assert len(sheet.kinds) >= 8 and set(sheet.kinds) == {0, 1}
    side, taken = background.place, np.zeros(pixels.shape, int)
    for (row, column), kind in zip(sheet.corners, sheet.kinds, strict=True):
        place = slice(row, row + side), slice(column, column + side)
        taken[place] += 1
        assert pixels[place].std() < 1.4 * sheet.noise
        added = sheet.image[place].astype(float) - pixels[place]
        assert added.min() == pytest.approx(-8 * kind * sheet.noise / NOISE_HU, abs=1)
    assert taken.max() == 1
    assert np.array_equal(sheet.image[taken == 0], pixels[taken == 0])


def test_edges_of_discs_are_as_sharp_as_they_were_drawn():
    found = edges.edge_arrays(edges.draw_edges())
    point = dict.fromkeys(edges.COLUMNS[:5], 0)
    rows = edges.edge_rows(point, found["halves"])
    blur_mm = np.hypot(0.6, 0.5 / 12**0.5)  # a pixel is a mean over its area
    assert [row["contrast_hu"] for row in rows] == list(edges.CONTRASTS_HU)
    assert rows[-1]["blur_mm"] == pytest.approx(blur_mm, rel=0.03)
    known = np.sqrt(np.log(2) / 2) / np.pi / blur_mm
    assert all(0.97 * row["half_from"] < known < 1.03 * row["half_to"] for row in rows)


def test_where_a_curve_stays_above_95_percent():
    assert rates.crossing(np.array([0.5, 0.9, 1.0, 0.99])) == pytest.approx(1.5)
    assert rates.crossing(np.array([0.5, 0.9])) == np.inf  # never reached
    assert rates.crossing(np.array([1.0, 0.99])) == -np.inf  # always


def test_rates_and_shares_of_known_curves():
    """Every resampled curve is the same here, so the intervals have no width."""
    rate, share = np.array([0.8, 0.2, 0.1]), np.array([0.1, 0.3, 0.5])
    curves = np.tile(np.array([[1.0, 0.9, 0.5], [1.0, 0.9, 0.5]]), (5, 1, 1))
    first, _, mean = rates.rate_rows({"codec": "x"}, ["a", "b"], rate, share, curves)
    assert (first["lesion"], mean["lesion"], mean["codec"]) == ("a", "mean", "x")
    # Half way from 0.9 to 1.0, on a logarithmic scale of rates.
    assert [mean[f"rate_{end}"] for end in ("bpp", "from", "to")] == pytest.approx([0.4] * 3)
    assert mean["noise_share"] == pytest.approx(0.2) == mean["noise_share_to"]
    kept = rates.share_row({}, share, curves)
    assert (kept["kept_0.4"], kept["from_0.4"]) == pytest.approx((0.7, 0.7))
    columns = {"a": "rate_a", "b": "rate_b", "mean": "rate"}
    rows = [row | {"label": "X"} for row in (first, mean)]
    (readable,) = rates.readable_rows(rows, columns)
    assert readable["rate_a"] == readable["rate"] == "0.40 (0.40 to 0.40)"
    assert readable["noise_share"] == "0.20 (0.20 to 0.20)"
    (outside, _) = rates.rate_rows({}, ["a"], rate, share, curves[:, :1] - 0.2)
    assert "rate_bpp" not in outside


def test_intervals_of_rates_are_of_patches():
    """After is before with more noise: the shares that are kept are known, and vary."""
    generator = np.random.default_rng(3)
    before = generator.normal(2.5, 1, 300), generator.normal(0, 1, 300)
    after = [
        [tuple(one + generator.normal(0, sd, 300) for one in before)] for sd in (0.2, 0.5, 1.0)
    ]
    curves = rates.kept_curves([before], after)
    known = 1 / np.sqrt(1 + np.array([0.2, 0.5, 1.0]) ** 2)
    assert curves[0, 0] == pytest.approx(known, abs=0.08)
    low, high = np.percentile(curves[1:, 0], (2.5, 97.5), axis=0)
    assert np.all((low < known) & (known < high))
    assert np.all(high - low < 0.3)


class Counting:
    """An item that says when it is carried out, and breaks off when told to."""

    done: ClassVar[list[int]] = []
    breaks_at = None

    def __init__(self, number: int):
        self.number = number

    def carry_out(self) -> Found:
        if self.number == Counting.breaks_at:
            raise KeyboardInterrupt
        Counting.done.append(self.number)
        return Found([{"number": self.number, "third": self.number / 3}], {"x": np.ones(2)})


def test_a_run_that_was_broken_off_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(Counting, "done", [])
    items = [Counting(number) for number in range(5)]
    monkeypatch.setattr(Counting, "breaks_at", 3)
    with pytest.raises(KeyboardInterrupt):
        report._carry_out(items, Journal(tmp_path), Workers())
    monkeypatch.setattr(Counting, "breaks_at", None)
    found = report._carry_out(items, Journal(tmp_path), Workers())
    assert Counting.done == [0, 1, 2, 3, 4]
    assert [one.rows for one in found] == [items[n].carry_out().rows for n in range(5)]
    damaged = Journal(tmp_path).path_of(items[1])
    damaged.write_bytes(damaged.read_bytes()[:50])
    monkeypatch.setattr(Counting, "done", [])
    report._carry_out(items, Journal(tmp_path), Workers())
    assert Counting.done == [1]
    report._carry_out(items, Journal(tmp_path, fresh=True), Workers())
    assert Counting.done == [1, 0, 1, 2, 3, 4]


def chest_slice() -> tasks_measurements.Slice:
    return tasks_measurements.Slice("chest", sample_volume()[12], 1.0, -1000, 0.78125)


def test_measurements_of_an_unchanged_slice_do_not_change():
    one = chest_slice()
    before = tasks_measurements.Measured.of(one)
    rows = tasks_measurements.measurement_rows(before, "none", 1, one.pixels.size, one.pixels)
    assert len(rows) == 14
    assert all(row["before"] == row["after"] for row in rows)
    found = {row["measure"]: row["after"] for row in rows}
    assert found["Dice of lung"] == 1 and found["95 % Hausdorff of bone (mm)"] == 0
    assert -960 < found["15th percentile of the lung (HU)"] < -850
    assert rows[0]["rate_bpp"] == 8 and rows[0]["rmse_hu"] == 0


def test_a_shift_is_a_bias():
    one = chest_slice()
    before = tasks_measurements.Measured.of(one)
    rows = tasks_measurements.measurement_rows(before, "shift", 1, 9, one.pixels + 3)
    rows += [row | {"image": "another"} for row in rows]
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
    sheet = draw_sheet(1).image[:64, :96]
    one, other = (find("x265").round_trip(sheet, 8) for find in (find_codec, find_task_codec))
    assert one.size_bytes == other.size_bytes
    assert np.array_equal(one.decoded, other.decoded)


def test_guidelines_ask_each_ratio_once():
    asked = [(one.name, one.ratio) for one in tasks_guidelines.questions()]
    assert len(asked) == len(set(asked)) > 2
    assert ("chest", 15) in asked


def test_a_small_run(tmp_path, capsys, monkeypatch, few_resamples):
    pytest.importorskip("imagecodecs")
    settings = {"mmpc-v1": (16, 60), "openjpeg": (3, 9)}
    monkeypatch.setattr(tasks_codecs, "SHEET_SETTINGS", settings)
    monkeypatch.setattr(report, "SHEET_SETTINGS", settings)
    monkeypatch.setattr(tasks_measurements, "SLICE_SETTINGS", settings)
    monkeypatch.setattr(sheets, "N_SHEETS", 2)
    monkeypatch.setattr(sheets, "N_SCANS", 2)
    monkeypatch.setattr(tasks_guidelines, "questions", lambda: [])
    monkeypatch.setattr(report, "_EVERY_CHEST_SLICE", 12)
    monkeypatch.setattr(plots, "_DPI", 30)
    monkeypatch.setattr(edges, "_RESAMPLES", 5)
    scan = find_packaged_file("CT_small.dcm")
    code, out, err = run(evaluate, capsys, scan, "--tasks", "--jobs", 1, "--out", tmp_path)
    assert (code, err) == (0, "")
    assert f"{3 * (1 + 4) + 2 * 3} items" in out
    rows = list(read_table(tmp_path / "tasks.csv"))
    assert len(rows) == (3 + 3 + 1) * (1 + 4)
    assert {row["codec"] for row in rows} == {"original", *settings}
    assert {row["quality"] for row in rows if row["codec"] == "original"} == {"0"}
    shares = {
        (row["background"], row["codec"], row["quality"]): float(row["noise_share"]) for row in rows
    }
    for background in ("known spectrum", "filtered back-projection", "tissue"):
        assert shares[background, "openjpeg", "3"] == pytest.approx(0.28, abs=0.06)
    assert len(list(read_table(tmp_path / "tasks_shares.csv"))) == 3 * 2
    assert len(list(read_table(tmp_path / "tasks_rates.csv"))) == 2 * (4 + 4 + 2)
    assert len(list(read_table(tmp_path / "tasks_summary.csv"))) == 2
    assert len(list(read_table(tmp_path / "tasks_edges.csv"))) == 3 * (1 + 4)
    drawn = {path.name for path in tmp_path.glob("*.png")}
    names = ("detectability", "noise", "edges", "lesions", "agreement")
    assert drawn == {f"tasks_{name}.png" for name in names}
    assert (tmp_path / "tasks.json").exists() and not (tmp_path / FOLDER).exists()
