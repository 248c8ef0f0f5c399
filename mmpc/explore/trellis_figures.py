"""Figures of lesson 11: paths of a trellis, two quantizers that take turns, and their cells."""

from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes

QUANTIZER_COLOURS = ("tab:blue", "tab:orange")


def show_trellis(stages: Sequence[Sequence[tuple]], names: Sequence[str]) -> None:
    """Show the paths that a search kept, and in orange the cheapest of all.

    Parameters
    ----------
    stages : sequence of lists of paths
        After each coefficient; a path is its node, its cost and its levels, and a node a state and
        what came before.
    names : sequence of str
        What may have come before: a zero, a one, more, nothing yet.
    """
    nothing_yet = len(names) - 1
    best = min(stages[-1], key=lambda path: path[1])[2]
    axes = plt.figure(figsize=(10, 3.2), layout="constrained").add_subplot()
    for i, kept in enumerate(stages):
        for (_, after), _, levels in kept:
            before = min(levels[-2], 2) if any(levels[:-1]) else nothing_yet
            is_best = levels == best[: i + 1]
            style = {"color": "tab:orange", "lw": 2.5} if is_best else {"color": "0.6", "lw": 0.8}
            axes.plot([i, i + 1], [before, after], **style, zorder=2 + is_best)
            middle = (i + 0.6, 0.4 * before + 0.6 * after)
            box = {"boxstyle": "round,pad=0.1", "fc": "w", "ec": "none"}
            axes.text(*middle, levels[-1], fontsize=8, ha="center", va="center", zorder=5, bbox=box)
            axes.plot(i + 1, after, "ko", markersize=3, zorder=6)
    axes.set(xlabel="coefficients, from the fastest wave to the slowest")
    axes.set(xticks=range(len(stages) + 1), yticks=range(len(names)), yticklabels=names)
    plt.show()


def show_machine(
    quantizer: Sequence[int], next_state: Sequence[Sequence[int]], point: Callable[[int, int], int]
) -> None:
    """Show the points of two quantizers, and four states that choose between them.

    Parameters
    ----------
    quantizer : sequence of int
        By state.
    next_state : sequence of pairs
        By state, behind an even and an odd level.
    point : callable
        What a magnitude means in a quantizer, in small steps.
    """
    figure = plt.figure(figsize=(10.5, 3.4), layout="constrained")
    line, states = figure.subplots(1, 2, width_ratios=(1.35, 1))
    for number, colour in enumerate(QUANTIZER_COLOURS):
        for level in range(-3, 4):
            at = np.sign(level) * point(abs(level), number)
            line.plot(at, -number, "o", color=colour)
            line.text(at, -number + 0.18, level, ha="center", color=colour)
    line.set(yticks=(0, -1), yticklabels=("first quantizer", "second quantizer"), ylim=(-1.5, 0.6))
    line.set(xlabel="reconstructed coefficient, in small steps; beside the points their levels")
    line.grid(axis="x", alpha=0.4)
    corners = np.array([(0, 1), (0, 0), (1.4, 1), (1.4, 0)])
    for state, following in enumerate(next_state):
        circle = {"boxstyle": "circle,pad=0.5", "fc": QUANTIZER_COLOURS[quantizer[state]]}
        states.text(*corners[state], state, color="w", ha="center", va="center", zorder=4,
                    bbox={**circle, "ec": "none"})  # fmt: skip
        for name, target in zip(("even", "odd"), following, strict=True):
            _draw_arrow(states, corners[state], corners[target], name)
    states.set(xlim=(-0.6, 2), ylim=(-0.35, 1.35), title="which quantizer, by the state")
    states.set_axis_off()
    plt.show()


def show_cells(spread: np.ndarray, panels: Mapping[str, np.ndarray]) -> None:
    """Show which of the points is nearest to each of many places.

    Parameters
    ----------
    spread : ndarray, shape (n, 2)
        The places, from 2 to 10 small steps.
    panels : mapping of str to ndarray, shape (m, 2)
        Title and points.
    """
    figure = plt.figure(figsize=(3.8 * len(panels), 3.7), layout="constrained")
    axes = figure.subplots(1, len(panels), squeeze=False)
    for panel, (title, points) in zip(axes[0], panels.items(), strict=True):
        nearest = np.square(spread[:, np.newaxis] - points).sum(axis=2).argmin(axis=1)
        panel.scatter(*spread.T, c=nearest * 7 % 20, cmap="tab20", s=1, alpha=0.25)
        panel.plot(*points.T, "k.", markersize=5)
        panel.set(xlim=(2, 10), ylim=(2, 10), aspect="equal", title=title)
        panel.set(xlabel="first coefficient, small steps")
    axes[0, 0].set(ylabel="second coefficient, small steps")
    plt.show()


def _draw_arrow(axes: Axes, start: np.ndarray, end: np.ndarray, name: str) -> None:
    """Draw an arrow with a name between two states, or a loop beside one."""
    style = {"arrowstyle": "->", "color": "0.3"}
    if np.array_equal(start, end):
        side = 1 if start[0] else -1
        loop = np.array([0, 0.1])
        style["connectionstyle"] = f"arc3,rad={-1.9 * side}"
        axes.annotate("", start - loop, start + loop, arrowprops=style)
        where = start + np.array([0.36 * side, 0])
    else:
        style |= {"shrinkA": 15, "shrinkB": 15, "connectionstyle": "arc3,rad=-0.12"}
        axes.annotate("", end, start, arrowprops=style)
        across = (end - start) @ [[0, -1], [1, 0]] / np.hypot(*(end - start))
        where = start + 0.36 * (end - start) - 0.09 * across
    axes.text(*where, name, ha="center", va="center", fontsize=8)
