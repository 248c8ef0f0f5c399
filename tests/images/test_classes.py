"""Which SOP class a dataset can be, and what is filled in for it."""

import pytest
from pydicom import Dataset
from pydicom.uid import (
    ComputedRadiographyImageStorage,
    CTImageStorage,
    EnhancedCTImageStorage,
    EnhancedMRImageStorage,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
    SecondaryCaptureImageStorage,
    UltrasoundImageStorage,
)

from mmpc.images.dicom.classes import (
    CT_IMAGE,
    MR_IMAGE,
    SOP_CLASSES,
    TYPE_2_OF_ALL,
    settle_class,
)

PLACE = {
    "ImagePositionPatient": [0, 0, 0],
    "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
    "PixelSpacing": [0.5, 0.5],
}
AXIAL = ["ORIGINAL", "PRIMARY", "AXIAL"]
CT = {
    **{"SOPClassUID": CTImageStorage, "Modality": "CT", "ImageType": AXIAL, **PLACE},
    **{"RescaleIntercept": -1024, "RescaleSlope": 1},
}
MR = {
    **{"SOPClassUID": MRImageStorage, "Modality": "MR", "ImageType": AXIAL, **PLACE},
    **{"ScanningSequence": "SE", "SequenceVariant": "NONE"},
}
US = {"SOPClassUID": UltrasoundImageStorage, "Modality": "US", "ImageType": AXIAL[:2]}


def dataset_of(elements, **changes):
    """A dataset of some elements; those changed to None are left out."""
    dataset = Dataset()
    for keyword, value in {**elements, **changes}.items():
        if value is not None:
            setattr(dataset, keyword, value)
    return dataset


@pytest.mark.parametrize("elements", [CT, MR])
def test_a_whole_cross_section_stays_what_it_is(elements):
    dataset = dataset_of(elements)
    assert settle_class(dataset, 16) is None
    assert dataset.SOPClassUID == elements["SOPClassUID"]
    assert "ConversionType" not in dataset
    for keyword in (*TYPE_2_OF_ALL, "PatientPosition", "SliceThickness"):
        assert dataset[keyword].value in (None, ""), keyword
    assert ("KVP" in dataset) == (elements is CT)
    assert ("EchoTime" in dataset) == (elements is MR)


@pytest.mark.parametrize(
    ("elements", "changes", "bits", "reason"),
    [
        *[(CT, {name: None}, 16, f"{name} is missing") for name in SOP_CLASSES[CT_IMAGE].needed],
        *[(MR, {name: None}, 16, f"{name} is missing") for name in SOP_CLASSES[MR_IMAGE].needed],
        (CT, {}, 8, "this class has 16 bits allocated"),
        (MR, {}, 8, "this class has 16 bits allocated"),
        (US, {}, 16, "this class has 8 bits allocated"),
        (CT, {"Modality": "MR"}, 16, "its modality is not CT"),
        (CT, {"Modality": None}, 16, "its modality is not CT"),
        (CT, {"ImageType": "ORIGINAL"}, 16, "ImageType has no third value"),
        ({"SOPClassUID": PositronEmissionTomographyImageStorage}, {}, 16, "elements that are kept"),
    ],
)
def test_what_lacks_something_becomes_a_secondary_capture(elements, changes, bits, reason):
    dataset = dataset_of(elements, **changes)
    told = settle_class(dataset, bits)
    assert told.startswith("written as Secondary Capture and not as ") and reason in told
    assert elements["SOPClassUID"].name in told
    assert dataset.SOPClassUID == SecondaryCaptureImageStorage
    assert dataset.ConversionType == "WSD"
    assert dataset.Modality == ({**elements, **changes}.get("Modality") or "OT")
    assert "KVP" not in dataset and dataset["PatientOrientation"].value in (None, "")


@pytest.mark.parametrize(
    ("elements", "bits"),
    [
        (US, 8),
        *[({"SOPClassUID": ComputedRadiographyImageStorage, "Modality": "CR"}, n) for n in (8, 16)],
        *[({"SOPClassUID": SecondaryCaptureImageStorage, "Modality": "CT"}, n) for n in (8, 16)],
    ],
)
def test_classes_that_need_less(elements, bits):
    dataset = dataset_of(elements)
    assert settle_class(dataset, bits) is None
    assert dataset.SOPClassUID == elements["SOPClassUID"]
    assert dataset.Modality == elements["Modality"]
    assert "FrameOfReferenceUID" not in dataset


