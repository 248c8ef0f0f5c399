"""The tables in results/ were measured at the settings that the code has."""

import csv

import pytest

from mmpc.evaluation import (
    ablations,
    padding_ablation,
    promises,
    tasks_codecs,
    tasks_measurements,
    tool_ablations,
    volumes,
)
from mmpc.evaluation.catalogue import PEERS
from mmpc.evaluation.our_codecs import find_our_codec
from tests.conftest import ROOT


def measured(name, *columns):
    """Return what stands in some columns of a table, settings as numbers."""
    with open(ROOT / "results" / f"{name}.csv", encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    return {tuple(_number(row[column]) for column in columns) for row in rows}


def _number(text):
    return float(text) if text.replace(".", "", 1).isdigit() else text


@pytest.mark.parametrize(
    ("name", "points"),
    [
        ("ablation_points", ablations.ablation_points()),
        ("padding_points", padding_ablation.padding_points()),
        ("promise_points", promises.bound_points()),
        ("tool_points", tool_ablations.tool_points()),
    ],
)
def test_points_of_experiments(name, points):
    assert measured(name, "codec", "quality") == set(points)
    assert len(set(points)) == len(points)


def test_sweeps_of_the_standards_and_of_ours():
    found = measured("peer_points", "codec", "quality")
    codecs = {codec for codec, _ in found}
    assert {"openjpeg", "charls", "libjxl", "x265", "mmpc-v1", "mmpc-v2-default"} <= codecs
    for codec in codecs:
        sweep = PEERS[codec].sweep if codec in PEERS else find_our_codec(codec).sweep
        assert {setting for name, setting in found if name == codec} == set(sweep)


def test_volumes():
    ours = {(name, float(step)) for name in volumes.OUR_CODECS for step in volumes.STEPS}
    video = {(one.name, float(qp)) for one in volumes.VIDEO_CODECS for qp in one.sweep}
    assert measured("volume_points", "codec", "setting") == ours | video


def test_tasks():
    sheets = measured("tasks", "codec", "quality") - {("original", 0.0)}
    for codec, settings in tasks_codecs.SHEET_SETTINGS.items():
        found = {setting for name, setting in sheets if name == codec}
        assert not found or found == set(settings)
    for codec, settings in tasks_measurements.SLICE_SETTINGS.items():
        found = {
            setting
            for name, setting in measured("tasks_measurements", "codec", "quality")
            if name == codec
        }
        assert not found or found == set(settings)


def test_gains_of_regions():
    assert measured("regions", "gain") == {(gain,) for gain in promises.GAINS}
