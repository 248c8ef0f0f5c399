"""Figures of how a codec works: intervals, and what blocks are predicted from and along."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

from mmpc.explore.decisions import Decisions
from mmpc.explore.figures import BONE
from mmpc.explore.square_blocks import SquareBlocks
from mmpc.v2.prediction import ANGLE, DC, FIRST_VERTICAL, HORIZONTAL, MODES, PLANAR, VERTICAL

UNIT = 4  # samples a unit of decisions


def show_intervals(message: Sequence[int], intervals: Sequence[tuple], p_one: float) -> None:
    """Show how an interval narrows.

    Parameters
    ----------
    message : sequence of int
        The bits.
    intervals : sequence of (low, width)
        Before the first bit and after each.
    p_one : float
        The share of an interval that belongs to a one.
    """
    axes = plt.figure(figsize=(8, 3), layout="constrained").add_subplot()
    for row, (low, width) in enumerate(intervals):
        axes.barh(row, float(width), left=float(low), color="0.75", edgecolor="k")
        if row < len(message):
            cut = float(low + width * p_one)
            axes.plot([cut, cut], [row - 0.4, row + 0.4], color="tab:orange", linewidth=2)
    rows = range(len(intervals))
    labels = ["start"] + [f"after {' '.join(map(str, message[:row]))}" for row in rows[1:]]
    axes.set(yticks=rows, yticklabels=labels, xlabel="number line", xlim=(0, 1))
    axes.set_title("one: left of the orange cut; zero: right of it", fontsize=10)
    axes.invert_yaxis()
    plt.show()


def show_known(image_hu: np.ndarray, blocks: SquareBlocks, y: int, x: int) -> None:
    """Show the surroundings of the block at (y, x), and what of them its decoder has."""
    known = np.full(image_hu.shape, np.nan)
    side = blocks.side
    for done in blocks.in_z_order():
        if done == (y, x):
            break
        here = tuple(slice(start, start + side) for start in done)
        known[here] = image_hu[here]
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
    panels = {"original": image_hu, "what the decoder has when the block comes": known}
    colours = plt.get_cmap("gray").with_extremes(bad="#fbdcc0")
    for panel, (title, values) in zip(axes, panels.items(), strict=True):
        shown = panel.imshow(values, cmap=colours, vmin=BONE.low, vmax=BONE.high)
        _frame(panel, y, x, side, side)
        around = 2.5 * side + 0.5
        panel.set(
            xlim=(x - around, x + side - 1 + around), ylim=(y + side - 1 + around, y - around)
        )
        panel.set_title(title, fontsize=10)
        panel.set_axis_off()
    figure.colorbar(shown, ax=axes, label="HU", shrink=0.9)
    plt.show()


def show_energies(energies: np.ndarray, own_energy: float) -> None:
    """Show the energy that each of the 35 modes leaves of a block, beside that of the block."""
    axes = plt.figure(figsize=(9, 2.8), layout="constrained").add_subplot()
    colours = ["tab:orange" if energy == energies.min() else "0.5" for energy in energies]
    axes.bar(range(MODES), energies / 1000, color=colours, edgecolor="k", linewidth=0.5)
    axes.axhline(own_energy / 1000, color="k", linewidth=0.8, label="block without its mean")
    names = f"{PLANAR} planar, {DC} DC, {HORIZONTAL} horizontal, {VERTICAL} vertical"
    axes.set(xlabel=f"mode ({names})", ylabel="energy, thousand HU²")
    axes.set(yscale="log", xlim=(-1, MODES), ylim=(energies.min() / 3000, None))
    axes.legend(fontsize=8)
    plt.show()


def show_decisions(
    image_hu: np.ndarray, panels: Mapping[str, Decisions], top: int, left: int, side: int
) -> None:
    """Show a square of a slice with its blocks and the directions they were predicted along.

    Parameters
    ----------
    image_hu : ndarray, shape (height, width)
        The slice, shown in the bone window.
    panels : mapping of str to Decisions
        Title, and what was decided about the slice.
    top, left, side : int
        The square, in samples.
    """
    figure, axes = plt.subplots(
        1, len(panels), figsize=(5 * len(panels) + 0.4, 4.8), squeeze=False, layout="constrained"
    )
    for panel, (title, decided) in zip(axes[0], panels.items(), strict=True):
        shown = panel.imshow(image_hu, cmap="gray", vmin=BONE.low, vmax=BONE.high)
        for row, column in np.argwhere(decided.starts):  # the first unit of each block
            y, x = UNIT * row, UNIT * column
            if top <= y < top + side and left <= x < left + side:
                height, width = decided.heights[row, column], decided.widths[row, column]
                _frame(panel, y, x, height, width)
                _draw_direction(panel, y, x, min(height, width), decided.modes[row, column])
        panel.set(xlim=(left - 1, left + side), ylim=(top + side, top - 1))
        panel.set_title(title, fontsize=10)
        panel.set_axis_off()
    figure.colorbar(shown, ax=axes, label="HU", shrink=0.9)
    plt.show()


def _frame(axes: Axes, y: int, x: int, height: int, width: int) -> None:
    corner = (x - 0.5, y - 0.5)
    axes.add_patch(plt.Rectangle(corner, width, height, fill=False, edgecolor="tab:orange", lw=0.6))


def _draw_direction(axes: Axes, y: int, x: int, side: int, mode: int) -> None:
    """Draw a line along the slant of a mode in the middle of a block; a dot for planar and DC."""
    middle = np.array([x, y]) + (side - 1) / 2
    if mode in (PLANAR, DC):
        axes.plot(*middle, ".", color="tab:cyan", markersize=2)
        return
    slant = ANGLE[mode] / 32
    along = np.array([slant, -1]) if mode >= FIRST_VERTICAL else np.array([-1, slant])
    ends = middle + 0.35 * side * np.outer([-1, 1], along)
    axes.plot(ends[:, 0], ends[:, 1], color="tab:cyan", linewidth=0.9)
