"""What slices have in common is said once, and each slice's own comes back."""

import pytest

from mmpc.errors import MetadataError
from mmpc.images.dicom.series_metadata import join_metadata, slice_metadata, varying_lines


def number(value):
    return {"vr": "DS", "Value": [value]}


SLICES = [
    {"dicom": {"00281053": number(1), "00201041": number(-5)}, "complete": True},
    {"dicom": {"00281053": number(1), "00201041": number(0)}, "complete": True, "frame": 4},
    {"dicom": {"00281053": number(1), "00080005": number(9)}, "complete": True},
]


def test_what_is_common_is_said_once():
    joined = join_metadata(SLICES)
    assert joined == {
        "dicom": {"00281053": number(1)},
        "complete": True,
        "slices": [
            {"dicom": {"00201041": number(-5)}},
            {"dicom": {"00201041": number(0)}, "frame": 4},
            {"dicom": {"00080005": number(9)}},
        ],
    }
    assert [slice_metadata(joined, index, 3) for index in range(3)] == SLICES


@pytest.mark.parametrize("other", [1.0, True, "1"])
def test_values_that_json_tells_apart_are_not_common(other):
    slices = [{"dicom": {"00281053": number(1)}}, {"dicom": {"00281053": number(other)}}]
    joined = join_metadata(slices)
    assert joined["dicom"] == {}
    assert [repr(slice_metadata(joined, index, 2)) for index in range(2)] == list(map(repr, slices))


def test_a_slice_s_own_is_on_top():
    metadata = {"dicom": {"a": 1, "b": 2}, "frame": 0, "slices": [{"dicom": {"b": 3}, "frame": 7}]}
    assert slice_metadata(metadata, 0, 1) == {"dicom": {"a": 1, "b": 3}, "frame": 7}


def test_a_volume_that_is_no_series_has_nothing_to_say_of_slices():
    metadata = {"nifti": "header"}
    assert slice_metadata(metadata, 1, 2) is metadata


@pytest.mark.parametrize("slices", [{}, "ab", [{}], [{}, {}, {}]])
def test_another_number_of_slices_is_refused(slices):
    with pytest.raises(MetadataError, match="do not describe the 2 slices of the stream"):
        slice_metadata({"slices": slices}, 0, 2)


@pytest.mark.parametrize(
    "metadata",
    [
        {"slices": [{}, "text"]},
        {"slices": [{}, {"dicom": "text"}]},
        {"dicom": ["text"], "slices": [{}, {}]},
    ],
)
def test_elements_that_are_none_are_refused(metadata):
    with pytest.raises(MetadataError, match="of slice 1 are not DICOM elements in JSON"):
        slice_metadata(metadata, 1, 2)


def test_lines_of_the_first_and_the_last_slice():
    slices = [{"dicom": {"00201041": number(index)}, "frame": index} for index in range(3)]
    lines = varying_lines(slices)
    assert [line for line in lines if line.startswith("slice")] == ["slice 0:", "slice 2:"]
    assert [line for line in lines if "frame" in line] == ["  frame 0", "  frame 2"]
    assert [line.split()[-1] for line in lines if "SliceLocation" in line] == ["0", "2"]
    assert varying_lines(slices[:1])[0] == "slice 0:" and len(varying_lines(slices[:1])) == 3
    assert varying_lines(["text"]) == ["slice 0:"]
    assert varying_lines("text") == []
