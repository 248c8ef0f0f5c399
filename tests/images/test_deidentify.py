"""No value that identifies goes through: searched for in the bytes, not in our own parser."""

import json
import re
import zlib

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.config import RAISE
from pydicom.sequence import Sequence
from pydicom.sr.codedict import codes
from pydicom.sr.coding import snomed_mapping
from pydicom.uid import UID_dictionary
from pydicom.valuerep import validate_value

import mmpc
from mmpc.errors import MmpcError, UnsupportedPixelsError
from mmpc.images.dicom.deidentify import KEY_BYTES, METHODS, Deidentifier
from mmpc.images.dicom.writing import LossyStep, write_dicom
from mmpc.images.reading import read_image
from mmpc.streams.metadata import unpack_metadata
from mmpc.v1.codec import read_stream
from tests.images import identifying, outcomes
from tests.images.making import make_dataset, packaged, save

# pydicom warns of the illegal values in some of these files when the test looks at them.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")

FILES = [
    "CT_small.dcm",
    "MR_small.dcm",
    "693_UNCR.dcm",
    "bad_sequence.dcm",
    "explicit_VR-UN.dcm",
    "J2K_pixelrep_mismatch.dcm",
    "eCT_Supplemental.dcm",
    "MR-SIEMENS-DICOM-WithOverlays.dcm",
    "MR2_UNCR.dcm",
    "RG1_UNCR.dcm",
    "JPEG-LL.dcm",
    "JPGLosslessP14SV1_1s_1f_8b.dcm",
]
SHORTEST = 5  # shorter values ("CT", "1.0", "HEAD") are in any file


PERFUSION_UNIT = "ml/100ml/s"  # put together of UCUM's units, so in no dictionary
PUBLIC_WORDS = {*UID_dictionary, *snomed_mapping["SRT"], PERFUSION_UNIT} | {
    word
    for scheme in codes.schemes()
    for code in getattr(codes, scheme).concepts.values()
    for word in (code.value, code.meaning)
}


def values_of(dataset, identify: bool):
    """Every value, sequences included, that may identify (or may not)."""
    for element in dataset.iterall():
        if element.VR != "SQ" and identifying.identifies(element.tag, element.VR) == identify:
            for value in element.value if element.VM > 1 else [element.value]:
                text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
                yield text.strip(" \0")


def identifying_values(dataset) -> set[str]:
    """What the standard's table or a VR forbids to pass, and what can be told from chance."""
    return {
        text
        for text in values_of(dataset, identify=True)
        if SHORTEST <= len(text) <= 200 and len(set(text)) > 2 and text not in PUBLIC_WORDS
    }


def innocent_text(dataset) -> str:
    """All that may pass: what is also said by an element that does not identify."""
    return "\n".join(values_of(dataset, identify=False))


def everything_in(stream: bytes) -> bytes:
    """The stream, and its compressed parts inflated."""
    parts = read_stream(stream)
    payload = zlib.decompress(parts.payload)
    return b"\n".join([stream, payload, zlib.decompress(parts.trailer.metadata)])


def leaks(values, text, haystack: bytes) -> list[str]:
    return [
        value
        for value in sorted(values)
        if value not in text and value.encode("utf-8", "replace") in haystack
    ]


@pytest.mark.parametrize("mode", ["whitelist", "full", "none"])
@pytest.mark.parametrize("file", FILES)
def test_no_identifying_value_is_in_the_bytes(tmp_path, monkeypatch, file, mode):
    # A random UID has 39 digits, and "12345" may be among them: neither new ones nor the key of
    # those that are replaced may change from run to run.
    monkeypatch.setattr("pydicom.uid.generate_uid", lambda **_: "2.25.1")
    deidentifier = Deidentifier(bytes(KEY_BYTES))
    path = packaged(file)
    frame = 0 if file == "eCT_Supplemental.dcm" else None
    original = dcmread(path)
    values, innocent = identifying_values(original), innocent_text(original)
    assert values, "the test has something to look for"

    image = read_image(path, frame, metadata=mode, anonymize=deidentifier)
    stream = mmpc.compress(image.pixels, bitstream=1, quality=50, metadata=image.metadata)
    assert leaks(values, innocent, everything_in(stream)) == []

    written = tmp_path / "out.dcm"
    lossy = LossyStep("MMPC_1", 10)
    write_dicom(written, image.pixels, image_metadata=image.metadata, lossy=lossy)
    assert leaks(values, innocent, written.read_bytes()) == []


