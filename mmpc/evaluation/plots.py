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
# Black, version 1's own colour, would drown among the grey lines of the images.
_MEAN_COLOURS = {"mmpc-v1": "#0072B2"}
_DPI = 110


def plot_rate_distortion(path: Path, rows: Iterable[dict[str, str]]) -> None:
    """Draw RMSE and PSNR over rate: one line for each image if few, and mean with spread.

    Parameters
    ----------
    path : Path
        The PNG to write.
    rows : iterable of dict of str
        Rows of ``summary.csv``.
    """
    images: dict[tuple, list[tuple[float, ...]]] = defaultdict(list)
    for row in rows:
        point = (float(row["quality"]), *(float(row[m]) for m in ("rate_bpp", "rmse", "psnr_db")))
        images[row["codec"], row["image"], row["frame"]].append(point)
    figure = Figure(figsize=(10, 4.6), layout="constrained")
    panels = figure.subplots(1, 2)
    names = (("RMSE (stored units)", 2), ("PSNR (dB, peak 255 or 65535)", 3))
    for axes, (name, column) in zip(panels, names, strict=True):
        for codec in sorted({key[0] for key in images}):
            curves = {key: np.array(sorted(v)) for key, v in images.items() if key[0] == codec}
            _draw_images(axes, curves, column)
            if len(curves) > 1:
                _draw_mean(axes, list(curves.values()), column, codec)
        axes.set_xscale("log")
        if column == 2:
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
        look = {"color": "0.6", "linewidth": 0.6, "label": "" if index else "each image"}
        if len(curves) <= MOST_LINES:
            frame_text = "" if frame == "0" else f" frame {frame}"
            look = {
                "color": str(0.15 + 0.6 * index / max(len(curves) - 1, 1)),
                "linewidth": 1,
                "linestyle": "-" if codec == "mmpc-v1" else "--",
                "marker": markers[index % len(markers)],
                "markersize": 4,
                "label": f"{image}{frame_text}, {style_of(codec).label}",
            }
        axes.plot(finite[:, 1], finite[:, column], **look)


def _draw_mean(axes, curves: list[np.ndarray], column: int, codec: str) -> None:
    """Draw the mean at each setting that all images have, with one standard deviation."""
    settings = set.intersection(*(set(curve[:, 0]) for curve in curves))
    chosen = np.array([[row for row in curve if row[0] in settings] for curve in curves])
    if chosen.size == 0 or not np.isfinite(chosen).all():
        return
    rate, value = chosen[..., 1].mean(0), chosen[..., column]
    axes.errorbar(
        rate,
        value.mean(0),
        yerr=value.std(0, ddof=1),
        capsize=3,
        color=_MEAN_COLOURS.get(codec, "#D55E00"),
        linestyle="-" if codec == "mmpc-v1" else "--",
        linewidth=2,
        label=f"{style_of(codec).label}: mean of {len(curves)},\nbars: standard deviation",
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
        _plain_ticks(axes.xaxis)
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
