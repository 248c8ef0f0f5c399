"""Where nothing was lost, the DICOM object that comes out is the one that went in."""

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from mmpc import decode, encode
from mmpc.errors import MmpcError
from mmpc.images.dicom.json_model import from_json, to_json
from mmpc.images.dicom.original import read_original
from mmpc.images.dicom.writing import LossyStep, write_dicom
from mmpc.images.reading import read_image
from mmpc.images.writing import write_image
from mmpc.streams.metadata import pack_metadata, unpack_metadata
from tests.images import outcomes
from tests.images.making import make_dataset, packaged, save

# pydicom warns of the illegal values in some of these files when the test looks at them.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

PIXELS = np.arange(-60, 60, dtype=np.int16).reshape(10, 12)
LOSS = {
    "LossyImageCompression",
    "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
}

# Near-lossless JPEG-LS whose headers do not say that they are lossy: the decoded files do.
UNTOLD_LOSS = {"JPEGLSNearLossless_08.dcm", "JPEGLSNearLossless_16.dcm"}


def rebuilt(path, image, unchanged=True, **arguments):
    """Write the image's metadata and pixels as the decoder does, through the packed block."""
    metadata = unpack_metadata(pack_metadata(image.metadata))
    write_dicom(path, image.pixels, image_metadata=metadata, unchanged=unchanged, **arguments)
    return dcmread(path)


def test_every_real_file_comes_back_as_it_was(tmp_path, capfd):
    whole, parts = 0, set()
    for path in outcomes.packaged_files():
        try:
            image = read_image(path)
        except MmpcError:
            continue
        assert image.metadata.get("complete"), path.name
        again = rebuilt(tmp_path / "out.dcm", image)
        differing = outcomes.differences(dcmread(path), again)
        if path.name in UNTOLD_LOSS:
            assert differing == LOSS, path.name
            parts.add(path.name)
            continue
        assert differing == set(), path.name
        np.testing.assert_array_equal(read_image(tmp_path / "out.dcm").pixels, image.pixels)
        whole += 1
    assert whole >= 40, "of pydicom alone"
    assert parts
    assert capfd.readouterr().err == ""


@pytest.mark.skipif(
    bool(outcomes.tools_missing()), reason="dicom3tools or dcmtk (Debian) is not installed"
)
@pytest.mark.parametrize("syntax", ["explicit", "rle", "jpeg-ls"])
@pytest.mark.parametrize("file", ["CT_small.dcm", "MR_small_RLE.dcm", "693_UNCR.dcm"])
def test_the_validators_find_nothing_new(tmp_path, file, syntax):
    rebuilt(tmp_path / "out.dcm", read_image(packaged(file)), transfer_syntax=syntax)
    before = outcomes.validator_errors(packaged(file))
    assert set(outcomes.validator_errors(tmp_path / "out.dcm")) <= set(before)
    pixels = read_image(packaged(file)).pixels
    np.testing.assert_array_equal(outcomes.read_with_gdcm(tmp_path / "out.dcm"), pixels)


def run(tool, *arguments):
    return tool.main([str(argument) for argument in arguments])


@pytest.mark.parametrize("option", [("--max-error", 0), ("--max-error", 0.4), ("--rmse", 0)])
def test_the_tools_give_back_the_object(tmp_path, option):
    """Bounded coding keeps an error of 0 by construction: whole stored units, below 1/2."""
    dataset = make_dataset(PIXELS, SOPInstanceUID="1.2.3.4", ImageType=["ORIGINAL", "PRIMARY"])
    dataset.private_block(0x0011, "VENDOR", create=True).add_new(1, "OB", bytes(range(250)))
    path = save(dataset, tmp_path / "a.dcm")
    assert run(encode, path, tmp_path / "a.mmpc", *option) == 0
    for name in ("b.dcm", "c.dcm"):
        assert run(decode, tmp_path / "a.mmpc", tmp_path / name) == 0
    again = dcmread(tmp_path / "b.dcm")
    assert outcomes.differences(dcmread(path), again) == set()
    assert again[0x0011, 0x1001].value == bytes(range(250))
    np.testing.assert_array_equal(again.pixel_array, PIXELS)
    assert (tmp_path / "b.dcm").read_bytes() == (tmp_path / "c.dcm").read_bytes()


