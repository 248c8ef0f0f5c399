"""The experiment ``mmpc evaluate --tasks``: everything coded once, then measured and drawn."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from mmpc.batch.inputs import read_frames
from mmpc.batch.provenance import provenance, write_json
from mmpc.batch.scheduler import Workers
from mmpc.batch.tables import write_table
from mmpc.cli import progress
from mmpc.errors import NoNoiseError
from mmpc.evaluation import tasks_detection as detection
from mmpc.evaluation import tasks_edges as edges
from mmpc.evaluation import tasks_guidelines as guidelines
from mmpc.evaluation import tasks_measurements as measurements
from mmpc.evaluation import tasks_plots as plots
from mmpc.evaluation import tasks_sheets as sheets
from mmpc.evaluation.tasks_codecs import (
    SHEET_SETTINGS,
    Found,
    Item,
    available_codecs,
    carry_out,
    find_task_codec,
    lost,
)
from mmpc.evaluation.tasks_curves import report_detection
from mmpc.evaluation.tasks_journal import Journal
from mmpc.rate.noise import Noise
from mmpc.streams.sample_volume import RESCALE_INTERCEPT_HU, sample_volume

JPEG_2000 = "openjpeg"
# In the noise of a scan and in tissue, where it is asked whether the same holds.
FEWER_CODECS = ("mmpc-v1", "mmpc-v2-fast", JPEG_2000)
FEWER_SETTINGS = 4
_CHEST_SPACING_MM = 0.78125
_EVERY_CHEST_SLICE = 4
_DRAWN = (
    "mean of soft tissue (HU)",
    "SD of soft tissue (HU)",
    "lung below -950 HU (%)",
    "15th percentile of the lung (HU)",
    "calcium score",
    "muscle (cm2)",
)


def report_tasks(
    files: dict[str, Path],
    out: Path,
    workers: Workers,
    command: list[str],
    fresh: bool = False,
) -> None:
    """Measure tasks before and after all codecs that are here: tables and pictures.

    What is measured is kept in a folder of `out` until all is done, so that a run that was broken
    off goes on.

    Parameters
    ----------
    files : dict of Path
        CT slices by name; the packaged chest slices join them.
    out : Path
        Folder for ``tasks*.csv``, ``tasks*.png`` and ``tasks.json``.
    workers : Workers
        Who codes.
    command : list of str
        The arguments of the tool, for the record.
    fresh : bool
        Forget what is there of a run that was broken off.
    """
    codecs, missing = available_codecs()
    for reason in missing:
        print(f"left out: {reason}")
    slices = [*_slices(files), *_chest_slices()]
    points = list(_points(codecs, slices))
    items: list[Item] = [
        *points,
        *(
            measurements.SliceCoding(codec, tuple(measurements.SLICE_SETTINGS[codec]), one)
            for codec in codecs
            for one in slices
        ),
        *(guidelines.questions() if JPEG_2000 in codecs else []),
    ]
    record = {
        **provenance(["python", "-m", "mmpc.evaluate", *command]),
        "codecs": {name: find_task_codec(name).versions() for name in codecs},
    }
    results = _carry_out(items, Journal(out, fresh), workers)
    found: dict[type, list[Found]] = {}
    for item, result in zip(items, results, strict=True):
        found.setdefault(type(item), []).append(result)
    report_detection(out, points, found[detection.Point])
    _report_measurements(out, _rows(found[measurements.SliceCoding]))
    answers = _rows(found.get(guidelines.Question, []))
    write_table(out / "tasks_guidelines.csv", answers, guidelines.COLUMNS)
    write_json(out / "tasks.json", record)
    Journal(out).remove()
    print(f"{len(items)} items; tables and pictures in {out}/tasks*")


def _points(codecs: list[str], slices: list[measurements.Slice]) -> Iterator[detection.Point]:
    """Yield what is judged: each codec at each of its settings, the slowest first."""
    known, discs = sheets.spectrum_background(), edges.draw_edges()
    yield detection.Point(known, detection.ORIGINAL, 0, discs)
    for codec in reversed(codecs):
        for quality in SHEET_SETTINGS[codec]:
            yield detection.Point(known, codec, quality, discs)
    tissue = sheets.tissue_background(one.pixels for one in slices if _has_noise(one.pixels))
    for background in (sheets.scan_background(), tissue):
        yield detection.Point(background, detection.ORIGINAL, 0)
        for codec in (name for name in FEWER_CODECS if name in codecs):
            for quality in SHEET_SETTINGS[codec][:FEWER_SETTINGS]:
                yield detection.Point(background, codec, quality)


def _has_noise(pixels: np.ndarray) -> bool:
    try:
        Noise.of(pixels)
    except NoNoiseError:
        return False
    return True


def _carry_out(items: list[Item], journal: Journal, workers: Workers) -> list[Found]:
    """Do what is not in the journal, and return the results of all."""
    left = journal.missing(items)
    if len(left) < len(items):
        print(f"{len(items) - len(left)} of {len(items)} items are there already")
    outcomes = workers.run(carry_out, ((number, items[number]) for number in left), lost)
    for number, found in progress(outcomes, "tasks", len(left)):
        journal.write(items[number], found)
    return [journal.read(item) for item in items]


def _rows(found: Iterable[Found]) -> list[dict[str, Any]]:
    return [row for one in found for row in one.rows]


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
