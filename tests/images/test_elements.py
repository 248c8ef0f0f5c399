"""One value of a header: numbers, pairs, and where an element of a frame stands."""

import logging
import warnings

import pytest
from pydicom import Dataset

from mmpc.images.dicom.elements import (
    IN_GROUP,
    frame_element,
    frame_value,
    integer,
    number,
    pair,
    printable,
    quiet_pydicom,
    reason_of,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, None), ("", None), ([], None), (["3", "4"], 3.0), ("2.5", 2.5), (0, 0.0), ([0], 0.0)],
)
def test_the_first_of_some_numbers(value, expected):
    assert number(value) == expected


@pytest.mark.parametrize("value", ["nan", float("inf"), "x", ["-inf"]])
def test_what_is_no_number(value):
    with pytest.raises(ValueError):
        number(value)


@pytest.mark.parametrize("value", [None, "", [], ()])
def test_no_pair(value):
    assert pair(value) is None


def test_two_numbers():
    assert pair(["0.5", 0]) == (0.5, 0.0)


@pytest.mark.parametrize("value", [[1], [1, 2, 3], ["", 1], [1, None], ["x", 1], "1", [1, "nan"]])
def test_what_is_no_pair(value):
    with pytest.raises(ValueError):
        pair(value)


def test_an_integer_or_what_stands_for_it():
    dataset = Dataset()
    dataset.InstanceNumber, dataset.SeriesNumber, dataset.Rows = "", "0", 7
    assert integer(dataset, "Rows", 1) == 7
    assert integer(dataset, "SeriesNumber", 1) == 0
    assert integer(dataset, "InstanceNumber", 1) == integer(dataset, "Columns", 1) == 1
    assert integer(dataset, "Columns") is None


def group(**elements):
    made = Dataset()
    for keyword, value in elements.items():
        setattr(made, keyword, value)
    return made


@pytest.fixture
def frames():
    """Three frames: slopes of their own but for the last, whose is the shared one."""
    dataset = Dataset()
    dataset.PerFrameFunctionalGroupsSequence = [
        group(PixelValueTransformationSequence=[group(RescaleSlope=2)]),
        group(PixelValueTransformationSequence=[group(RescaleSlope=3)]),
        group(),
    ]
    dataset.SharedFunctionalGroupsSequence = [
        group(
            PixelValueTransformationSequence=[group(RescaleSlope=4)],
            DerivationImageSequence=[group(DerivationDescription="shared")],
        )
    ]
    return dataset


def test_a_frame_s_own_comes_before_the_shared(frames):
    place = ("PixelValueTransformationSequence", "RescaleSlope")
    assert [frame_value(frames, index, *place) for index in range(4)] == [2, 3, 4, 4]
    assert frame_value(frames, 0, None, "RescaleSlope") is None
    assert frame_element(frames, 0, "PixelMeasuresSequence", "PixelSpacing") is None
    found = frame_value(frames, 1, IN_GROUP, "DerivationImageSequence")
    assert found[0].DerivationDescription == "shared"


def test_what_stands_at_the_top_is_meant(frames):
    frames.RescaleSlope = 9
    assert frame_value(frames, 0, "PixelValueTransformationSequence", "RescaleSlope") == 9
    frames.RescaleSlope = None
    assert frame_value(frames, 0, "PixelValueTransformationSequence", "RescaleSlope") == 2


def test_texts_for_messages():
    assert printable("a\n b\t\x1b[31m") == "a b  [31m"
    assert reason_of(ValueError("bad\nTraceback (most recent call last):\n File")) == "bad"
    assert reason_of(ValueError("")) == "ValueError"
    assert len(reason_of(ValueError("x" * 300))) == 200


def test_pydicom_is_quiet_and_may_speak_again(caplog):
    logger = logging.getLogger("pydicom")
    with warnings.catch_warnings(record=True) as caught, quiet_pydicom():
        warnings.simplefilter("always", append=True)
        warnings.warn("anything", stacklevel=1)
        logger.warning("anything")
    assert not caught and not caplog.records and not logger.disabled
