"""What is left out or ignored is said when encoding, in a line; nothing is said for nothing."""

import json

import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import CTImageStorage

from mmpc import encode
from mmpc.errors import UnreadableFileError
from mmpc.images.dicom.writing import LossyStep, write_dicom
from mmpc.images.reading import read_image
from tests.images.making import make_dataset, packaged, save

PIXELS = np.arange(-66, 66, dtype=np.int16).reshape(12, 11)
STEP = LossyStep("MMPC_2", 7.5)


@pytest.mark.parametrize(
    "damage", [b"a.b.c", b"40,50", b"nan  ", b"1e999", b"\xff\xff\xff\xff\xff"]
)
@pytest.mark.parametrize("keyword", ["WindowCenter", "WindowWidth", "PixelSpacing"])
@pytest.mark.parametrize("mode", ["full", "whitelist", "none"])
def test_an_unreadable_optional_element_is_ignored(tmp_path, damage, keyword, mode):
    value = ["31337", "31337"] if keyword == "PixelSpacing" else "31337"
    path = save(make_dataset(PIXELS, **{keyword: value}), tmp_path / "a")
    path.write_bytes(path.read_bytes().replace(b"31337", damage))
    image = read_image(path, metadata=mode)
    np.testing.assert_array_equal(image.pixels, PIXELS)
    assert (image.window_center, image.window_width, image.pixel_spacing_mm) == (None,) * 3
    assert f"{keyword} cannot be read and is ignored" in image.notes
    write_dicom(tmp_path / "b", image.pixels, image_metadata=image.metadata, lossy=STEP)
    legal_though_infinite = damage == b"1e999" and mode != "none"
    assert bool(dcmread(tmp_path / "b").get(keyword)) == legal_though_infinite


@pytest.mark.parametrize("spacing", [["0.5", ""], ["", "0.5"], ["0.5"], ["0.5", "0.5", "0.5"]])
def test_a_spacing_is_two_numbers(tmp_path, spacing):
    image = read_image(save(make_dataset(PIXELS, PixelSpacing=spacing), tmp_path / "a"))
    assert image.pixel_spacing_mm is None
    assert "PixelSpacing cannot be read and is ignored" in image.notes


@pytest.mark.parametrize("damage", [b"a.b.c", b"nan  ", b"inf  "])
@pytest.mark.parametrize("keyword", ["RescaleSlope", "RescaleIntercept"])
def test_an_unreadable_rescale_is_refused(tmp_path, damage, keyword):
    path = save(make_dataset(PIXELS, **{keyword: "31337"}), tmp_path / "a")
    path.write_bytes(path.read_bytes().replace(b"31337", damage))
    with pytest.raises(UnreadableFileError, match="damaged"):
        read_image(path)


def test_a_whole_header_needs_no_note():
    assert read_image(packaged("CT_small.dcm")).notes == ()


@pytest.mark.parametrize(("mode", "some"), [("whitelist", "PatientAge"), ("none", "PatientName")])
def test_what_is_left_out_is_counted_and_named(tmp_path, mode, some):
    dataset = make_dataset(
        PIXELS, PatientName="A", PatientAge="040Y", OperatorsName="B", StudyDate=""
    )
    image = read_image(save(dataset, tmp_path / "a"), metadata=mode)
    (note,) = image.notes
    left_out = len(set(map(int, dataset.keys()))) - 2 - len(image.metadata["dicom"])
    assert note.startswith(f"--metadata {mode} leaves out {left_out} elements of the header: ")
    assert some in note or "more" in note
    assert "PixelData" not in note and "StudyDate" not in note


def test_a_table_that_is_not_applied_is_named():
    (note,) = read_image(packaged("mlut_18.dcm")).notes
    assert note.startswith("values get their unit from ModalityLUTSequence")


def test_a_frame_says_what_it_cannot_keep():
    image = read_image(packaged("eCT_Supplemental.dcm"), frame=1)
    (note,) = image.notes
    assert note.startswith("not kept of a multi-frame object: ")
    assert "FunctionalGroupsSequence" in note or "more" in note


@pytest.mark.parametrize(
    ("mode", "frame", "complete"),
    [("full", None, True), ("whitelist", None, None), ("none", None, None), ("full", 1, None)],
)
def test_only_a_whole_header_is_called_complete(mode, frame, complete):
    file = "CT_small.dcm" if frame is None else "eCT_Supplemental.dcm"
    metadata = read_image(packaged(file), frame, metadata=mode).metadata
    assert metadata.get("complete") is complete
    assert metadata.get("frame") == frame


def test_the_tool_says_it_on_stderr_and_in_json(tmp_path, capsys):
    path = save(make_dataset(PIXELS, PatientAge="040Y"), tmp_path / "a")
    options = ["--bitstream", "1", "--metadata", "whitelist"]
    assert encode.main([str(path), str(tmp_path / "a.mmpc"), *options, "--json"]) == 0
    printed = capsys.readouterr()
    notes = json.loads(printed.out)["notes"]
    assert notes == [
        "--metadata whitelist leaves out 2 elements of the header: PatientAge, SamplesPerPixel"
    ]
    assert printed.err == f"mmpc: note: {notes[0]}\n"


PLACED = {
    "ImagePositionPatient": [0, 0, 0],
    "ImageOrientationPatient": [1, 0, 0, 0, 1, 0],
    "PixelSpacing": [1, 1],
    "RescaleSlope": 1,
    "RescaleIntercept": 0,
}


@pytest.mark.parametrize("mode", ["full", "whitelist"])
@pytest.mark.parametrize(
    ("kinds", "written"),
    [
        (["ORIGINAL", "PRIMARY"], ["DERIVED", "PRIMARY", "AXIAL"]),
        (["ORIGINAL", "PRIMARY", ""], ["DERIVED", "PRIMARY", "AXIAL"]),
        (["ORIGINAL", "PRIMARY", "", "X"], ["DERIVED", "PRIMARY", "AXIAL", "X"]),
        (["ORIGINAL", "PRIMARY", "LOCALIZER"], ["DERIVED", "PRIMARY", "LOCALIZER"]),
        ("ORIGINAL", ["DERIVED", "SECONDARY", "AXIAL"]),
    ],
)
def test_a_placed_ct_cross_section_is_axial(tmp_path, kinds, written, mode):
    """PS3.3 C.8.2.1.1.1: the third value of ImageType says AXIAL of a CT cross-section."""
    path = save(make_dataset(PIXELS, ImageType=kinds, **PLACED), tmp_path / "a")
    image = read_image(path, metadata=mode)
    note = write_dicom(tmp_path / "b", image.pixels, image_metadata=image.metadata, lossy=STEP)
    again = dcmread(tmp_path / "b")
    assert note is None
    assert again.SOPClassUID == CTImageStorage
    assert again.ImageType == written


def test_a_ct_that_is_nowhere_stays_a_secondary_capture(tmp_path):
    dataset = make_dataset(PIXELS, ImageType=["ORIGINAL", "PRIMARY"])
    image = read_image(save(dataset, tmp_path / "a"))
    note = write_dicom(tmp_path / "b", image.pixels, image_metadata=image.metadata, lossy=STEP)
    assert "ImagePositionPatient is missing" in note
