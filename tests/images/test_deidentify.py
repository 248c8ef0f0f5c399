"""No value that identifies goes through: searched for in the bytes, not in our own parser."""

import json
import re
import zlib

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.config import RAISE
from pydicom.datadict import dictionary_VR
from pydicom.sequence import Sequence
from pydicom.sr.codedict import codes
from pydicom.sr.coding import snomed_mapping
from pydicom.tag import Tag
from pydicom.uid import UID_dictionary
from pydicom.valuerep import validate_value

import mmpc
from mmpc.errors import MmpcError, UnsupportedPixelsError
from mmpc.images.dicom.deidentify import METHODS, Deidentifier
from mmpc.images.dicom.profile import action_for
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
    assert b"innocent meaning" not in inflated, "words of no dictionary"


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
# Category of the table: what is left of an element of a class that can do without it.
LEFT = {
    "X_TAGS": "nothing",
    "X_Z_TAGS": "nothing",
    "X_D_TAGS": "nothing",
    "X_Z_D_TAGS": "nothing",
    "Z_TAGS": "no value",
    "Z_D_TAGS": "no value",
    "D_TAGS": "another value",
    "U_TAGS": "another value",
}


@pytest.mark.parametrize("category", LEFT)
def test_every_line_of_the_table_is_carried_out(category):
    """An element of each tag in Table E.1-1, at the top and in a sequence that may stay."""
    top, inner = Dataset(), Dataset()
    tags = [Tag(tag) for tag in identifying.DATABASE[category] if len(tag) == 2]
    tags = [tag for tag in tags if tag in identifying.DicomDictionary]
    for tag in tags:
        vr = dictionary_VR(tag)[:2]
        for dataset in (top, inner):
            if vr == "SQ":
                item = Dataset()
                item.PatientName = "Secret^Name"
                dataset.add_new(tag, vr, [item])
            else:
                dataset.add_new(tag, vr, SECRETS[vr])
    top.SequenceOfUltrasoundRegions = [inner]
    clean = Deidentifier().deidentified(top, Dataset())
    for dataset in (clean, clean.SequenceOfUltrasoundRegions[0]):
        for tag in tags:
            secret = SECRETS.get(dictionary_VR(tag)[:2])
            if LEFT[category] == "nothing" or (secret is None and category == "D_TAGS"):
                assert tag not in dataset
            elif LEFT[category] == "no value":
                assert dataset[tag].is_empty
            else:
                assert not dataset[tag].is_empty
                assert dataset[tag].value != secret
    assert top[tags[0]].value in (SECRETS.get(dictionary_VR(tags[0])[:2]), top[tags[0]].value)


# What stands for a value that has to be there; also what FORMAT.md says.
STAND_INS = {
    **dict.fromkeys(["AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT"], "ANONYMIZED"),
    **{"AS": "000Y", "DA": "19000101", "DT": "19000101000000", "TM": "000000", "UR": "urn:x"},
    **{"OB": bytes(8), "UN": bytes(8)},
}


@pytest.mark.parametrize("vr", STAND_INS)
def test_what_stands_for_a_value_is_legal_and_says_nothing(vr):
    tags = map(Tag, identifying.DATABASE["D_TAGS"])
    tag = next(
        (tag for tag in tags if identifying.DicomDictionary.get(tag, ("", ""))[0] == vr), None
    )
    if tag is None:  # CS, LT ... are no D of this edition; of the next they may be
        from mmpc.images.dicom.deidentify import _dummy

        assert _dummy(vr) == STAND_INS[vr]
        return
    dataset = Dataset()
    dataset.add_new(tag, vr, SECRETS[vr])
    value = Deidentifier().deidentified(dataset, Dataset())[tag].value
    assert value == STAND_INS[vr]
    validate_value(vr, value, RAISE)


PET, DX = "1.2.840.10008.5.1.4.1.1.128", "1.2.840.10008.5.1.4.1.1.1.1"


def test_what_a_class_cannot_do_without_is_there_without_its_value():
    dataset = Dataset()
    dataset.SeriesDate, dataset.SeriesTime = "20240229", "123456"
    dataset.AcquisitionDate, dataset.OperatorsName = "20240229", "Secret^Operator"
    dataset.AcquisitionContextSequence = [Dataset()]
    dataset.LUTLabel, dataset.PositionReferenceIndicator = "of Mrs Secret", "of Mrs Secret"
    deidentifier = Deidentifier()

    def left(sop_class):
        dataset.SOPClassUID = sop_class
        clean = deidentifier.deidentified(dataset, Dataset())
        return {element.keyword: element.value for element in clean if element.tag in dataset}

    always = {"LUTLabel": "ANONYMIZED", "PositionReferenceIndicator": ""}
    ct = "1.2.840.10008.5.1.4.1.1.2"
    assert left(ct) == {"SOPClassUID": ct, **always}
    assert left(PET) == {
        "SOPClassUID": PET,
        "SeriesDate": "19000101",
        "SeriesTime": "000000",
        "AcquisitionDate": "",
        **always,
    }
    assert left(DX) == {"SOPClassUID": DX, "AcquisitionContextSequence": [], **always}
    assert left("1.2.840.10008.5.1.4.1.1.481.2")["OperatorsName"] == ""
    assert left("1.2.840.113619.4.2") == always, "a class of a vendor's own"


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


KEYWORDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")


def uids(path, **arguments):
    result = kept(path, **arguments)
    return [result[keyword].value for keyword in KEYWORDS]


@pytest.fixture
def series(tmp_path):
    """Two slices of a series."""
    paths = []
    for number in (1, 2):
        dataset = make_dataset(
            np.zeros((2, 2), np.int16),
            StudyInstanceUID="1.2.3.1",
            SeriesInstanceUID="1.2.3.1.1",
            SOPInstanceUID=f"1.2.3.1.1.{number}",
            FrameOfReferenceUID="1.2.3.99",
        )
        paths.append(save(dataset, tmp_path / f"{number}.dcm"))
    return paths


@pytest.mark.parametrize("anonymize", [True, Deidentifier()])
def test_within_a_run_uids_are_replaced_alike(series, anonymize):
    first, second = (uids(path, anonymize=anonymize) for path in series)
    assert first[:2] == second[:2] and first[3] == second[3] and first[2] != second[2]
    assert len(set(first)) == 4
    assert all(re.fullmatch(r"2\.25\.[1-9][0-9]{0,38}", uid) for uid in first)


def test_another_run_replaces_them_otherwise(series):
    """Also where there is no StudyInstanceUID: nothing in the file is the key."""
    first, second = (uids(series[0], anonymize=Deidentifier()) for _ in range(2))
    assert not set(first) & set(second)
    assert len({Deidentifier().key for _ in range(8)}) == 8
    assert len(Deidentifier().key) == 32
    bare = Dataset()
    bare.SOPInstanceUID = "1.2.3"
    new = {Deidentifier().deidentified(bare, bare).SOPInstanceUID for _ in range(8)}
    assert len(new) == 8


def test_the_key_alone_decides(series):
    """HMAC-SHA256 of 1.2.3.1 under 32 zeros, its first 16 bytes as a UUID (FORMAT.md)."""
    deidentifier = Deidentifier(bytes(32))
    assert uids(series[0], anonymize=deidentifier) == uids(series[0], anonymize=deidentifier)
    digest = bytes.fromhex("4dfa410481cfb81eed9d3f03fdf7db28")
    assert uids(series[0], anonymize=deidentifier)[0] == f"2.25.{int.from_bytes(digest)}"
    assert "0000" not in repr(deidentifier) and str(bytes(32)) not in repr(deidentifier)


def test_every_value_of_a_uid_is_replaced():
    dataset = Dataset()
    dataset.FailedSOPInstanceUIDList = ["1.2.3.1", "1.2.3.2", "1.2.3.3"]
    deidentifier = Deidentifier()
    new = deidentifier.deidentified(dataset, Dataset()).FailedSOPInstanceUIDList
    assert new == [deidentifier.replace_uid(f"1.2.3.{number}") for number in (1, 2, 3)]
    assert len(set(new)) == 3 and all(uid.startswith("2.25.") for uid in new)
    assert dataset.FailedSOPInstanceUIDList[0] == "1.2.3.1", "the original is left alone"
    dataset.FailedSOPInstanceUIDList = ["1.2.3.1", "1.2.3.2"]
    assert deidentifier.deidentified(dataset, Dataset()).FailedSOPInstanceUIDList == new[:2]


def test_uids_of_the_standard_stay():
    talairach, ct, explicit = (
        "1.2.840.10008.1.4.1.1",
        "1.2.840.10008.5.1.4.1.1.2",
        "1.2.840.10008.1.2.1",
    )
    dataset, reference = Dataset(), Dataset()
    dataset.SOPClassUID, dataset.FrameOfReferenceUID = ct, talairach
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = ct, "1.2.3"
    dataset.ReferencedImageSequence = [reference]
    dataset.UID = explicit
    clean = Deidentifier().deidentified(dataset, Dataset())
    assert (clean.SOPClassUID, clean.FrameOfReferenceUID, clean.UID) == (ct, talairach, explicit)
    assert clean.ReferencedImageSequence[0].ReferencedSOPClassUID == ct
    assert clean.ReferencedImageSequence[0].ReferencedSOPInstanceUID.startswith("2.25.")


