"""Elements that are "US or SS" are read by the sign of the pixels, whatever the file calls them."""

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from mmpc import decode, encode
from mmpc.images.dicom.parsing import take_signs
from mmpc.images.dicom.writing import LossyStep, write_dicom
from mmpc.images.reading import read_image
from tests.images.making import make_dataset, save

SIGNED = np.full((8, 9), -2000, np.int16)
SIGNED[2:6, 3:7] = np.arange(-8, 8).reshape(4, 4)
UNSIGNED = np.full((8, 9), 63536, np.uint16)
UNSIGNED[2:6, 3:7] = np.arange(16).reshape(4, 4)
PADDING, SMALLEST, LUT = 0x00280120, 0x00280106, 0x00283002


def run(tool, *arguments):
    return tool.main([str(argument) for argument in arguments])


def file_with(path, pixels, vr, values, syntax=ExplicitVRLittleEndian):
    """A file whose elements have a VR of our choice, as scanners choose it."""
    dataset = make_dataset(pixels, syntax)
    for tag, value in values.items():
        dataset.add_new(tag, vr, value)
    return save(dataset, path)


@pytest.mark.parametrize(
    ("pixels", "vr", "stored", "meant", "right_vr"),
    [
        (SIGNED, "US", 63536, -2000, "SS"),
        (SIGNED, "SS", -2000, -2000, "SS"),
        (UNSIGNED, "SS", -2000, 63536, "US"),
        (UNSIGNED, "US", 63536, 63536, "US"),
    ],
)
@pytest.mark.parametrize("lossy", [None, LossyStep("MMPC_2", 8.5)])
def test_padding_has_the_sign_of_the_pixels(tmp_path, pixels, vr, stored, meant, right_vr, lossy):
    path = file_with(tmp_path / "a", pixels, vr, {PADDING: stored, SMALLEST: stored})
    image = read_image(path)
    elements = image.metadata["dicom"]
    assert elements["00280120"] == {"vr": right_vr, "Value": [meant]}
    assert elements["00280106"] == {"vr": right_vr, "Value": [meant]}
    assert image.metadata["padding"]["value"] == meant
    write_dicom(tmp_path / "b.dcm", pixels, image_metadata=image.metadata, lossy=lossy)
    element = dcmread(tmp_path / "b.dcm")[PADDING]
    assert (element.VR, element.value) == (right_vr, meant)


@pytest.mark.parametrize("metadata", ["full", "whitelist", "none"])
@pytest.mark.parametrize("option", [["--max-error", 0], ["--max-error", 2]])
def test_such_files_go_through_the_tools(tmp_path, metadata, option):
    path = file_with(tmp_path / "a", SIGNED, "US", {PADDING: 63536})
    assert run(encode, path, tmp_path / "a.mmpc", "--metadata", metadata, *option) == 0
    assert run(decode, tmp_path / "a.mmpc", tmp_path / "b.dcm") == 0
    again = dcmread(tmp_path / "b.dcm")
    low, high = again.PixelPaddingValue, again.get("PixelPaddingRangeLimit", -2000)
    assert low <= -2000 <= high < -8
    assert again[PADDING].VR == "SS"


def test_inside_sequences_and_in_implicit_vr(tmp_path):
    """Two bytes are all that an implicit file says; a table in it has its descriptor signed."""
    item = Dataset()
    item.add_new(LUT, "SS", [16, -2000, 16])
    item.LUTData = np.arange(16, dtype="<u2").tobytes()
    item["LUTData"].VR = "OW"
    mapping = Dataset()
    mapping.add_new(0x00409216, "SS", -2000)
    dataset = make_dataset(SIGNED, ImplicitVRLittleEndian, ModalityLUTSequence=[item])
    dataset.RealWorldValueMappingSequence = [mapping]
    elements = read_image(save(dataset, tmp_path / "a")).metadata["dicom"]
    (table,) = elements["00283000"]["Value"]
    assert table["00283002"] == {"vr": "SS", "Value": [16, -2000, 16]}
    (mapped,) = elements["00409096"]["Value"]
    assert mapped["00409216"] == {"vr": "SS", "Value": [-2000]}