@pytest.mark.parametrize(
    ("encoding", "decoding"),
    [
        (["--max-error", 1], []),
        (["--max-error", 0, "--metadata", "whitelist"], []),
        (["--max-error", 0, "--metadata", "none"], []),
    ],
)
def test_where_something_was_lost_the_object_is_a_derived_one(tmp_path, encoding, decoding):
    dataset = make_dataset(
        PIXELS, SOPInstanceUID="1.2.3.4", ImageType=["ORIGINAL", "PRIMARY"], PatientAge="040Y"
    )
    path = save(dataset, tmp_path / "a.dcm")
    assert run(encode, path, tmp_path / "a.mmpc", *encoding) == 0
    assert run(decode, tmp_path / "a.mmpc", tmp_path / "b.dcm", *decoding) == 0
    assert run(decode, tmp_path / "a.mmpc", tmp_path / "c.dcm", *decoding) == 0
    first, second = dcmread(tmp_path / "b.dcm"), dcmread(tmp_path / "c.dcm")
    assert first.SOPInstanceUID != "1.2.3.4"
    assert first.ImageType[0] == "DERIVED"
    # A restore can be repeated.
    assert (tmp_path / "b.dcm").read_bytes() == (tmp_path / "c.dcm").read_bytes()
    assert first.SOPInstanceUID == second.SOPInstanceUID


def test_other_streams_of_one_source_have_other_uids(tmp_path):
    path = save(make_dataset(PIXELS), tmp_path / "a.dcm")
    uids = set()
    for error in (1, 2):
        assert run(encode, path, tmp_path / "a.mmpc", "--max-error", error) == 0
        for like in ([], ["--like", path]):
            assert run(decode, tmp_path / "a.mmpc", tmp_path / "b.dcm", *like) == 0
            uids.add(dcmread(tmp_path / "b.dcm").SOPInstanceUID)
    assert len(uids) == 4


@pytest.mark.parametrize("write", [write_dicom, write_image])
def test_who_does_not_say_that_nothing_changed_gets_a_derived_object(tmp_path, write):
    """Decoded pixels under the original's UIDs would be a forgery, if an innocent one."""
    path = save(make_dataset(PIXELS, SOPInstanceUID="1.2.3.4"), tmp_path / "a.dcm")
    image = read_image(path)
    write(tmp_path / "b.dcm", image.pixels + np.int16(1), image_metadata=image.metadata)
    assert dcmread(tmp_path / "b.dcm").SOPInstanceUID != "1.2.3.4"
    assert dcmread(tmp_path / "b.dcm").ImageType[0] == "DERIVED"


def test_like_and_no_loss_is_the_original(tmp_path):
    dataset = make_dataset(PIXELS, SOPInstanceUID="1.2.3.4", PatientAge="040Y")
    path = save(dataset, tmp_path / "a.dcm")
    image = read_image(path, metadata="whitelist")
    again = rebuilt(tmp_path / "b.dcm", read_original(path, image, lossless=True))
    assert outcomes.differences(dcmread(path), again) == set()


def test_an_enhanced_object_of_one_frame(tmp_path):
    """Whole it stays what it is; derived it becomes an object without functional groups."""
    dataset = dcmread(packaged("eCT_Supplemental.dcm"))
    dataset.PixelData = dataset.PixelData[: dataset.Rows * dataset.Columns * 2]
    dataset.NumberOfFrames = 1
    dataset.PerFrameFunctionalGroupsSequence = dataset.PerFrameFunctionalGroupsSequence[:1]
    path = save(dataset, tmp_path / "a.dcm")
    image = read_image(path)
    assert outcomes.differences(dcmread(path), rebuilt(tmp_path / "b.dcm", image)) == set()
    derived = rebuilt(tmp_path / "b.dcm", image, lossy=LossyStep("MMPC_2", 9.5))
    assert derived.SOPClassUID.name == "CT Image Storage"
    assert "SharedFunctionalGroupsSequence" not in derived
    group = dataset.SharedFunctionalGroupsSequence[0]
    assert derived.PixelSpacing == group.PixelMeasuresSequence[0].PixelSpacing
    assert derived.ImagePositionPatient


TEXTS = ["0.50", "1e3", "+5", "-0", "100", "1.0", ".5", "1.23456789012345", "0.1\\2.50\\\\7"]


