"""No value that identifies goes through: searched for in the bytes, not in our own parser."""

import json
import re
import zlib

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.sequence import Sequence

import mmpc
from mmpc.errors import UnsupportedPixelsError
from mmpc.images.dicom.deidentify import _table, action_for, deidentify
from mmpc.images.dicom.writing import LossyStep, write_dicom
from mmpc.images.reading import read_image
from mmpc.streams.metadata import unpack_metadata
from mmpc.v1.codec import read_stream
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


def identifying_values(dataset) -> set[str]:
    """Every value that the profile or we forbid to pass, sequences included."""
    values = set()
    for element in dataset.iterall():
        if action_for(element.tag) is None or element.VR == "SQ":
            continue
        for value in element.value if element.VM > 1 else [element.value]:
            text = value.decode("latin-1") if isinstance(value, bytes) else str(value)
            text = text.strip(" \0")
            if SHORTEST <= len(text) <= 200 and len(set(text)) > 2:
                values.add(text)
    return values


def innocent_text(dataset) -> str:
    """All that may pass: what is also said by an element that does not identify."""
    return "\n".join(
        str(element.value)
        for element in dataset.iterall()
        if action_for(element.tag) is None and element.VR != "SQ"
    )


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
    # A random UID has 39 digits, and "12345" may be among them.
    monkeypatch.setattr("pydicom.uid.generate_uid", lambda **_: "2.25.1")
    path = packaged(file)
    frame = 0 if file == "eCT_Supplemental.dcm" else None
    original = dcmread(path)
    values, innocent = identifying_values(original), innocent_text(original)
    assert values, "the test has something to look for"

    image = read_image(path, frame, metadata=mode, anonymize=True)
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
    assert (b"innocent meaning" in inflated) == (mode == "full")


SECRETS = {
    **dict.fromkeys(["AE", "CS", "SH"], "SECRET"),
    **dict.fromkeys(["LO", "LT", "ST", "UC", "UT"], "a secret value"),
    **dict.fromkeys(["IS", "SL", "UL"], 271828),
    **dict.fromkeys(["SS", "US"], 27182),
    **dict.fromkeys(["DS", "FD", "FL"], 27182.5),
    **dict.fromkeys(["OB", "OW", "UN", "OD", "OF", "OL"], b"SECRET!!" * 2),
    **{"PN": "Secret^Name", "UI": "1.2.27182", "UR": "https://secret", "AS": "027Y"},
    **{"DA": "20271828", "TM": "182818", "DT": "20270828182818", "AT": 0x27182718},
}


def test_every_line_of_the_table_is_carried_out():
    """An element of each tag in Table E.1-1, at the top and in a sequence that may stay."""
    from pydicom.datadict import dictionary_VR

    exact, _ = _table()
    top, inner = Dataset(), Dataset()
    for tag in exact:
        try:
            vr = dictionary_VR(tag)[:2]
        except KeyError:
            continue  # retired, and not in pydicom's dictionary
        for dataset in (top, inner):
            if vr == "SQ":
                item = Dataset()
                item.CodeMeaning = "secret code"
                item.PatientName = "Secret^Name"
                dataset.add_new(tag, vr, [item] if dataset is inner else [inner])
            else:
                dataset.add_new(tag, vr, SECRETS[vr])
    assert len(top) > 600
    top.ProcedureCodeSequence = [inner]
    deidentify(top, Dataset())
    text = json.dumps(top.to_json_dict(bulk_data_threshold=2**30))
    # New UIDs are random digits, which may be those of a secret by chance.
    text = re.sub(r'"2\.25\.\d+"', '"new UID"', text)
    left = re.findall(r"[^\"]*(?:secret|2718|1828|027Y|U0VDUkVU)[^\"]*", text, re.IGNORECASE)
    assert {value for value in left if value not in ("secret code",)} == set()
    for element in top.iterall():
        if action_for(element.tag) == "replace" and element.VR != "SQ":
            assert str(element.value) != "", f"{element.keyword} needs a value (D)"


def kept(path, **arguments):
    metadata = read_image(path, **arguments).metadata
    return Dataset.from_json(json.loads(json.dumps(metadata["dicom"])))


def test_the_method_is_stated(nasty):
    dataset = kept(nasty, anonymize=True)
    assert dataset.PatientIdentityRemoved == "YES"
    assert "PS3.15" in dataset.DeidentificationMethod
    assert dataset.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
    assert dataset.LongitudinalTemporalInformationModified == "REMOVED"


def test_uids_are_replaced_alike_within_a_study_and_differently_in_another(tmp_path):
    def uids(name, study, series, instance):
        dataset = make_dataset(
            np.zeros((2, 2), np.int16),
            StudyInstanceUID=study,
            SeriesInstanceUID=series,
            SOPInstanceUID=instance,
            FrameOfReferenceUID="1.2.3.99",
        )
        result = kept(save(dataset, tmp_path / name), anonymize=True)
        return (
            result.StudyInstanceUID,
            result.SeriesInstanceUID,
            result.SOPInstanceUID,
            result.FrameOfReferenceUID,
        )

    first = uids("a", "1.2.3.1", "1.2.3.1.1", "1.2.3.1.1.1")
    second = uids("b", "1.2.3.1", "1.2.3.1.1", "1.2.3.1.1.2")
    other = uids("c", "1.2.3.2", "1.2.3.1.1", "1.2.3.1.1.1")
    assert first[:2] == second[:2] and first[3] == second[3] and first[2] != second[2]
    assert not set(first) & set(other)
    assert all(re.fullmatch(r"2\.25\.[1-9][0-9]{0,38}", uid) for uid in first)


def test_references_inside_a_study_still_meet(nasty):
    dataset = kept(nasty, metadata="full", anonymize=True)
    reference = dataset.ReferencedImageSequence[0]
    assert reference.ReferencedSOPInstanceUID.startswith("2.25.")
    assert "RequestAttributesSequence" not in dataset


def test_burnt_in_text_is_refused(tmp_path):
    dataset = make_dataset(np.zeros((2, 2), np.int16), BurnedInAnnotation="YES")
    path = save(dataset, tmp_path / "a")
    with pytest.raises(UnsupportedPixelsError, match="burnt into the pixels"):
        read_image(path, anonymize=True)
    assert read_image(path).pixels.shape == (2, 2)


def test_the_table_is_the_standards():
    """Spot checks of PS3.15 Table E.1-1."""
    from pydicom.tag import Tag

    expected = {
        "PatientName": "empty",
        "PatientID": "empty",
        "PatientBirthDate": "empty",
        "StudyDate": "empty",
        "AcquisitionDate": "remove",
        "InstitutionName": "remove",
        "SOPInstanceUID": "replace UID",
        "StudyInstanceUID": "replace UID",
        "PixelSpacing": None,
        "KVP": None,
    }
    assert {keyword: action_for(Tag(keyword)) for keyword in expected} == expected
    assert action_for(Tag(0x0029, 0x1010)) == "remove"
    assert action_for(Tag(0x6002, 0x3000)) == "remove"
    assert action_for(Tag(0x5010, 0x0005)) == "remove"


def test_metadata_in_the_stream_is_the_de_identified_one(nasty):
    image = read_image(nasty, anonymize=True)
    stream = mmpc.compress(image.pixels, bitstream=1, metadata=image.metadata)
    assert unpack_metadata(read_stream(stream).trailer.metadata) == image.metadata
