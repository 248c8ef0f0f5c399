"""Pictures of one image at one operating point, as in the report: rec, err, vis; and regions.

Windows are those of the file, or wide enough for the middle 98 % of the pixels; an original
and its reconstruction always share one.
"""

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure

from mmpc.images.image import Image

_INK = "#222222"
_REGION_COLOURS = {"body": "#E69F00", "skull_interior": "#56B4E9", "mask": "#56B4E9"}


def save_point(
    folder: Path, stem: str, image: Image, decoded: np.ndarray, row: dict[str, Any]
) -> None:
    """Write ``{stem}_rec.png``, ``{stem}_err.png`` and ``{stem}_vis.png``.

    Parameters
    ----------
    folder : Path
        Where to; it exists.
    stem : str
        Image and quality, such as ``I0_q10``.
    image : Image
        The original.
    decoded : ndarray, shape (height, width)
        Stored values.
    row : dict
        The row of the table, for the titles.
    """
    from PIL import Image as Pillow

    Pillow.fromarray(windowed(image, decoded)).save(folder / f"{stem}_rec.png")
    error = np.abs(decoded.astype(np.int32) - image.pixels)
    _save_error(folder / f"{stem}_err.png", error, image, row)
    _save_side_by_side(folder / f"{stem}_vis.png", error, image, decoded, row)


def save_regions(path: Path, image: Image, regions: dict[str, np.ndarray]) -> None:
    """Draw the borders of the regions of interest over the image."""
    figure, (axes,) = _panels(image, 1)
    axes.imshow(windowed(image, image.pixels), cmap="gray", interpolation="nearest")
    handles = []
    for name, region in regions.items():
        colour = _REGION_COLOURS[name]
        line = "-" if name == "body" else "--"
        axes.contour(region, levels=[0.5], colors=colour, linewidths=1.4, linestyles=line)
        label = f"{name.replace('_', ' ')}: {int(region.sum())} pixels"
        handles += axes.plot([], [], color=colour, linestyle=line, label=label)
    axes.set_title(f"{image.source_name}: regions of interest", fontsize=9, color=_INK)
    if handles:
        axes.legend(handles=handles, fontsize=8, loc="lower left", framealpha=0.9)
    else:
        axes.text(0.03, 0.03, "no region found", color="w", transform=axes.transAxes)
    figure.savefig(path, dpi=110)


def windowed(image: Image, pixels: np.ndarray) -> np.ndarray:
    """Return stored values as grey levels, uint8, in the window of the original."""
    low, high = display_range(image)
    grey = np.clip((pixels.astype(np.float64) - low) / max(high - low, 1), 0, 1)
    if image.photometric_interpretation == "MONOCHROME1":
        grey = 1 - grey
    return np.rint(255 * grey).astype(np.uint8)


def display_range(image: Image) -> tuple[float, float]:
    """Return the stored values shown black and white."""
    if image.window_center is not None and image.window_width and image.rescale_slope:
        half = max(image.window_width, 1) / 2
        ends = np.array([image.window_center - half, image.window_center + half])
        low, high = (ends - image.rescale_intercept) / image.rescale_slope
        # Some files propose a window in which there is nothing to see.
        if np.mean((image.pixels > low) & (image.pixels < high)) > 0.02:
            return float(low), float(high)
    low, high = np.percentile(image.pixels, (1, 99))
    return float(low), float(max(high, low + 1))


def _save_error(path: Path, error: np.ndarray, image: Image, row: dict[str, Any]) -> None:
    figure, (axes,) = _panels(image, 1, bar=True)
    _draw_error(figure, axes, error)
    axes.set_title(_title(image, row), fontsize=9, color=_INK)
    figure.savefig(path, dpi=110)


def _save_side_by_side(
    path: Path, error: np.ndarray, image: Image, decoded: np.ndarray, row: dict[str, Any]
) -> None:
    figure, axes = _panels(image, 3, bar=True)
    titles = (
        f"{image.source_name}: original",
        f"reconstruction, quality {row['quality']}, {row['rate_bpp']:.3f} bpp",
    )
    for panel, pixels, title in zip(axes, (image.pixels, decoded), titles, strict=False):
        panel.imshow(windowed(image, pixels), cmap="gray", vmin=0, vmax=255)
        panel.set_title(title, fontsize=9, color=_INK)
    _draw_error(figure, axes[2], error)
    axes[2].set_title(f"RMSE {row['rmse']:.2f}, largest {row['peak_error']}", fontsize=9)
    figure.savefig(path, dpi=110)


def _draw_error(figure, axes, error: np.ndarray) -> None:
    """Draw the absolute error: black is none, white the 99.9 % largest or more."""
    top = max(1.0, float(np.percentile(error, 99.9)))
    shown = axes.imshow(error, cmap="gray", vmin=0, vmax=top, interpolation="nearest")
    bar = figure.colorbar(shown, ax=axes, extend="max" if error.max() > top else "neither")
    bar.set_label("absolute error (stored units)", fontsize=8)
    bar.ax.tick_params(labelsize=8)


def _title(image: Image, row: dict[str, Any]) -> str:
    return (
        f"{image.source_name}, quality {row['quality']}: RMSE {row['rmse']:.2f}, "
        f"largest error {row['peak_error']}"
    )


def _panels(image: Image, count: int, bar: bool = False):
    """Return a figure with panels of the image's proportions, without axes."""
    height, width = image.pixels.shape
    # Inches: as large as fits a box, but wide enough for a title.
    scale = min(6.0 / width, 4.4 / height)
    panel_width, panel_height = max(scale * width, 3.0), max(scale * height, 1.5)
    size = (count * panel_width + (1.1 if bar else 0.1), panel_height + 0.35)
    figure = Figure(figsize=size, layout="constrained")
    axes = figure.subplots(1, count, squeeze=False)[0]
    for panel in axes:
        panel.set_axis_off()
    return figure, axes