def test_an_empty_dataset():
    dataset = Dataset()
    assert settle_class(dataset, 16) is None
    assert dataset.SOPClassUID == SecondaryCaptureImageStorage
    assert (dataset.Modality, dataset.ConversionType) == ("OT", "WSD")


def test_a_secondary_capture_keeps_how_it_was_made():
    elements = {"SOPClassUID": SecondaryCaptureImageStorage, "ConversionType": "SD"}
    dataset = dataset_of(elements)
    settle_class(dataset, 8)
    assert dataset.ConversionType == "SD"


@pytest.mark.parametrize("complete", [True, False])
def test_a_class_that_is_not_listed_needs_all_its_elements(complete):
    dataset = dataset_of({"SOPClassUID": PositronEmissionTomographyImageStorage})
    assert (settle_class(dataset, 16, complete) is None) == complete
    kept = dataset.SOPClassUID == PositronEmissionTomographyImageStorage
    assert kept == complete


def test_all_elements_make_no_class_of_what_is_missing():
    told = settle_class(dataset_of(CT, RescaleSlope=None), 16, True)
    assert "RescaleSlope is missing" in told


@pytest.mark.parametrize(
    ("elements", "multi_frame", "single"),
    [(CT, EnhancedCTImageStorage, CTImageStorage), (MR, EnhancedMRImageStorage, MRImageStorage)],
)
def test_a_frame_is_of_the_class_without_frames(elements, multi_frame, single):
    dataset = dataset_of(elements, SOPClassUID=multi_frame)
    assert settle_class(dataset, 16) is None
    assert dataset.SOPClassUID == single


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["ORIGINAL", "PRIMARY"], AXIAL),
        (["ORIGINAL", "PRIMARY", ""], AXIAL),
        (["ORIGINAL", "PRIMARY", "", "MIP"], [*AXIAL, "MIP"]),
        (["DERIVED", "PRIMARY", "VOLUME", "NONE"], ["DERIVED", "PRIMARY", "AXIAL", "NONE"]),
        (["ORIGINAL", "PRIMARY", "LOCALIZER"], ["ORIGINAL", "PRIMARY", "LOCALIZER"]),
    ],
)
def test_a_cross_section_is_axial_where_nothing_else_is_said(given, expected):
    dataset = dataset_of(CT, ImageType=given)
    assert settle_class(dataset, 16) is None
    assert dataset.ImageType == expected


def test_what_has_no_place_is_not_called_axial():
    dataset = dataset_of(CT, ImageType=AXIAL[:2], ImagePositionPatient=None)
    settle_class(dataset, 16)
    assert dataset.ImageType == AXIAL[:2]
    volume = dataset_of(CT, ImageType=[*AXIAL[:2], "VOLUME"], ImagePositionPatient=None)
    settle_class(volume, 16)
    assert volume.ImageType == AXIAL


def test_only_a_ct_is_called_axial():
    dataset = dataset_of(MR, ImageType=AXIAL[:2])
    assert settle_class(dataset, 16) is None
    assert dataset.ImageType == AXIAL[:2]


def test_missing_uids_follow_from_the_seed():
    def uids(seed, **changes):
        dataset = dataset_of(CT, **changes)
        settle_class(dataset, 16, seed=seed)
        names = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")
        return [dataset[name].value for name in names]

    assert len(set(uids(b"a"))) == 4 and uids(b"a") == uids(b"a")
    assert not set(uids(b"a")) & set(uids(b"b"))
    study, series, _, frame = uids(b"a", SeriesInstanceUID="1.2.3")
    assert (study, series) == (uids(b"a")[0], "1.2.3")
    assert frame == uids(b"b", SeriesInstanceUID="1.2.3")[3]
    assert uids(b"a", FrameOfReferenceUID="1.2.4")[3] == "1.2.4"


def test_what_no_object_may_have_is_taken_out():
    dataset = dataset_of(US, SpacingBetweenSlices=-2)
    settle_class(dataset, 8)
    assert dataset.SpacingBetweenSlices == 2
