"""The page of all instruments: made tab by tab, and the notebook is what its source says."""

from importlib import import_module

import nbformat
import pytest

pytest.importorskip("ipywidgets", reason="it is in the extra mmpc[notebooks]")
pytest.importorskip("data_store", reason="pydicom-data holds the images of the lessons")

import ipywidgets

from mmpc.explore.instruments.page import MAKERS, instruments, make
from tests.conftest import ROOT


def test_instruments_are_made_when_their_tab_is_opened():
    made = []

    def make(name):
        made.append(name)
        return ipywidgets.HTML(name)

    tabs = instruments(("one", "two", "three"), make)
    assert made == ["one"]
    tabs.selected_index = 2
    tabs.selected_index = 0
    tabs.selected_index = 2
    assert made == ["one", "three"]
    assert tabs.children[2].value == "three" and "set up" in tabs.children[1].value


def test_all_instruments_are_there():
    for name, maker in MAKERS.items():
        assert callable(getattr(import_module(f"mmpc.explore.instruments.{name}"), maker))
    assert isinstance(make("walker"), ipywidgets.VBox)


def test_the_page_is_its_source(tools):
    source = ROOT / "notebooks" / "pages" / "instruments.py"
    notebook = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    wanted, found = (
        [(cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in cells]
        for cells in (tools.pairs.read_source(source).cells, notebook.cells)
    )
    assert wanted == found
