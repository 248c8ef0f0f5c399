"""One page with a tab for each instrument; one is made when its tab is first looked at."""

from collections.abc import Callable, Mapping

import ipywidgets

from mmpc.explore.instruments.lesion import lesion
from mmpc.explore.instruments.microscope import microscope
from mmpc.explore.instruments.predictor import predictor
from mmpc.explore.instruments.slider import quality_slider
from mmpc.explore.instruments.stack import stack
from mmpc.explore.instruments.walker import walker

INSTRUMENTS = {
    "slider": quality_slider,
    "microscope": microscope,
    "stack": stack,
    "walker": walker,
    "predictor": predictor,
    "lesion": lesion,
}


def instruments(
    makers: Mapping[str, Callable[[], ipywidgets.Widget]] = INSTRUMENTS, first: str = "slider"
) -> ipywidgets.Tab:
    """Return the tabs.

    Parameters
    ----------
    makers : mapping of str to callable
        Title of each tab and what makes its instrument.
    first : str
        The tab that is seen first.
    """
    names = list(makers)
    tabs = ipywidgets.Tab([ipywidgets.HTML(f"the {name} is being set up ...") for name in names])
    made: set[int] = set()

    def show(_change: object = None) -> None:
        index = tabs.selected_index
        if index is not None and index not in made:
            made.add(index)
            children = list(tabs.children)
            children[index] = makers[names[index]]()
            tabs.children = children

    for index, name in enumerate(names):
        tabs.set_title(index, name)
    tabs.selected_index = names.index(first)
    show()
    tabs.observe(show, names="selected_index")
    return tabs
