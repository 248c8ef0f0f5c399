"""The figures that several lessons draw: slices in a window, error maps, block grids.

Each function draws one row of panels with one colour bar in Hounsfield units (or the
unit it is given) and shows it. Arrays go in, nothing comes out.
"""

from collections.abc import Mapping

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize

from mmpc.images.windows import Window, as_window

PANEL_INCHES = 3.4
ROW_INCHES = 11
ERROR_COLOURS = "RdBu_r"
CURVE_STYLES = tuple(
    (colour, line) for line in ("-", "--", ":") for colour in ("0.2", "tab:orange")
)
BONE = as_window("bone")
MOST_BITS_A_BLOCK = 250

Region = tuple[slice, slice]


def show_slices(
    panels: Mapping[str, np.ndarray],
    window: str | Window = "soft tissue",
    *,
    region: Region | None = None,
    unit: str = "HU",
) -> None:
    """Show images side by side in one window, with one grey bar.

    Parameters
    ----------
    panels : mapping of str to ndarray, shape (height, width)
        Title and image, in `unit`.
    window : str or Window
        A preset's name or a window.
    region : pair of slices, optional
        Rows and columns to show, all if not given.
    unit : str
        For the label of the bar.
    """
    window = as_window(window)
    _show_row(panels, "gray", Normalize(window.low, window.high), region, unit)


def show_windows(image: np.ndarray, windows: Mapping[str, str | Window]) -> None:
    """Show one image in several windows, each with its own grey bar.

    Parameters
    ----------
    image : ndarray, shape (height, width)
        In Hounsfield units.
    windows : mapping of str to str or Window
        Title of the panel and its window.
    """
    columns = 2
    rows = -(-len(windows) // columns)
    figure, axes = plt.subplots(
        rows,
        columns,
        figsize=((PANEL_INCHES + 0.7) * columns, (PANEL_INCHES + 0.2) * rows),
        squeeze=False,
        layout="constrained",
    )
    for panel, (title, window) in zip(axes.flat, windows.items(), strict=False):
        window = as_window(window)
        shown = panel.imshow(image, cmap="gray", vmin=window.low, vmax=window.high)
        panel.set_title(title, fontsize=10)
        figure.colorbar(shown, ax=panel, shrink=0.9, pad=0.02, label="HU")
    for panel in axes.flat:
        panel.set_axis_off()
    plt.show()


def show_errors(
    panels: Mapping[str, np.ndarray],
    limit: float,
    *,
    region: Region | None = None,
    unit: str = "HU",
    what: str = "error",
) -> None:
    """Show signed errors side by side: red is too bright, blue too dark, white is right.

    Parameters
    ----------
    panels : mapping of str to ndarray, shape (height, width)
        Title and error (decoded minus original), in `unit`.
    limit : float
        The error, in `unit`, at which the colour is full.
    region, unit
        As in `show_slices`.
    what : str
        For the label of the bar, where the numbers are no errors: "residual", "change".
    """
    _show_row(panels, ERROR_COLOURS, Normalize(-limit, limit), region, f"{what}, {unit}")


def show_curves(
    curves: Mapping[str, tuple[np.ndarray, np.ndarray]], xlabel: str, ylabel: str, **settings
) -> None:
    """Show curves in one pair of axes, with their names beside them.

    Parameters
    ----------
    curves : mapping of str to (x, y)
        By name; up to six.
    xlabel, ylabel : str
        Of the axes.
    **settings
        More for :meth:`matplotlib.axes.Axes.set`, such as ``ylim``.
    """
    axes = plt.figure(figsize=(9, 3.2), layout="constrained").add_subplot()
    for (name, (x, y)), style in zip(curves.items(), CURVE_STYLES, strict=False):
        axes.plot(x, y, style[1], color=style[0], linewidth=1.2, label=name)
    axes.set(xlabel=xlabel, ylabel=ylabel, **settings)
    axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    plt.show()


def show_prices(maps: Mapping[str, np.ndarray], image_hu: np.ndarray | None = None) -> None:
    """Show the bits of each block of 8 x 8 as colours, and before them the slice if it is given.

    Parameters
    ----------
    maps : mapping of str to ndarray, shape (block rows, block columns)
        Title and bits; one scale of colours for all.
    image_hu : ndarray, optional
        The slice, in Hounsfield units, shown in the bone window.
    """
    panels = maps if image_hu is None else {"slice, bone window": image_hu} | dict(maps)
    figure, axes = plt.subplots(
        1, len(panels), figsize=(3.6 * len(panels) + 0.6, 3.6), squeeze=False, layout="constrained"
    )
    for panel, (title, values) in zip(axes[0], panels.items(), strict=True):
        if values is image_hu:
            panel.imshow(values, cmap="gray", vmin=BONE.low, vmax=BONE.high)
        else:
            shown = panel.imshow(values, cmap="viridis", vmin=0, vmax=MOST_BITS_A_BLOCK)
        panel.set_title(title, fontsize=10)
        panel.set_axis_off()
    figure.colorbar(shown, ax=axes, label="bits per block of 64 pixels", shrink=0.85)
    plt.show()


def draw_block_grid(axes: Axes, height: int, width: int, block_size: int = 8) -> None:
    """Draw the borders of blocks over an image that is shown in pixel coordinates."""
    style = {"color": "tab:orange", "linewidth": 0.6}
    for edge in range(0, width + 1, block_size):
        axes.axvline(edge - 0.5, **style)
    for edge in range(0, height + 1, block_size):
        axes.axhline(edge - 0.5, **style)


def _show_row(
    panels: Mapping[str, np.ndarray],
    colours: str,
    scale: Normalize,
    region: Region | None,
    label: str,
) -> None:
    side = min(PANEL_INCHES, ROW_INCHES / len(panels))
    figure, axes = plt.subplots(
        1,
        len(panels),
        figsize=(side * len(panels) + 0.7, side + 0.3),
        squeeze=False,
        layout="constrained",
    )
    for panel, (title, image) in zip(axes[0], panels.items(), strict=True):
        shown = image[region] if region else image
        # Smoothing would invent values, but pixels that are left out would be missed.
        smooth = "nearest" if shown.shape[1] < side * figure.dpi else "antialiased"
        panel.imshow(shown, cmap=colours, norm=scale, interpolation=smooth)
        panel.set_title(title, fontsize=10)
        panel.set_axis_off()
    bar = figure.colorbar(ScalarMappable(scale, colours), ax=axes, shrink=0.9, pad=0.01)
    bar.set_label(label)
    plt.show()
