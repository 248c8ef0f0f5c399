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
from mmpc.evaluation import tasks_rates as rates
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
from mmpc.evaluation.tasks_journal import Journal
from mmpc.rate.noise import Noise
from mmpc.streams.sample_volume import RESCALE_INTERCEPT_HU, sample_volume

JPEG_2000 = "openjpeg"
# In the noise of a scan and in tissue, where it is asked whether the same holds.
FEWER_CODECS = ("mmpc-v1", "mmpc-v2-fast", JPEG_2000)
FEWER_SETTINGS = 4
_CHEST_SPACING_MM = 0.78125
_EVERY_CHEST_SLICE = 4
_PICTURED_SHARES = (0.25, 0.4, 0.6)
_EDGE_SHARE = 0.5
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
    _report_detection(out, points, found[detection.Point])
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


def _report_detection(out: Path, points: list[detection.Point], found: list[Found]) -> None:
    order = [detection.ORIGINAL, *SHEET_SETTINGS]
    pairs = sorted(zip(points, found, strict=True), key=lambda pair: order.index(pair[0].codec))
    names = list(dict.fromkeys(point.background.name for point in points))
    pairs.sort(key=lambda pair: names.index(pair[0].background.name))
    rows = _rows(one for _, one in pairs)
    write_table(out / "tasks.csv", rows, detection.COLUMNS)
    plots.plot_detectability(out / "tasks_detectability.png", rows)
    summary, kept = [], []
    for name in names:
        own = [pair for pair in pairs if pair[0].background.name == name]
        for codec in dict.fromkeys(point.codec for point, _ in own[1:]):
            after = [one for point, one in own if point.codec == codec]
            lesions = own[0][0].background.lesions
            curves = rates.kept_curves(
                _ratings(own[0][1], len(lesions)), [_ratings(one, len(lesions)) for one in after]
            )
            rate, share = (
                np.array([one.rows[0][column] for one in after])
                for column in ("rate_bpp", "noise_share")
            )
            which = {key: after[0].rows[0][key] for key in ("background", "codec", "label")}
            summary += rates.rate_rows(which, lesions, rate, share, curves)
            kept.append(rates.share_row(which, share, curves))
    write_table(out / "tasks_summary.csv", summary, rates.RATE_COLUMNS)
    write_table(out / "tasks_shares.csv", kept, rates.SHARE_COLUMNS)
    own = [pair for pair in pairs if pair[0].background.name == names[0]]
    _report_texture(out, own[0][1], own[1:])
    for row in kept:
        print("  ".join(f"{name} {_short(value)}" for name, value in row.items()))


def _ratings(found: Found, n_lesions: int) -> list[rates.Ratings]:
    kinds = ("present", "absent")
    return [
        tuple(found.arrays[f"{kind} {number}"] for kind in kinds) for number in range(n_lesions)
    ]


def _report_texture(out: Path, original: Found, coded: list[tuple[detection.Point, Found]]) -> None:
    """Write noise spectra, edges and pictures of lesions."""
    codecs = list(dict.fromkeys(point.codec for point, _ in coded))

    def nearest(codec: str, share: float) -> dict[str, np.ndarray]:
        own = [one for point, one in coded if point.codec == codec]
        return min(own, key=lambda one: abs(one.rows[0]["noise_share"] - share)).arrays

    def curve(arrays: dict[str, np.ndarray], x: str, y: str) -> plots.Curve:
        return arrays[x], arrays[y]

    spectra = {
        share: {codec: curve(nearest(codec, share), "frequency", "power") for codec in codecs}
        for share in _PICTURED_SHARES
    }
    plots.plot_noise(out / "tasks_noise.png", curve(original.arrays, "frequency", "power"), spectra)
    transfer = {
        contrast: ("transfer frequency", f"transfer {contrast}") for contrast in edges.CONTRASTS_HU
    }
    plots.plot_edges(
        out / "tasks_edges.png",
        {contrast: curve(original.arrays, *names) for contrast, names in transfer.items()},
        {
            contrast: {codec: curve(nearest(codec, _EDGE_SHARE), *names) for codec in codecs}
            for contrast, names in transfer.items()
        },
    )
    rows = [
        row
        for found in (original, *(one for _, one in coded))
        for row in edges.edge_rows(found.rows[0], found.arrays["halves"])
    ]
    write_table(out / "tasks_edges.csv", rows, edges.COLUMNS)
    cells = {
        codec: [
            (one.rows[0]["rate_bpp"], one.arrays["mosaic"])
            for point, one in coded
            if point.codec == codec
        ]
        for codec in codecs
    }
    plots.plot_lesions(out / "tasks_lesions.png", original.arrays["mosaic"], cells)


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
