"""One page with a tab for each instrument; one is made when its tab is first looked at."""

from collections.abc import Callable, Sequence
from importlib import import_module

import ipywidgets

# The tabs: modules of this folder, and what makes the instrument. They are imported late, since
# what only one of them needs (numba, SciPy) would else keep all others waiting.
MAKERS = {
    "slider": "quality_slider",
    "microscope": "microscope",
    "stack": "stack",
    "walker": "walker",
    "predictor": "predictor",
    "lesion": "lesion",
}


def make(name: str) -> ipywidgets.Widget:
    """Return one of the instruments."""
    return getattr(import_module(f"mmpc.explore.instruments.{name}"), MAKERS[name])()


def instruments(
    names: Sequence[str] = tuple(MAKERS), make: Callable[[str], ipywidgets.Widget] = make
) -> ipywidgets.Tab:
    """Return the tabs, of which the first is seen.

    Parameters
    ----------
    names : sequence of str
        Titles of the tabs.
    make : callable
        Takes a title and returns the instrument.
    """
    tabs = ipywidgets.Tab([ipywidgets.HTML(f"the {name} is being set up ...") for name in names])
    made: set[int] = set()

    def show(_change: object = None) -> None:
        index = tabs.selected_index
        if index is not None and index not in made:
            made.add(index)
            children = list(tabs.children)
            children[index] = make(names[index])
            tabs.children = children

    for index, name in enumerate(names):
        tabs.set_title(index, name)
    tabs.selected_index = 0
    show()
    tabs.observe(show, names="selected_index")
    return tabs