@pytest.mark.parametrize("text", TEXTS)
def test_decimal_strings_come_back_to_the_letter(text):
    dataset = Dataset()
    dataset.add_new(0x00281053, "DS", text.split("\\"))
    elements, lost = to_json(dataset)
    assert lost == []
    values = from_json({"dicom": elements})[0x00281053].value
    written = values if isinstance(values, str) or not hasattr(values, "__iter__") else [*values]
    assert "\\".join(map(str, np.atleast_1d(np.array(written, object)))) == text


def test_padding_with_nul_is_no_text(tmp_path):
    dataset = make_dataset(PIXELS)
    block = dataset.private_block(0x0013, "CTP", create=True)
    block.add_new(0x10, "LO", "LIDC-IDRI!\0\0")
    item = Dataset()
    item.CodeMeaning = "meaning\0"
    dataset.ProcedureCodeSequence = [item]
    again = rebuilt(tmp_path / "b.dcm", read_image(save(dataset, tmp_path / "a.dcm")))
    assert again[0x0013, 0x1010].value == "LIDC-IDRI!"
    assert b"LIDC-IDRI!\0" not in (tmp_path / "b.dcm").read_bytes()
    assert again.ProcedureCodeSequence[0].CodeMeaning == "meaning"


def test_numbers_are_json_numbers_where_they_can_be():
    dataset = Dataset()
    dataset.PixelSpacing = ["0.478516", "0.50"]
    dataset.InstanceNumber = "7"
    elements, _ = to_json(dataset)
    assert elements["00280030"] == {"vr": "DS", "Value": [0.478516, "0.50"]}
    assert elements["00200013"] == {"vr": "IS", "Value": [7]}


def test_what_cannot_be_said_in_json_is_named(tmp_path):
    dataset = make_dataset(PIXELS, KVP="31337", TriggerTime="99.5", SOPInstanceUID="1.2.3.4")
    path = save(dataset, tmp_path / "a.dcm")
    path.write_bytes(path.read_bytes().replace(b"31337", b"a.b.c"))
    image = read_image(path)
    assert image.metadata["unreadable"] == ["00180060"]
    assert image.notes == ("not kept since they are damaged: KVP",)
    again = rebuilt(tmp_path / "b.dcm", image)
    assert again.SOPInstanceUID != "1.2.3.4", "it is not the same object without KVP"
    assert again.TriggerTime == 99.5


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRLittleEndian])
def test_text_stays_in_its_character_set(tmp_path, syntax):
    name, comment = "Müller^Jörg", "größer"
    dataset = make_dataset(
        PIXELS, syntax, SpecificCharacterSet="ISO_IR 100", PatientName=name, ImageComments=comment
    )
    again = rebuilt(tmp_path / "b.dcm", read_image(save(dataset, tmp_path / "a.dcm")))
    assert again.SpecificCharacterSet == "ISO_IR 100"
    assert (again.PatientName, again.ImageComments) == (name, comment)
    assert name.encode("latin-1") in (tmp_path / "b.dcm").read_bytes()


def test_text_that_its_character_set_cannot_say_becomes_utf_8(tmp_path):
    """A stream from elsewhere may hold any text in its JSON."""
    image = read_image(save(make_dataset(PIXELS, PatientName="x"), tmp_path / "a.dcm"))
    image.metadata["dicom"]["00080005"] = {"vr": "CS", "Value": ["ISO_IR 100"]}
    image.metadata["dicom"]["00100010"]["Value"] = [{"Alphabetic": "Мюллер"}]
    again = rebuilt(tmp_path / "b.dcm", image)
    assert (again.SpecificCharacterSet, again.PatientName) == ("ISO_IR 192", "Мюллер")


def test_private_bulk_above_the_limit_names_the_way_out(tmp_path, capsys):
    dataset = make_dataset(PIXELS)
    dataset.private_block(0x0011, "VENDOR", create=True).add_new(1, "OB", bytes(13 * 2**20))
    path = save(dataset, tmp_path / "a.dcm")
    assert run(encode, path, tmp_path / "a.mmpc", "--bitstream", 1) == 1
    assert "--metadata whitelist" in capsys.readouterr().err
    assert not (tmp_path / "a.mmpc").exists()
    assert run(encode, path, tmp_path / "a.mmpc", "--bitstream", 1, "--metadata", "whitelist") == 0
