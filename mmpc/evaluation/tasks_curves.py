"""Tables and pictures of detection: curves over the rate, noise texture, edges, lesions."""

from pathlib import Path
from typing import Any

import numpy as np

from mmpc.batch.tables import write_table
from mmpc.evaluation import tasks_detection as detection
from mmpc.evaluation import tasks_edges as edges
from mmpc.evaluation import tasks_plots as plots
from mmpc.evaluation import tasks_rates as rates
from mmpc.evaluation.tasks_codecs import SHEET_SETTINGS, Found
from mmpc.evaluation.tasks_sheets import LESIONS

_PICTURED_SHARES = (0.25, 0.4, 0.6)
_EDGE_SHARE = 0.5


def report_detection(out: Path, points: list[detection.Point], found: list[Found]) -> None:
    """Write tables and pictures of what was found at all points.

    Parameters
    ----------
    out : Path
        Folder.
    points : list of Point
        Of each background the original first.
    found : list of Found
        What came of each.
    """
    order = [detection.ORIGINAL, *SHEET_SETTINGS]
    pairs = sorted(zip(points, found, strict=True), key=lambda pair: order.index(pair[0].codec))
    names = list(dict.fromkeys(point.background.name for point in points))
    pairs.sort(key=lambda pair: names.index(pair[0].background.name))
    rows = [row for _, one in pairs for row in one.rows]
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
    write_table(out / "tasks_rates.csv", summary, rates.RATE_COLUMNS)
    first = [row for row in summary if row["background"] == names[0]]
    columns = {str(lesion): f"rate_{lesion.diameter_mm:g}_mm_bpp" for lesion in LESIONS}
    columns[rates.ALL_LESIONS] = "rate_bpp"
    readable = rates.readable_rows(first, columns)
    heads = ("codec", "label", *columns.values(), "noise_share")
    write_table(out / "tasks_summary.csv", readable, heads)
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


def _short(value: Any) -> str:
    if value is None:
        return "-"
    return f"{value:.3g}" if isinstance(value, float) else str(value)
