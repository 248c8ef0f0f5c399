"""The figures of lessons 7 to 11 show what they are given."""

import numpy as np
import pytest

pytest.importorskip("ipywidgets", reason="ipywidgets is in the extra mmpc[notebooks]")
pytest.importorskip("matplotlib", reason="matplotlib is in the extra mmpc[notebooks]")

import matplotlib.pyplot as plt

from mmpc.explore.coding_figures import show_decisions, show_energies, show_intervals, show_known
from mmpc.explore.cut_figures import draw_cut, figure_knob
from mmpc.explore.decisions import square_decisions
from mmpc.explore.figures import show_curves, show_prices
from mmpc.explore.square_blocks import SquareBlocks
from mmpc.explore.trellis_figures import show_cells, show_machine, show_trellis


@pytest.fixture
def shown(monkeypatch):
    """Return a function that gives the axes of the figure that was shown last."""
    monkeypatch.setattr(plt, "show", lambda: None)
    yield lambda: plt.gcf().axes
    plt.close("all")


def test_figures_of_coding_draw_what_they_are_given(shown):
    show_intervals([1, 0], [(0, 1), (0, 0.25), (0.0625, 0.1875)], 0.25)
    assert [label.get_text() for label in shown()[0].get_yticklabels()][1:] == [
        "after 1",
        "after 1 0",
    ]
    show_curves({"one": ([0, 1], [2, 3]), "two": ([0, 1], [3, 2])}, "x", "y", ylim=(0, 5))
    assert len(shown()[0].lines) == 2 and shown()[0].get_ylim() == (0, 5)
    show_prices({"prices": np.ones((4, 4))}, image_hu=np.zeros((32, 32)))
    assert [axes.get_title() for axes in shown()[:2]] == ["slice, bone window", "prices"]
    show_energies(np.arange(1, 36) * 1000.0, 5000.0)
    assert len(shown()[0].patches) == 35


def test_known_and_decided_blocks_are_drawn(shown):
    image = np.random.default_rng(0).normal(size=(64, 64))
    show_known(image, SquareBlocks(image.shape, 8, 0), 8, 16)
    known = shown()[1].images[0].get_array()
    assert np.ma.count(np.ma.masked_invalid(known)) == 6 * 64  # six blocks come before
    decided = square_decisions(np.array([[1, 26], [0, 10]]), 32)
    show_decisions(image, {"all": decided}, 0, 0, 64)
    assert len(shown()[0].patches) == 4 and len(shown()[0].lines) == 4


def test_choices_are_drawn(shown):
    ways = np.array([[100.0, 5.0], [50.0, 9.0], [40.0, 30.0], [90.0, 20.0]])
    sizes = np.array([[4, 4], [4, 4]])
    figure = draw_cut(ways, ways[:3], (50.0, 9.0), 2.0, np.zeros((8, 8)), sizes)
    assert len(figure.axes[1].patches) == 4
    knob = figure_knob(
        lambda side: draw_cut(
            ways, ways[:3], (50.0, 9.0), 2.0, np.zeros((8, 8)), np.full((2, 2), side)
        ),
        [4, 8],
        4,
        "side",
    )
    before = bytes(knob.children[1].value)
    knob.children[0].value = 8
    assert bytes(knob.children[1].value) != before and before.startswith(b"\x89PNG")


def test_trellis_machine_and_cells_are_drawn(shown):
    stages = [
        [((0, 2), 1.0, (0,)), ((0, 1), 2.0, (1,))],
        [((0, 2), 1.5, (0, 0)), ((0, 0), 3.0, (1, 0))],
    ]
    show_trellis(stages, ("after a zero", "after more", "nothing yet"))
    orange = [line for line in shown()[0].lines if line.get_color() == "tab:orange"]
    assert [list(line.get_ydata()) for line in orange] == [[2, 2], [2, 2]]
    show_machine([0, 0, 1, 1], [(0, 2), (2, 0), (1, 3), (3, 1)], lambda n, q: max(2 * n - q, 0))
    words = [text.get_text() for text in shown()[1].texts]
    assert words.count("even") == words.count("odd") == 4
    show_cells(np.array([[3.0, 3.0], [9.0, 9.0]]), {"two": np.array([[2.0, 2.0], [8.0, 8.0]])})
    assert np.unique(shown()[0].collections[0].get_array()).size == 2
