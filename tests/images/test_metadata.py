"""What is kept of a header, and what is said of the rest."""

import numpy as np
import pytest
from pydicom import Dataset

from mmpc.images.dicom.metadata import collect_metadata, pick_single_frame
from tests.images.making import make_dataset

PIXELS = np.zeros((4, 5), np.uint16)


def header(**elements):
    dataset = make_dataset(PIXELS, PatientName="Doe^Jane", **elements)
    dataset.add_new(0x00080000, "UL", 90)  # a group's length
    dataset.add_new(0x00091001, "LO", "private")
    dataset.add_new(0x00090010, "LO", "VENDOR")
    return dataset


def collected(dataset, mode="full", index=0):
    return collect_metadata(dataset, index, PIXELS, mode)


def test_a_whole_header_but_for_pixels_and_lengths():
    found = collected(header())
    assert set(found.metadata) == {"dicom", "complete"} and found.notes == ()
    assert {"00100010", "00091001", "00280010"} <= set(found.metadata["dicom"])
    assert not {"7FE00010", "00080000"} & set(found.metadata["dicom"])


@pytest.mark.parametrize(("mode", "count"), [("whitelist", 4), ("none", 11)])
def test_what_has_a_value_and_is_left_out_is_named(mode, count):
    dataset = header(OperatorsName="x", StationName="", SpecificCharacterSet="ISO_IR 100")
    found = collected(dataset, mode)
    assert set(found.metadata) == {"dicom"}
    (note,) = found.notes
    assert f"--metadata {mode} leaves out {count} elements" in note
    assert "OperatorsName" in note
    assert "StationName" not in note and "SpecificCharacterSet" not in note


def test_four_names_and_a_number():
    dataset = make_dataset(PIXELS, ImageComments="x", PatientComments="x", OperatorsName="x")
    (note,) = collected(dataset, "whitelist").notes
    assert "leaves out 4 elements" in note and note.endswith("ImageComments, SamplesPerPixel")
    dataset.StationName = "x"
    (note,) = collected(dataset, "whitelist").notes
    assert "leaves out 5 elements" in note and note.endswith(" and 1 more")


def test_damaged_elements_are_named_and_only_they_are_lost():
    dataset = header()
    dataset.add_new(0x00089459, "FL", float("nan"))
    found = collected(dataset)
    assert found.metadata["unreadable"] == ["00089459"]
    assert found.notes == ("not kept since they are damaged: RecommendedDisplayFrameRateInFloat",)


def frames(count):
    dataset = make_dataset(np.zeros((count, 4, 5), np.uint16) if count > 1 else PIXELS)
    dataset.NumberOfFrames = count
    measures, group = Dataset(), Dataset()
    measures.PixelSpacing = [0.5, 0.25]
    group.PixelMeasuresSequence = [measures]
    dataset.SharedFunctionalGroupsSequence = [group]
    return dataset


@pytest.mark.parametrize("mode", ["full", "whitelist", "none"])
def test_a_frame_of_several_has_its_number_and_no_groups(mode):
    found = collected(frames(3), mode, 2)
    assert found.metadata.get("frame") == (None if mode == "none" else 2)
    assert "complete" not in found.metadata
    elements = found.metadata["dicom"]
    assert not {"00280008", "52009229"} & set(elements)
    assert ("00280030" in elements) == (mode != "none")
    assert (mode != "full") or found.notes[0].startswith("not kept of a multi-frame object: ")


def test_a_single_frame_is_no_multi_frame_object_any_more():
    dataset = frames(1)
    pick_single_frame(dataset)
    assert dataset.PixelSpacing == [0.5, 0.25]
    assert "SharedFunctionalGroupsSequence" not in dataset and "NumberOfFrames" not in dataset
    plain = make_dataset(PIXELS, NumberOfFrames=1)
    pick_single_frame(plain)
    assert plain.NumberOfFrames == 1
