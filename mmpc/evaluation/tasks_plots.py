"""Pictures of the tasks: detectability, noise, lesions, agreement."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mmpc.evaluation.style import Style, style_of
from mmpc.evaluation.tasks_codecs import FAST_AV1
from mmpc.evaluation.tasks_detection import ORIGINAL, task_label
from mmpc.evaluation.tasks_rates import KEPT_SHARE
from mmpc.evaluation.tasks_sheets import LESIONS

_DPI = 110
_WINDOW_HU = 40.0
_MEAN_WINDOW_HU = 8.0
_COARSEST_KEPT = 0.3
_RATES = (0.1, 0.2, 0.5, 1, 2)


def plot_detectability(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Draw d' as a share of the original's: over the rate, and over the error by background."""
    rows = [row for row in rows if row["codec"] != ORIGINAL]
    backgrounds = list(dict.fromkeys(row["background"] for row in rows))
    figure = Figure(figsize=(15, 8), layout="constrained")
    over_rate, over_error = figure.subplots(2, max(len(LESIONS), len(backgrounds)), sharey=True)
    for axes, lesion in zip(over_rate, map(str, LESIONS), strict=False):
        own = [
            row for row in rows if (row["background"], row["lesion"]) == (backgrounds[0], lesion)
        ]
        _draw_kept(axes, own, "rate_bpp")
        axes.set_xscale("log")
        axes.set_xticks(_RATES, [f"{rate:g}" for rate in _RATES])
        axes.minorticks_off()
        axes.set_xlabel("rate (bits per pixel)", fontsize=8)
        axes.set_title(f"{lesion}, {backgrounds[0]}", fontsize=10)
    for axes, background in zip(over_error, backgrounds, strict=False):
        own = [row for row in rows if row["background"] == background]
        _draw_kept(axes, own, "noise_share")
        axes.set_xlabel("RMSE / noise", fontsize=8)
        axes.set_title(f"all lesions, {background}", fontsize=10)
    for axes in over_error[len(backgrounds) :]:
        axes.set_axis_off()
    for axes in (over_rate[0], over_error[0]):
        axes.set_ylabel("share of d' kept (95 % intervals)")
    figure.legend(
        *over_rate[0].get_legend_handles_labels(), loc="outside lower center", fontsize=8, ncols=6
    )
    figure.savefig(path, dpi=_DPI)


def _draw_kept(axes: Axes, rows: Sequence[dict[str, Any]], column: str) -> None:
    for codec in dict.fromkeys(row["codec"] for row in rows):
        points = [row for row in rows if row["codec"] == codec]
        x, kept, low, high = (
            np.array([row[name] for row in points])
            for name in (column, "kept", "kept_from", "kept_to")
        )
        keywords = _style(codec).keywords()
        if column == "noise_share":  # several lesions are no line
            keywords["linestyle"] = "none"
        axes.errorbar(
            x, kept, yerr=(kept - low, high - kept), elinewidth=0.8, capsize=2, **keywords
        )
    axes.axhline(KEPT_SHARE, color="#888888", linewidth=1, linestyle="--")
    axes.axhline(1, color="#888888", linewidth=0.6)
    axes.set_ylim(_COARSEST_KEPT, 1.08)
    axes.grid(alpha=0.3)


Curve = tuple[np.ndarray, np.ndarray]


def plot_noise(path: Path, before: Curve, spectra: dict[float, dict[str, Curve]]) -> None:
    """Draw noise spectra after over before, a panel for each share of the noise.

    Parameters
    ----------
    path : Path
        The PNG to write.
    before : pair of ndarray
        Frequency and power of the original.
    spectra : dict of dict
        Frequency and power by share, then by codec: at the setting nearest to it.
    """
    figure = Figure(figsize=(13, 4.2), layout="constrained")
    panels = figure.subplots(1, len(spectra) + 1)
    frequency, power = before
    panels[0].plot(frequency, power, color="#000000")
    panels[0].set_title("before", fontsize=9)
    panels[0].set_ylabel("noise power (HU$^2$ mm$^2$)")
    # Where nothing is, a ratio says nothing.
    shown = power > 0.03 * power.max()
    for axes, (share, codecs) in zip(panels[1:], spectra.items(), strict=True):
        for codec, (_, after) in codecs.items():
            keywords = _style(codec).keywords() | {"marker": ""}
            axes.plot(frequency[shown], after[shown] / power[shown], **keywords)
        axes.axhline(1, color="#888888", linewidth=0.6)
        axes.set_ylim(0, 1.6)
        axes.set_title(f"after / before, RMSE / noise about {share:g}", fontsize=9)
    _finish_frequencies(figure, panels, path)