def test_the_search_finds_what_is_there():
    original = dcmread(packaged("CT_small.dcm"))
    image = read_image(packaged("CT_small.dcm"), metadata="full")
    stream = mmpc.compress(image.pixels, bitstream=1, metadata=image.metadata)
    found = leaks(identifying_values(original), innocent_text(original), everything_in(stream))
    assert str(original.PatientName) in found
    assert original.SOPInstanceUID in found
    assert original.StudyDate in found


@pytest.fixture
def nasty(tmp_path):
    """Identity in every hiding place: sequences, private groups, overlays, odd VRs."""
    inner = Dataset()
    inner.PatientName = "Secret^Inner"
    inner.ReferencedSOPInstanceUID = "1.2.3.4.5.6.7.8.9"
    inner.private_block(0x0019, "INNER VENDOR", create=True).add_new(2, "LO", "Secret private")
    deeper = Dataset()
    deeper.OperatorsName = "Secret^Operator"
    deeper.CodeMeaning = "innocent meaning"
    inner.PurposeOfReferenceCodeSequence = Sequence([deeper])
    dataset = make_dataset(
        np.arange(64, dtype=np.int16).reshape(8, 8),
        StudyInstanceUID="1.2.840.99999.1",
        SeriesInstanceUID="1.2.840.99999.1.2",
        SOPInstanceUID="1.2.840.99999.1.2.3",
        FrameOfReferenceUID="1.2.840.99999.1.3",
        PatientName="Secret^Père",
        PatientID="SECRET-4711",
        PatientBirthDate="19630102",
        StudyDate="20240229",
        AcquisitionDateTime="20240229123456.789",
        InstitutionName="Secret Hospital",
        StudyDescription="follow-up of Mrs Secret",
        DeviceSerialNumber="SN-777777",
        ImageComments="call 555-0100",
        SpecificCharacterSet="ISO_IR 192",
        KVP="120",
        ReferencedImageSequence=Sequence([inner]),
        RequestAttributesSequence=Sequence([inner]),
    )
    dataset.private_block(0x0009, "VENDOR", create=True).add_new(1, "UN", b"Secret bytes")
    dataset.add_new(0x60003000, "OW", b"Secret overlay  ")
    dataset.add_new(0x60004000, "LT", "Secret overlay comment")
    dataset.add_new(0x50003000, "OW", b"Secret curve....")
    return save(dataset, tmp_path / "nasty.dcm")


@pytest.mark.parametrize("mode", ["whitelist", "full", "none"])
def test_hiding_places(nasty, mode):
    image = read_image(nasty, metadata=mode, anonymize=True)
    stream = mmpc.compress(image.pixels, bitstream=1, quality=1, metadata=image.metadata)
    inflated = everything_in(stream)
    assert leaks(identifying_values(dcmread(nasty)), "", inflated) == []
    for secret in (
        b"ecret",
        b"ECRET",
        b"-4711",
        b"20240229",
        b"19630102",
        b"VENDOR",
        b"555-",
        b"840.99999",
    ):
        assert secret not in inflated, secret
    assert (b'"00180060"' in inflated) == (mode != "none")
    assert b"innocent meaning" not in inflated, "words of no dictionary"


def kept(path, **arguments):
    metadata = read_image(path, **arguments).metadata
    return Dataset.from_json(json.loads(json.dumps(metadata["dicom"])))


def test_the_method_is_stated(nasty):
    dataset = kept(nasty, metadata="full", anonymize=True)
    assert dataset.PatientIdentityRemoved == "YES"
    assert dataset.DeidentificationMethod == list(METHODS)
    assert METHODS[0] == "Basic Application Level Confidentiality Profile, PS3.15 2026c"
    for method in METHODS:
        validate_value("LO", method, RAISE)
    (code,) = dataset.DeidentificationMethodCodeSequence
    assert {element.keyword: element.value for element in code} == {
        "CodeValue": "113100",
        "CodingSchemeDesignator": "DCM",
        "CodeMeaning": "Basic Application Confidentiality Profile",
    }
    assert dataset.LongitudinalTemporalInformationModified == "REMOVED"


def test_an_element_under_another_vr_stays_only_if_its_value_allows():
    dataset = Dataset()
    dataset.add_new("KVP", "LO", "120")
    dataset.add_new("SliceThickness", "LO", "Mrs Secret")
    dataset.add_new("Modality", "LO", "CT")
    dataset.add_new("BodyPartExamined", "LO", "Mrs Secret")
    dataset.add_new("Rows", "LO", "Mrs Secret")
    dataset.add_new("StudyInstanceUID", "LO", "1.2.3.4")
    dataset.add_new("PatientName", "UN", b"Secret^Name")
    clean = Deidentifier().deidentified(dataset, Dataset())
    assert (clean["KVP"].VR, clean.KVP) == ("DS", 120)
    assert (clean["Modality"].VR, clean.Modality) == ("CS", "CT")
    assert clean.StudyInstanceUID.startswith("2.25.")
    left = {element.keyword for element in clean if element.tag in dataset}
    assert left - {"PatientName"} == {"KVP", "Modality", "StudyInstanceUID"}
    assert "ecret" not in str(clean)