def code(value, scheme, meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def test_codes_of_the_standard_stay_with_the_standards_words():
    dataset = Dataset()
    dataset.AnatomicRegionSequence = [
        code("T-A0100", "SRT", "brain of Mrs Secret"),
        code("69536005", "SCT", "Head"),
        code("SECRET", "99HOSPITAL", "Mrs Secret"),
        code("SECRET", "DCM", "Mrs Secret"),
        code("122503", "DCM", "a method"),
    ]
    dataset.MeasurementUnitsCodeSequence = [
        code("ml/100ml/s", "UCUM", "flow of Mrs Secret"),
        code("[hnsf'U]", "UCUM", "HU"),
    ]
    dataset.ViewCodeSequence = [code("SECRET", "99HOSPITAL", "Mrs Secret")]
    dataset.PatientOrientationCodeSequence = []
    dataset.CodeMeaning, dataset.CodeValue = "Mrs Secret", "SECRET"
    clean = Deidentifier().deidentified(dataset, Dataset())
    regions = clean.AnatomicRegionSequence
    assert [item.CodeValue for item in regions] == ["T-A0100", "69536005", "122503"]
    assert regions[2].CodeMeaning == (
        "Integration of sum of closed areas on contiguous slices method f"  # LO ends here
    )
    units = [item.CodeMeaning for item in clean.MeasurementUnitsCodeSequence]
    assert units == ["ml/100ml/s", "Hounsfield unit"]
    assert "ViewCodeSequence" not in clean and "CodeValue" not in clean
    assert clean.PatientOrientationCodeSequence == []
    assert "ecret" not in str(clean) and "SECRET" not in str(clean)


@pytest.mark.parametrize(
    "unit", ["", "SECRET", "ml/SECRET", "555/0100", "5/5/5/0", "5550100ml", "12", "-4"]
)
def test_a_unit_is_made_of_units(unit):
    dataset = Dataset()
    dataset.MeasurementUnitsCodeSequence = [code(unit, "UCUM", "x")]
    assert "MeasurementUnitsCodeSequence" not in Deidentifier().deidentified(dataset, Dataset())


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
    write_dicom(tmp_path / "b.dcm", image.pixels, image_metadata=image.metadata)
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


def test_references_inside_a_study_still_meet(nasty):
    dataset = kept(nasty, metadata="full", anonymize=True)
    reference = dataset.ReferencedImageSequence[0]
    assert reference.ReferencedSOPInstanceUID.startswith("2.25.")
    assert "RequestAttributesSequence" not in dataset


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


def test_the_table_is_the_standards():
    """Spot checks of PS3.15 Table E.1-1."""
    expected = {
        "PatientName": "empty",
        "PatientID": "empty",
        "PatientBirthDate": "empty",
        "StudyDate": "empty",
        "AcquisitionDate": "remove",
        "InstitutionName": "remove",
        "SOPInstanceUID": "replace UID",
        "StudyInstanceUID": "replace UID",
        "ReferencedImageSequence": "keep UIDs replaced",
        "SecondaryReviewerName": "remove",
        "PatientBirthDateInAlternativeCalendar": "remove",
        "DeidentificationMethod": "state",
        "PixelSpacing": None,
        "KVP": None,
    }
    assert {keyword: action_for(Tag(keyword)) for keyword in expected} == expected
    assert action_for(Tag(0x0029, 0x1010)) == "remove"
    assert action_for(Tag(0x6002, 0x3000)) == "remove"
    assert action_for(Tag(0x6002, 0x0010)) == "remove"
    assert action_for(Tag(0x5010, 0x0005)) == "remove"
    assert action_for(Tag(0x0008, 0xFFF0)) == "remove"


def test_metadata_in_the_stream_is_the_de_identified_one(nasty):
    image = read_image(nasty, anonymize=True)
    stream = mmpc.compress(image.pixels, bitstream=1, metadata=image.metadata)
    assert unpack_metadata(read_stream(stream).trailer.metadata) == image.metadata


@pytest.mark.skipif(bool(outcomes.tools_missing()), reason="dicom3tools or dcmtk is not installed")
@pytest.mark.parametrize("lossy", [None, LossyStep("MMPC_1", 10)], ids=["lossless", "lossy"])
def test_every_real_file_stays_as_valid_an_object_of_its_class(tmp_path, lossy):
    """All of pydicom's test files that are images for us, with everything kept that may be."""

    def written(path, anonymize):
        image = read_image(path, 0, metadata="full", anonymize=anonymize)
        out = tmp_path / "out.dcm"
        write_dicom(out, image.pixels, image_metadata=image.metadata, lossy=lossy)
        errors = {re.sub(r"<[0-9.]+>", "", error) for error in outcomes.validator_errors(out)}
        return dcmread(out).SOPClassUID, errors

    seen = 0
    for path in outcomes.packaged_files():
        try:
            sop_class, errors = written(path, anonymize=False)
        except MmpcError:  # no image, or none for us
            continue
        seen += 1
        new_class, new_errors = written(path, anonymize=True)
        assert new_errors <= errors, path.name
        assert not (lossy and new_errors), path.name
        assert new_class == sop_class, path.name
    assert seen > 60
