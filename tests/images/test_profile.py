"""Each line of PS3.15 Table E.1-1 is carried out, and what it does not name is on our list."""

import pytest
from pydicom import Dataset
from pydicom._dicom_dict import DicomDictionary
from pydicom.config import RAISE
from pydicom.datadict import dictionary_VR
from pydicom.tag import Tag
from pydicom.valuerep import validate_value

from mmpc.images.dicom.deidentify import Deidentifier, _dummy
from mmpc.images.dicom.kept_acquisition import KEPT_ACQUISITION
from mmpc.images.dicom.kept_elements import KEPT_ELEMENTS, KEPT_IMAGE
from mmpc.images.dicom.kept_elements import STAND_INS as KEPT_STAND_INS
from mmpc.images.dicom.known_codes import CODE_KEYWORDS
from mmpc.images.dicom.profile import action_for
from mmpc.images.dicom.whitelist import WHITELIST
from tests.images import identifying

SECRETS = {
    **dict.fromkeys(["AE", "CS", "SH"], "SECRET"),
    **dict.fromkeys(["LO", "LT", "ST", "UC", "UT"], "a secret value"),
    **dict.fromkeys(["IS", "SL", "UL"], 271828),
    **dict.fromkeys(["SS", "US"], 27182),
    **dict.fromkeys(["DS", "FD", "FL"], 27182.5),
    **dict.fromkeys(["OB", "OW", "UN", "OD", "OF", "OL"], b"SECRET!!" * 2),
    **{"PN": "Secret^Name", "UI": "1.2.27182", "UR": "https://secret", "AS": "027Y"},
    **{"DA": "20271218", "TM": "182818", "DT": "20270828182818", "AT": 0x27182718},
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
    tags = [tag for tag in tags if tag in DicomDictionary]
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
    tag = next((tag for tag in tags if DicomDictionary.get(tag, ("", ""))[0] == vr), None)
    if tag is None:  # CS, LT ... are no D of this edition; of the next they may be
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


def test_what_is_kept_is_not_in_the_table_and_is_no_text_nor_time():
    keywords = " ".join([*KEPT_IMAGE.values(), *KEPT_ACQUISITION.values()]).split()
    assert len(keywords) == len(set(keywords)) == len(KEPT_ELEMENTS) > 900
    for keyword in [*keywords, *KEPT_STAND_INS]:
        assert Tag(keyword) in DicomDictionary, keyword
        assert Tag(keyword) not in identifying.NAMED, keyword
    vrs = {keyword: DicomDictionary[Tag(keyword)][0].split(" or ") for keyword in keywords}
    text = {keyword for keyword, vr in vrs.items() if set(vr) & {"LO", "SH"}}
    assert text == {*identifying.HARMLESS_TEXT.split(), *CODE_KEYWORDS} & KEPT_ELEMENTS
    assert set(identifying.HARMLESS_TEXT.split()) <= text
    words = {keyword for keyword, vr in vrs.items() if "OW" in vr and "US" not in vr}
    assert words <= set(identifying.HARMLESS_BYTES.split())
    allowed = {*identifying.HARMLESS_VRS, "SQ", "UI", "LO", "SH", "OW"}
    assert {one for vr in vrs.values() for one in vr} <= allowed


def test_nothing_on_the_whitelist_is_lost_because_nobody_thought_of_it():
    for keyword in WHITELIST:
        spoken_of = (
            keyword in {*KEPT_ELEMENTS, *KEPT_STAND_INS} or Tag(keyword) in identifying.NAMED
        )
        assert spoken_of or keyword.startswith(("Deidentification", "PatientIdentity")), keyword
