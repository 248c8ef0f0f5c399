"""The experiment ``mmpc evaluate --tasks``: everything coded once, then measured and drawn."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from mmpc.batch.inputs import read_frames
from mmpc.batch.scheduler import Workers
from mmpc.batch.tables import write_table
from mmpc.cli import progress
from mmpc.evaluation import tasks_detection as detection
from mmpc.evaluation import tasks_guidelines as guidelines
from mmpc.evaluation import tasks_measurements as measurements
from mmpc.evaluation import tasks_plots as plots
from mmpc.evaluation.codec import RoundTrip
from mmpc.evaluation.tasks_codecs import (
    SHEET_SETTINGS,
    Item,
    SheetCoding,
    available_codecs,
    carry_out,
    lost,
)
from mmpc.evaluation.tasks_sheets import N_SHEETS, Patches, cut, draw_sheet
from mmpc.streams.sample_volume import RESCALE_INTERCEPT_HU, sample_volume

JPEG_2000 = "openjpeg"
_CHEST_SPACING_MM = 0.78125
_EVERY_CHEST_SLICE = 4
_PICTURED_SHARES = (0.25, 0.5, 0.75)
_DRAWN = (
    "mean of soft tissue (HU)",
    "SD of soft tissue (HU)",
    "lung below -950 HU (%)",
    "15th percentile of the lung (HU)",
    "calcium score",
    "muscle (cm2)",
)


def report_tasks(files: dict[str, Path], out: Path, workers: Workers) -> None:
    """Measure tasks before and after all codecs that are here: tables and pictures.

    Parameters
    ----------
    files : dict of Path
        CT slices by name; the packaged chest slices join them.
    out : Path
        Folder for ``tasks*.csv`` and ``tasks*.png``.
    workers : Workers
        Who codes.
    """
    codecs, missing = available_codecs()
    for reason in missing:
        print(f"left out: {reason}")
    sheets = [draw_sheet(seed) for seed in range(N_SHEETS)]
    slices = [*_slices(files), *_chest_slices()]
    items: list[Item] = [
        *(
            SheetCoding(codec, quality, seed, sheet)
            for codec in codecs
            for quality in SHEET_SETTINGS[codec]
            for seed, sheet in enumerate(sheets)
        ),
        *(
            measurements.SliceCoding(codec, quality, one)
            for codec in codecs
            for quality in measurements.SLICE_SETTINGS[codec]
            for one in slices
        ),
        *(guidelines.questions() if JPEG_2000 in codecs else []),
    ]
    coding = workers.run(carry_out, enumerate(items), lost)
    done = dict(progress(coding, "coding", len(items)))
    results = {kind: [] for kind in (SheetCoding, measurements.SliceCoding, guidelines.Question)}
    for number, item in enumerate(items):  # in this order, not in that of the workers
        results[type(item)].append((item, done[number]))
    _report_detection(out, sheets, results[SheetCoding])
    rows = [row for _, found in results[measurements.SliceCoding] for row in found]
    _report_measurements(out, rows)
    answers = [row for _, row in results[guidelines.Question]]
    write_table(out / "tasks_guidelines.csv", answers, guidelines.COLUMNS)
    print(f"{len(items)} codings; tables and pictures in {out}/tasks*")


def _report_detection(
    out: Path, sheets: list[np.ndarray], codings: list[tuple[SheetCoding, RoundTrip]]
) -> None:
    coded: dict[tuple[str, float], list[RoundTrip]] = {}
    for coding, trip in codings:
        coded.setdefault((coding.codec, coding.quality), []).append(trip)
    original = cut(sheets)
    before = detection.judge(original)
    n_pixels = sum(sheet.size for sheet in sheets)
    rows = detection.detection_rows(detection.ORIGINAL, 0, 0, 0, before, before)
    patches: dict[tuple[str, float], Patches] = {}
    points: dict[tuple[str, float], tuple[float, float]] = {}
    for key, trips in progress(coded.items(), "observers"):
        images = [trip.decoded for trip in trips]
        patches[key] = cut(images)
        errors = np.subtract(images, sheets, dtype=np.float64)
        rmse_hu = float(np.sqrt((errors**2).mean()))
        rate_bpp = 8 * sum(trip.size_bytes for trip in trips) / n_pixels
        points[key] = rate_bpp, rmse_hu / detection.NOISE_HU
        after = detection.judge(patches[key])
        rows += detection.detection_rows(*key, rate_bpp, rmse_hu, before, after)
    write_table(out / "tasks.csv", rows, detection.COLUMNS)
    summary = detection.summary_rows(rows)
    write_table(out / "tasks_summary.csv", summary, detection.SUMMARY_COLUMNS)
    plots.plot_detectability(out / "tasks_detectability.png", rows)
    codecs = list(dict.fromkeys(codec for codec, _ in coded))

    def nearest(codec: str, share: float) -> tuple[str, float]:
        own = [key for key in points if key[0] == codec]
        return min(own, key=lambda key: abs(points[key][1] - share))

    shares = {
        share: {codec: detection.noise_spectrum(patches[nearest(codec, share)]) for codec in codecs}
        for share in _PICTURED_SHARES
    }
    plots.plot_noise(out / "tasks_noise.png", detection.noise_spectrum(original), shares)
    cells = {
        codec: [(points[key][0], patches[key]) for key in points if key[0] == codec]
        for codec in codecs
    }
    plots.plot_lesions(out / "tasks_lesions.png", original, cells)
    for row in summary:
        print("  ".join(f"{name} {_short(value)}" for name, value in row.items()))


def _report_measurements(out: Path, rows: list[dict[str, Any]]) -> None:
    write_table(out / "tasks_measurements.csv", rows, measurements.COLUMNS)
    agreement = measurements.agreement_rows(rows)
    write_table(out / "tasks_agreement.csv", agreement, measurements.AGREEMENT_COLUMNS)
    drawn = [name for name in _DRAWN if any(row["measure"] == name for row in rows)]
    plots.plot_agreement(out / "tasks_agreement.png", rows, drawn)
    print(f"{len(rows)} measurements in {out / 'tasks_measurements.csv'}")


def _slices(files: dict[str, Path]) -> Iterable[measurements.Slice]:
    """Yield the CT slices whose pixels have a size in mm."""
    for name, path in files.items():
        for frame, image in read_frames(path):
            if image.modality == "CT" and image.pixel_spacing_mm:
                yield measurements.Slice(
                    f"{name}#{frame}" if frame else name,
                    image.pixels,
                    image.rescale_slope,
                    image.rescale_intercept,
                    float(np.sqrt(np.prod(image.pixel_spacing_mm))),
                )


def _chest_slices() -> Iterable[measurements.Slice]:
    """Yield slices of the packaged chest, which have lungs."""
    volume = sample_volume()
    for index in range(0, volume.shape[0], _EVERY_CHEST_SLICE):
        yield measurements.Slice(
            f"chest slice {index}", volume[index], 1.0, RESCALE_INTERCEPT_HU, _CHEST_SPACING_MM
        )


def _short(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
