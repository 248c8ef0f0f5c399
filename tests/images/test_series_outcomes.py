"""The table of what becomes of each series: its rows are what the code does today."""

import csv

import pytest

from tests.conftest import ROOT
from tests.images import outcomes
from tests.images.series_outcomes import packaged_sets, rows_of_set

pytestmark = pytest.mark.skipif(
    bool(outcomes.tools_missing()), reason="dicom3tools or dcmtk is not installed"
)


@pytest.fixture(scope="module")
def table():
    path = ROOT / "results" / "series_outcomes.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_same_objects_come_out_of_every_series(table):
    """But for a loss that a header did not tell; of a multi-frame object, one for each frame."""
    assert sum("a volume of" in row["outcome"] for row in table) >= 6
    for row in table:
        assert "WRONG" not in row["objects_again"] and "none" not in row["objects_again"]


@pytest.mark.parametrize("name", ["dicomdirtests/77654033", "dicomdirtests/98892003"])
def test_the_rows_are_those_of_this_code(table, name):
    rows = rows_of_set(name, packaged_sets()[name])
    made = [{key: str(value) for key, value in row.items() if value} for row in rows]
    kept = [{key: value for key, value in row.items() if value} for row in table]
    assert made == [row for row in kept if row["set"] == name]
