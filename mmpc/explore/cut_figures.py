"""Figures of lesson 10: the ways to cut a square and the choice of one, with a knob to turn."""

import io
from collections.abc import Callable, Sequence

import ipywidgets
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from mmpc.explore.figures import BONE


def draw_cut(
    ways: np.ndarray, hull: np.ndarray, chosen: tuple[float, float], weight: float,
    square_hu: np.ndarray, sizes: np.ndarray,
) -> Figure:  # fmt: skip
    """Return a figure: all ways with the line that touches them, and the square as it is cut.

    Parameters
    ----------
    ways, hull : ndarray, shape (n, 2)
        D in HU² and R in bits of ways to cut the square, and of the corners of their hull.
    chosen : tuple of float
        D and R of the chosen way.
    weight : float
        Lambda in HU² per bit.
    square_hu : ndarray, shape (side, side)
        The square in Hounsfield units.
    sizes : ndarray of integers, shape (side / 4, side / 4)
        Side of the block that each unit of 4 x 4 belongs to.
    """
    figure, (cloud, square) = plt.subplots(
        1, 2, figsize=(9.6, 3.8), width_ratios=(1.5, 1), layout="constrained"
    )
    d, r = chosen
    cloud.plot(ways[:, 1], ways[:, 0] / 1000, ".", color="0.75", markersize=2)
    cloud.plot(hull[:, 1], hull[:, 0] / 1000, "k.-", linewidth=0.8, label="convex hull")
    at = np.array([ways[:, 1].min(), ways[:, 1].max()])
    cloud.plot(at, (d - weight * (at - r)) / 1000, color="tab:orange", label="equal cost")
    cloud.plot(r, d / 1000, "o", color="tab:orange", label="chosen")
    low, high = ways[:, 0].min() / 1000, ways[:, 0].max() / 1000
    margin = 0.05 * (high - low)
    cloud.set(xlabel="R, bits", ylabel="D, thousand HU²", ylim=(low - margin, high + margin))
    cloud.set(xlim=(at[0] - 0.05 * np.ptp(at), at[1] + 0.05 * np.ptp(at)))
    cloud.set_title(f"lambda = {weight:.0f} HU² per bit", fontsize=10)
    cloud.legend(fontsize=8, loc="upper right")
    shown = square.imshow(square_hu, cmap="gray", vmin=BONE.low, vmax=BONE.high)
    for i, j in np.ndindex(sizes.shape):
        y, x, side = 4 * i, 4 * j, sizes[i, j]
        if y % side == 0 and x % side == 0:
            corner = (x - 0.5, y - 0.5)
            square.add_patch(
                plt.Rectangle(corner, side, side, fill=False, edgecolor="tab:orange", lw=1)
            )
    square.set(xlim=(-1, square_hu.shape[1]), ylim=(square_hu.shape[0], -1))
    square.set_axis_off()
    figure.colorbar(shown, ax=square, label="HU", shrink=0.9)
    return figure


def figure_knob(
    draw: Callable[[float], Figure], options: Sequence[float], value: float, description: str
) -> ipywidgets.VBox:
    """Return a slider over a few values, and below it the figure that `draw` makes of one."""
    knob = ipywidgets.SelectionSlider(
        options=options, value=value, description=description, continuous_update=False
    )
    knob.style.description_width = "initial"
    knob.layout.width = "60%"
    picture = ipywidgets.Image(format="png")

    def redraw(_change=None):
        png = io.BytesIO()
        figure = draw(knob.value)
        figure.savefig(png, format="png", dpi=90)
        plt.close(figure)
        picture.value = png.getvalue()

    knob.observe(redraw, names="value")
    redraw()
    return ipywidgets.VBox([knob, picture])
