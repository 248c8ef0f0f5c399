"""Plots of tables: rate and distortion, its spread over images, ablations, the peers.

Every plot is drawn from rows as they are in the CSV files, so a plot shows what a table says.
"""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from mmpc.evaluation.style import style_of

MOST_LINES = 12
MOST_DRAWN = 300
_DPI = 110


def plot_rate_distortion(
    path: Path, rows: Iterable[dict[str, str]], aggregates: list[dict[str, Any]]
) -> None:
    """Draw RMSE and PSNR over rate: a line for each image, and the mean with its spread.

    Parameters
    ----------
    path : Path
        The PNG to write.
    rows : iterable of dict of str
        Rows of ``summary.csv``; of a long table only the first `MOST_DRAWN` images are drawn.
    aggregates : list of dict
        What ``aggregate`` returned for all rows.
    """
    images: dict[tuple, list[tuple[float, ...]]] = defaultdict(list)
    for row in rows:
        key = row["codec"], row["image"], row["frame"]
        if key in images or len(images) < MOST_DRAWN:
            measures = (float(row[name]) for name in ("rate_bpp", "rmse", "psnr_db"))
            images[key].append((float(row["quality"]), *measures))
    curves = {key: np.array(sorted(points)) for key, points in images.items()}
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    panels = figure.subplots(1, 2)
    names = (("RMSE (stored units)", "rmse"), ("PSNR (dB, peak 255 or 65535)", "psnr_db"))
    for column, (axes, (name, measure)) in enumerate(zip(panels, names, strict=True), start=2):
        _draw_images(axes, curves, column)
        _draw_means(axes, aggregates, measure)
        axes.set_xscale("log")
        if measure == "rmse":
            axes.set_yscale("log")
            _plain_ticks(axes.yaxis)
        _plain_ticks(axes.xaxis)
        axes.set_xlabel("rate (bits per pixel)")
        axes.set_ylabel(name)
        axes.grid(alpha=0.3)
    handles, labels = panels[0].get_legend_handles_labels()
    columns = 1 if len(labels) < 14 else 2
    figure.legend(handles, labels, loc="outside right upper", fontsize=8, ncols=columns)
    figure.savefig(path, dpi=_DPI)


def _draw_images(axes, curves: dict[tuple, np.ndarray], column: int) -> None:
    markers = "os^vD<>pPX*h"
    for index, ((codec, image, frame), curve) in enumerate(curves.items()):
        finite = curve[np.isfinite(curve[:, column])]
        look = {"color": "0.7", "linewidth": 0.7, "label": "" if index else "each image"}
        if len(curves) <= MOST_LINES:
            frame_text = "" if frame == "0" else f" frame {frame}"
            look = {
                "color": str(0.4 + 0.4 * index / max(len(curves) - 1, 1)),
                "linewidth": 1,
                "linestyle": "-" if codec == "mmpc-v1" else "--",
                "marker": markers[index % len(markers)],
                "markersize": 4,
                "label": f"{image}{frame_text}, {style_of(codec).label}",
            }
        axes.plot(finite[:, 1], finite[:, column], **look)


def _draw_means(axes, aggregates: list[dict[str, Any]], measure: str) -> None:
    """Draw each codec's mean at each setting, with one standard deviation."""
    points = {(row["codec"], row["quality"], row["measure"]): row for row in aggregates}
    for codec in dict.fromkeys(row["codec"] for row in aggregates):
        chosen = [
            (points[codec, quality, "rate_bpp"], row)
            for (of, quality, which), row in points.items()
            if of == codec and which == measure and row["standard_deviation"] is not None
        ]
        if not chosen:
            continue
        axes.errorbar(
            [rate["mean"] for rate, _ in chosen],
            [row["mean"] for _, row in chosen],
            yerr=[row["standard_deviation"] for _, row in chosen],
            capsize=3,
            color=style_of(codec).colour,
            linestyle="-" if codec == "mmpc-v1" else "--",
            linewidth=3,
            elinewidth=1.5,
            label=f"{style_of(codec).label}: mean of {chosen[0][0]['images']},\n"
            "bars: standard deviation",
        )