def test_text_that_stays_is_still_in_its_character_set(tmp_path):
    dataset = make_dataset(np.zeros((2, 2), np.int16), SpecificCharacterSet="ISO_IR 100")
    dataset.Manufacturer = "Müller"
    image = read_image(save(dataset, tmp_path / "a.dcm"), metadata="full", anonymize=True)
    write_dicom(tmp_path / "b.dcm", image.pixels, image_metadata=image.metadata, unchanged=True)
    written = dcmread(tmp_path / "b.dcm")
    assert (written.SpecificCharacterSet, written.Manufacturer) == ("ISO_IR 100", "Müller")


def test_what_cannot_be_read_goes(tmp_path):
    """pydicom parses an element when it is looked at; what is no number may raise then."""
    item = Dataset()
    item.add_new("SliceThickness", "SH", "Mrs Secret")
    item.add_new("RegionFlags", "SH", "Mrs Secret")
    item.PhysicalDeltaX = 0.5
    dataset = make_dataset(np.zeros((2, 2), np.int16))
    dataset.SequenceOfUltrasoundRegions = [item]
    path = save(dataset, tmp_path / "a.dcm")
    data = path.read_bytes()
    for tag, vr in ((b"\x18\0\x50\0", b"DS"), (b"\x18\0\x16\x60", b"UL")):
        assert tag + b"SH" in data
        data = data.replace(tag + b"SH", tag + vr)
    path.write_bytes(data)
    with pytest.raises(Exception, match="even multiple"):
        str(dcmread(path).SequenceOfUltrasoundRegions[0].RegionFlags)
    clean = Deidentifier().deidentified(dcmread(path), Dataset())
    (region,) = clean.SequenceOfUltrasoundRegions
    assert [element.keyword for element in region] == ["PhysicalDeltaX"]


@pytest.mark.parametrize("mode", ["whitelist", "full", "none"])
@pytest.mark.parametrize("says", ["YES", " yes"])
def test_burnt_in_text_is_refused(tmp_path, mode, says):
    dataset = make_dataset(np.zeros((2, 2), np.int16), BurnedInAnnotation="NO")
    dataset["BurnedInAnnotation"]._value = says
    path = save(dataset, tmp_path / "a")
    with pytest.raises(UnsupportedPixelsError, match="burnt into the pixels"):
        read_image(path, metadata=mode, anonymize=True)
    assert read_image(path, metadata=mode).pixels.shape == (2, 2)
    dataset.BurnedInAnnotation = "NO"
    read_image(save(dataset, tmp_path / "a"), metadata=mode, anonymize=True)


def test_metadata_in_the_stream_is_the_de_identified_one(nasty):
    image = read_image(nasty, anonymize=True)
    stream = mmpc.compress(image.pixels, bitstream=1, metadata=image.metadata)
    assert unpack_metadata(read_stream(stream).trailer.metadata) == image.metadata


def test_references_inside_a_study_still_meet(nasty):
    dataset = kept(nasty, metadata="full", anonymize=True)
    reference = dataset.ReferencedImageSequence[0]
    assert reference.ReferencedSOPInstanceUID.startswith("2.25.")
    assert "RequestAttributesSequence" not in dataset


@pytest.mark.skipif(bool(outcomes.tools_missing()), reason="dicom3tools or dcmtk is not installed")
def test_every_real_file_stays_as_valid_an_object_of_its_class(tmp_path):
    """All of pydicom's test files that are images for us, with everything kept that may be."""

    def written(image, lossy):
        out = tmp_path / "out.dcm"
        write_dicom(out, image.pixels, image_metadata=image.metadata, lossy=lossy)
        errors = {re.sub(r"<[0-9.]+>", "", error) for error in outcomes.validator_errors(out)}
        return dcmread(out, stop_before_pixels=True).SOPClassUID, errors

    seen = 0
    for path in outcomes.packaged_files():
        try:
            image = read_image(path, 0)
        except MmpcError:  # no image, or none for us
            continue
        seen += 1
        clean = read_image(path, 0, anonymize=True)
        for lossy in (None, LossyStep("MMPC_1", 10)):
            sop_class, errors = written(image, lossy)
            new_class, new_errors = written(clean, lossy)
            assert new_errors <= errors, path.name
            assert not (lossy and new_errors), path.name
            assert new_class == sop_class, path.name
    assert seen > 60
