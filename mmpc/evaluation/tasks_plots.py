"""Pictures of the tasks: detectability, noise, lesions, agreement."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter

from mmpc.evaluation.style import Style, style_of
from mmpc.evaluation.tasks_detection import KEPT_SHARE, ORIGINAL, task_label
from mmpc.evaluation.tasks_sheets import LESIONS, Patches
from mmpc.tasks.noise_spectrum import NoiseSpectrum

_DPI = 110
_WINDOW_HU = 40.0
_MEAN_WINDOW_HU = 8.0
_COARSEST_KEPT = 0.3


def plot_detectability(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Draw d' as a share of the original's over the rate, and over the error, with intervals."""
    figure = Figure(figsize=(15, 4.3), layout="constrained")
    panels = figure.subplots(1, len(LESIONS) + 1, sharey=True)
    codecs = [codec for codec in dict.fromkeys(row["codec"] for row in rows) if codec != ORIGINAL]
    for axes, lesion in zip(panels, [*LESIONS, None], strict=True):
        for codec in codecs:
            points = [row for row in rows if row["codec"] == codec]
            if lesion:
                points = [row for row in points if row["lesion"] == str(lesion)]
            column = "rate_bpp" if lesion else "noise_share"
            x, kept, low, high = (
                np.array([row[name] for row in points])
                for name in (column, "kept", "kept_from", "kept_to")
            )
            style = _style(codec)
            keywords = style.keywords() if lesion else {**style.keywords(), "linestyle": "none"}
            error = None if not lesion else (kept - low, high - kept)
            axes.errorbar(x, kept, yerr=error, elinewidth=0.8, capsize=2, **keywords)
        axes.axhline(KEPT_SHARE, color="#888888", linewidth=1, linestyle="--")
        axes.axhline(1, color="#888888", linewidth=0.6)
        axes.set_ylim(_COARSEST_KEPT, 1.05)
        axes.grid(alpha=0.3)
        if lesion:
            axes.set_xscale("log")
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axes.set_xlabel("rate (bits per pixel)")
            axes.set_title(str(lesion), fontsize=10)
        else:
            axes.set_xlabel("RMSE / noise")
            axes.set_title("all lesions over the error", fontsize=10)
    panels[0].set_ylabel("share of d' kept (95 % intervals)")
    figure.legend(
        *panels[0].get_legend_handles_labels(), loc="outside lower center", fontsize=8, ncols=6
    )
    figure.savefig(path, dpi=_DPI)


def plot_noise(
    path: Path, original: NoiseSpectrum, spectra: dict[float, dict[str, NoiseSpectrum]]
) -> None:
    """Draw noise spectra after over before, a panel for each share of the noise.

    Parameters
    ----------
    path : Path
        The PNG to write.
    original : NoiseSpectrum
        Before.
    spectra : dict of dict of NoiseSpectrum
        By share, then by codec: at the setting nearest to it.
    """
    figure = Figure(figsize=(13, 4.2), layout="constrained")
    panels = figure.subplots(1, len(spectra) + 1)
    frequency, before = original.radial()
    panels[0].plot(frequency, before, color="#000000")
    panels[0].set_title("before", fontsize=9)
    panels[0].set_ylabel("noise power (HU$^2$ mm$^2$)")
    # Where nothing is, a ratio says nothing.
    shown = before > 0.01 * before.max()
    for axes, (share, codecs) in zip(panels[1:], spectra.items(), strict=True):
        for codec, spectrum in codecs.items():
            ratio = spectrum.radial()[1][shown] / before[shown]
            keywords = _style(codec).keywords() | {"marker": ""}
            axes.plot(frequency[shown], ratio, **keywords)
        axes.axhline(1, color="#888888", linewidth=0.6)
        axes.set_ylim(0, 1.6)
        axes.set_title(f"after / before, RMSE / noise about {share:g}", fontsize=9)
    for axes in panels:
        axes.set_xlabel("frequency (1/mm)")
        axes.grid(alpha=0.3)
    figure.legend(
        *panels[-1].get_legend_handles_labels(), loc="outside lower center", fontsize=8, ncols=6
    )
    figure.savefig(path, dpi=_DPI)


def plot_lesions(
    path: Path, original: Patches, coded: dict[str, list[tuple[float, Patches]]]
) -> None:
    """Draw how lesions look: one patch of each, and below it the mean of all its patches.

    Parameters
    ----------
    path : Path
        The PNG to write.
    original : Patches
        Before.
    coded : dict of list
        By codec: rate and patches of as many settings each.
    """
    n_columns = 1 + len(next(iter(coded.values())))
    figure = Figure(figsize=(2.3 * n_columns, 1.75 * len(coded)), layout="constrained")
    panels = figure.subplots(len(coded), n_columns, squeeze=False)
    for row, (codec, columns) in zip(panels, coded.items(), strict=True):
        cells = [("original", original)] + [
            (f"{rate:.2f} bpp", patches) for rate, patches in columns
        ]
        for axes, (title, patches) in zip(row, cells, strict=True):
            axes.imshow(_mosaic(patches), cmap="gray", vmin=0, vmax=1, interpolation="nearest")
            axes.set_xticks([])
            axes.set_yticks([])
            axes.set_title(title, fontsize=8, pad=2)
        row[0].set_ylabel(task_label(codec).replace(" (", "\n("), fontsize=7)
    figure.suptitle(
        f"one patch each of {', '.join(map(str, LESIONS))} (+-{_WINDOW_HU:g} HU); below, means of "
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


def _mosaic(patches: Patches) -> np.ndarray:
    """Return single patches in a row above their means, as grey levels from 0 to 1."""
    single = np.hstack([present[0] for present in patches.present]) / _WINDOW_HU
    mean = np.hstack([present.mean(0) for present in patches.present]) / _MEAN_WINDOW_HU
    return np.clip(np.vstack((single, mean)) / 2 + 0.5, 0, 1)


def _style(codec: str) -> Style:
    if codec == "libaom-cpu4":
        known = style_of("libaom")
        return Style(task_label(codec), "#B8A800", known.marker, known.line)
    return style_of(codec)