def plot_ablations(path: Path, rows: list[dict[str, Any]]) -> None:
    """Draw what each variant costs in bytes at equal error, at each quality."""
    qualities = sorted({row["quality"] for row in rows}, key=float)
    titles = list(dict.fromkeys(row["variant"] for row in rows))[1:]  # not version 1 itself
    figure = Figure(figsize=(8.5, 0.42 * len(titles) + 1.6), layout="constrained")
    axes = figure.subplots()
    height = 0.8 / len(qualities)
    hatches = ("", "///", "...", "xxx", "\\\\", "++")
    for index, quality in enumerate(qualities):
        of_quality = {row["variant"]: row for row in rows if row["quality"] == quality}
        shown = [title for title in titles if title in of_quality]
        change = [of_quality[title]["size_at_equal_rmse_percent"] for title in shown]
        places = [
            titles.index(title) + height * (index - (len(qualities) - 1) / 2) for title in shown
        ]
        axes.barh(
            places,
            change,
            height,
            color=str(0.35 + 0.5 * index / max(len(qualities) - 1, 1)),
            edgecolor="black",
            linewidth=0.5,
            hatch=hatches[index % len(hatches)],
            label=f"quality {quality}",
        )
    axes.set_yticks(range(len(titles)), titles)
    axes.set_ylim(len(titles) - 0.5, -0.5)
    axes.axvline(0, color="black", linewidth=0.8)
    axes.set_xlabel("size at equal RMSE, relative to version 1 (%), mean over images")
    axes.grid(axis="x", alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=_DPI)


def plot_relative_rate(path: Path, curves: dict[str, tuple[np.ndarray, np.ndarray]]) -> None:
    """Draw each codec's rate relative to the anchor over RMSE.

    Parameters
    ----------
    path : Path
        The PNG to write.
    curves : dict
        Codec name to (RMSE, mean ratio of rates over the images that reach this RMSE).
    """
    figure = Figure(figsize=(8.5, 5), layout="constrained")
    axes = figure.subplots()
    for codec, (rmse, ratio) in curves.items():
        axes.plot(rmse, ratio, markevery=4, **style_of(codec).keywords())
    axes.set_xscale("log")
    axes.set_yscale("log")
    _plain_ticks(axes.xaxis)
    _plain_ticks(axes.yaxis, (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8))
    axes.set_xlabel("RMSE (stored units)")
    axes.set_ylabel("rate relative to JPEG 2000 (OpenJPEG) at equal RMSE")
    axes.grid(alpha=0.3, which="both")
    figure.legend(loc="outside right upper", fontsize=8)
    figure.savefig(path, dpi=_DPI)


def plot_times(path: Path, rows: list[dict[str, Any]], rmse: float) -> None:
    """Draw rate against encode and decode time, all relative to the anchor: nearer 0 is better."""
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    for axes, which in zip(panels, ("encode", "decode"), strict=True):
        for row in rows:
            if row.get(f"{which}_time_ratio") is None:
                continue
            look = style_of(row["codec"]).keywords() | {"linestyle": "none", "markersize": 9}
            axes.plot(row[f"{which}_time_ratio"], 1 + row["bd_rate_percent"] / 100, **look)
        axes.set_xscale("log")
        least, most = axes.get_xlim()
        _plain_ticks(axes.xaxis, (1, 2, 5) if most < 1000 * least else (1,))
        axes.set_xlabel(f"{which} time relative to OpenJPEG, at RMSE {rmse:g}")
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("mean rate relative to OpenJPEG at equal RMSE")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right upper", fontsize=8)
    figure.savefig(path, dpi=_DPI)


def _plain_ticks(axis, steps: tuple[float, ...] = (1, 2, 5)) -> None:
    """Label a logarithmic axis at some steps of each decade with plain numbers."""
    ticks = [step * 10.0**power for power in range(-4, 6) for step in steps]
    axis.set_major_locator(FixedLocator(ticks))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