def test_inside_sequences_in_explicit_vr(tmp_path):
    """The item does not say the sign, its image does; an item with pixels of its own does."""
    mapping, item = Dataset(), Dataset()
    mapping.add_new(0x00409216, "US", 63536)
    mapping.add_new(0x00409211, "US", None)
    item.add_new(LUT, "US", [16, 63536, 16])
    item.add_new(0x00283006, "OW", bytes(32))
    icon = Dataset()
    icon.PixelRepresentation = 0
    icon.add_new(SMALLEST, "US", 63536)
    dataset = make_dataset(SIGNED, ModalityLUTSequence=[item], IconImageSequence=[icon])
    dataset.RealWorldValueMappingSequence = [mapping]
    elements = read_image(save(dataset, tmp_path / "a")).metadata["dicom"]
    (mapped,) = elements["00409096"]["Value"]
    assert mapped["00409216"] == {"vr": "SS", "Value": [-2000]}
    assert mapped["00409211"] == {"vr": "SS"}
    (table,) = elements["00283000"]["Value"]
    assert table["00283002"] == {"vr": "SS", "Value": [16, -2000, 16]}
    (small,) = elements["00880200"]["Value"]
    assert small["00280106"] == {"vr": "US", "Value": [63536]}


def test_the_descriptor_of_a_display_table_keeps_its_own_sign(tmp_path):
    """It is in Hounsfield units, which are signed though the pixels are not."""
    item = Dataset()
    item.add_new(LUT, "SS", [16, -1024, 16])
    item.LUTData = bytes(32)
    item["LUTData"].VR = "OW"
    dataset = make_dataset(UNSIGNED, VOILUTSequence=[item], RescaleIntercept="-1024")
    dataset.RescaleSlope = "1"
    elements = read_image(save(dataset, tmp_path / "a")).metadata["dicom"]
    assert elements["00283010"]["Value"][0]["00283002"]["Value"] == [16, -1024, 16]


def test_old_streams_with_the_wrong_sign_are_read_rightly(tmp_path):
    metadata = {
        "dicom": {
            "00280103": {"vr": "US", "Value": [1]},
            "00280120": {"vr": "US", "Value": [63536]},
        }
    }
    write_dicom(tmp_path / "a.dcm", SIGNED, image_metadata=metadata)
    assert dcmread(tmp_path / "a.dcm").PixelPaddingValue == -2000


def test_no_traceback_in_a_message(tmp_path):
    """A value that its VR cannot hold makes pydicom quote a whole traceback."""
    metadata = {"dicom": {"00281041": {"vr": "SS", "Value": [99999]}}}
    with pytest.raises(Exception, match="cannot be written as DICOM") as caught:
        write_dicom(tmp_path / "a.dcm", SIGNED, image_metadata=metadata)
    assert "Traceback" not in str(caught.value)
    assert "File" not in str(caught.value)


@pytest.mark.parametrize(
    ("sign", "vr", "number"), [(1, "SS", -2000), (0, "US", 63536), (None, "US", 63536)]
)
@pytest.mark.filterwarnings("ignore:Invalid value")
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_bytes_that_nobody_could_read_and_several_values(sign, vr, number, depth):
    """The innermost dataset does not say the sign; without one, nothing is signed."""
    other = "US" if vr == "SS" else "SS"
    inner = Dataset()
    inner.add_new(PADDING, "US or SS", b"\x30\xf8")
    inner.add_new(LUT, other, [16, number % 65536 - (65536 if other == "SS" else 0), 16])
    inner.add_new(SMALLEST, other, None)
    outer = inner
    for _ in range(depth):
        item, outer = outer, Dataset()
        outer.RealWorldValueMappingSequence = [item]
    if sign is not None:
        outer.PixelRepresentation = sign
    take_signs(outer)
    assert (inner[PADDING].VR, inner[PADDING].value) == (vr, number)
    assert (inner[LUT].VR, list(inner[LUT].value)) == (vr, [16, number, 16])
    assert (inner[SMALLEST].VR, inner[SMALLEST].is_empty) == (vr, True)