def plot_edges(path: Path, before: dict[int, Curve], after: dict[int, dict[str, Curve]]) -> None:
    """Draw the task transfer of edges, a panel for each contrast: before, and after each codec."""
    figure = Figure(figsize=(13, 4.2), layout="constrained")
    panels = figure.subplots(1, len(before))
    for axes, (contrast, curve) in zip(panels, before.items(), strict=True):
        axes.plot(*curve, color="#888888", linewidth=4, alpha=0.5, label="before")
        for codec, transfer in after[contrast].items():
            axes.plot(*transfer, **_style(codec).keywords() | {"marker": ""})
        axes.set_ylim(0, 1.1)
        axes.set_title(f"edge of {contrast} HU, RMSE / noise about 0.5", fontsize=9)
    panels[0].set_ylabel("task transfer")
    _finish_frequencies(figure, panels, path)


def _finish_frequencies(figure: Figure, panels: Sequence[Axes], path: Path) -> None:
    for axes in panels:
        axes.set_xlabel("frequency (1/mm)")
        axes.grid(alpha=0.3)
    figure.legend(
        *panels[-1].get_legend_handles_labels(), loc="outside lower center", fontsize=8, ncols=7
    )
    figure.savefig(path, dpi=_DPI)


def plot_lesions(
    path: Path, original: np.ndarray, coded: dict[str, list[tuple[float, np.ndarray]]]
) -> None:
    """Draw how lesions look: one patch of each, and below it the mean of all its patches.

    Parameters
    ----------
    path : Path
        The PNG to write.
    original : ndarray of float, shape (2, rows, columns)
        Single patches in HU, and means.
    coded : dict of list
        By codec: rate and the same of each setting.
    """
    n_columns = 1 + max(map(len, coded.values()))
    figure = Figure(figsize=(2.3 * n_columns, 1.75 * len(coded)), layout="constrained")
    panels = figure.subplots(len(coded), n_columns, squeeze=False)
    for row, (codec, columns) in zip(panels, coded.items(), strict=True):
        cells = [("original", original), *((f"{rate:.2f} bpp", one) for rate, one in columns)]
        for axes, (title, (single, mean)) in zip(row, cells, strict=False):
            grey = np.vstack((single / _WINDOW_HU, mean / _MEAN_WINDOW_HU))
            axes.imshow(grey, cmap="gray", vmin=-1, vmax=1, interpolation="nearest")
            axes.set_title(title, fontsize=8, pad=2)
            axes.set_xticks([])
            axes.set_yticks([])
        for axes in row[len(cells) :]:
            axes.set_axis_off()
        row[0].set_ylabel(task_label(codec).replace(" (", "\n("), fontsize=7)
    figure.suptitle(
        f"one patch each of {'; '.join(map(str, LESIONS))} (+-{_WINDOW_HU:g} HU); below, means of "
        f"all patches (+-{_MEAN_WINDOW_HU:g} HU)",
        fontsize=9,
    )
    figure.savefig(path, dpi=_DPI)


def plot_agreement(path: Path, rows: Sequence[dict[str, Any]], measures: Sequence[str]) -> None:
    """Draw after less before over the mean of both, for each measure at the coarser setting."""
    figure = Figure(figsize=(5 * 3, 3.6 * -(-len(measures) // 3)), layout="constrained")
    panels = figure.subplots(-(-len(measures) // 3), 3, squeeze=False).ravel()
    for axes, measure in zip(panels, measures, strict=False):
        for codec in dict.fromkeys(row["codec"] for row in rows):
            own = [row for row in rows if row["codec"] == codec and row["measure"] == measure]
            coarsest = max((row["rmse_hu"], row["quality"]) for row in own)[1]
            points = [row for row in own if row["quality"] == coarsest]
            before, after = (
                np.array([row[name] for row in points]) for name in ("before", "after")
            )
            style = _style(codec)
            axes.plot(
                (before + after) / 2,
                after - before,
                style.marker,
                color=style.colour,
                label=style.label,
                markersize=5,
            )
            bias, half = (after - before).mean(), 1.96 * (after - before).std(ddof=1)
            axes.axhline(bias, color=style.colour, linewidth=1)
            for limit in (bias - half, bias + half):
                axes.axhline(limit, color=style.colour, linewidth=0.6, linestyle=":")
        axes.axhline(0, color="#888888", linewidth=0.6)
        axes.set_title(measure, fontsize=10)
        axes.set_xlabel("mean of before and after", fontsize=8)
        axes.set_ylabel("after - before", fontsize=8)
        axes.grid(alpha=0.3)
    for axes in panels[len(measures) :]:
        axes.set_axis_off()
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside lower center", fontsize=8, ncols=6
    )
    figure.savefig(path, dpi=_DPI)


def _style(codec: str) -> Style:
    if codec == FAST_AV1:
        known = style_of("libaom")
        return Style(task_label(codec), "#B8A800", known.marker, known.line)
    return style_of(codec)
