"""What no object may have is taken out of a header, and nothing else."""

import pytest
from pydicom import DataElement, Dataset
from pydicom.datadict import dictionary_VR

from mmpc.images.dicom.mending import mend

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def mended(**elements):
    """Return what becomes of some elements."""
    dataset = Dataset()
    for keyword, value in elements.items():
        dataset.add(DataElement(keyword, dictionary_VR(keyword), value))
    mend(dataset)
    return dataset


@pytest.mark.parametrize("keyword", ["PixelSpacing", "ImagerPixelSpacing"])
@pytest.mark.parametrize(
    ("spacing", "aspect", "kept"),
    [
        ([0.5, 0.5], None, {"spacing"}),
        ([0.5, 0.5], [1, 2], {"spacing"}),
        ([0, 0.5], [1, 2], {"aspect"}),
        ([0.5, -1], None, set()),
        (None, [1, 2], {"aspect"}),
        (None, [], set()),
    ],
)
def test_a_spacing_is_positive_and_an_aspect_stands_in_its_place(keyword, spacing, aspect, kept):
    given = {keyword: spacing, "PixelAspectRatio": aspect}
    dataset = mended(**{name: value for name, value in given.items() if value is not None})
    assert (keyword in dataset) == ("spacing" in kept)
    assert ("PixelAspectRatio" in dataset) == ("aspect" in kept)


@pytest.mark.parametrize(("given", "expected"), [(-2, 2), (3, 3), (0, 0), (None, None)])
def test_a_distance_has_no_sign(given, expected):
    assert mended(SpacingBetweenSlices=given).SpacingBetweenSlices == expected
    assert "SpacingBetweenSlices" not in mended()


@pytest.mark.parametrize(("given", "kept"), [([0, 0, 0], False), ([0, 0, 1], True), ([], False)])
def test_a_direction_of_no_length_is_none(given, kept):
    dataset = mended(VelocityEncodingDirection=given)
    assert ("VelocityEncodingDirection" in dataset) == kept


@pytest.mark.parametrize(("frame", "kept"), [("1.2.1", False), ("1.2.2", False), ("1.2.3", True)])
def test_a_frame_of_reference_is_no_study_and_no_series(frame, kept):
    dataset = mended(StudyInstanceUID="1.2.1", SeriesInstanceUID="1.2.2", FrameOfReferenceUID=frame)
    assert ("FrameOfReferenceUID" in dataset) == kept


@pytest.mark.parametrize(
    ("given", "laterality"),
    [
        ({"BodyPartExamined": "KNEE"}, None),
        ({"BodyPartExamined": "KNEE", "Laterality": "R"}, "R"),
        ({"BodyPartExamined": "SKULL", "Laterality": ""}, "absent"),
        ({"BodyPartExamined": "SKULL", "Laterality": "L"}, "L"),
        ({"BodyPartExamined": "KNEE", "ImageLaterality": "R"}, "absent"),
        ({}, None),
    ],
)
def test_a_side_is_asked_for_where_there_are_two(given, laterality):
    dataset = mended(**given)
    found = dataset["Laterality"].value if "Laterality" in dataset else "absent"
    assert (found or None) == laterality


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"RescaleIntercept": 0, "Modality": "CT"}, "HU"),
        ({"RescaleIntercept": 0, "Modality": "MR"}, "US"),
        ({"RescaleIntercept": 0, "RescaleType": "OD", "Modality": "CT"}, "OD"),
        ({"Modality": "CT"}, None),
    ],
)
def test_a_rescale_has_a_type(given, expected):
    assert mended(**given).get("RescaleType") == expected


@pytest.mark.parametrize(
    ("removed", "how", "expected"),
    [
        ("YES", None, "not stated by the original"),
        ("YES", "by hand", "by hand"),
        ("NO", None, None),
        (None, None, None),
    ],
)
def test_how_an_identity_was_removed_is_said(removed, how, expected):
    given = {"PatientIdentityRemoved": removed, "DeidentificationMethod": how}
    dataset = mended(**{name: value for name, value in given.items() if value})
    assert dataset.get("DeidentificationMethod") == expected


def test_a_code_says_as_well_how():
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "113100", "DCM", "Basic"
    dataset = mended(PatientIdentityRemoved="YES", DeidentificationMethodCodeSequence=[code])
    assert "DeidentificationMethod" not in dataset
    del code.CodeMeaning  # now it is no code
    dataset = mended(PatientIdentityRemoved="YES", DeidentificationMethodCodeSequence=[code])
    assert dataset.DeidentificationMethod == "not stated by the original"


def test_private_elements_need_a_creator():
    dataset = Dataset()
    dataset.add_new(0x0009000F, "LO", "no creator can stand here")
    dataset.add_new(0x00090010, "LO", "VENDOR")
    dataset.add_new(0x00091001, "LO", "x")
    mend(dataset)
    assert [tag for tag in dataset.keys() if tag.is_private] == [0x00090010, 0x00091001]  # noqa: SIM118


def test_illegal_values_are_emptied_and_illegal_uids_replaced():
    dataset = mended(StudyDate="20201301x", StudyID="1", SOPInstanceUID="1.02", KVP="120")
    assert not dataset.StudyDate and dataset.StudyID == "1" and dataset.KVP == 120
    assert dataset.SOPInstanceUID.startswith("2.25.")
    assert dataset.SOPInstanceUID == mended(SOPInstanceUID="1.02").SOPInstanceUID
    assert mended(SOPInstanceUID="1.2.3").SOPInstanceUID == "1.2.3"
    several = mended(RelatedGeneralSOPClassUID=["1.2", "1.02"]).RelatedGeneralSOPClassUID
    assert several[0] == "1.2" and several[1].startswith("2.25.")


def test_items_without_elements_and_sequences_without_items_go():
    item = Dataset()
    item.ReferencedSOPInstanceUID = "1.2"
    dataset = mended(ReferencedImageSequence=[Dataset(), item])
    assert list(dataset.ReferencedImageSequence) == [item]
    assert "ReferencedImageSequence" not in mended(ReferencedImageSequence=[Dataset()])
    assert "AcquisitionContextSequence" in mended(AcquisitionContextSequence=[])
