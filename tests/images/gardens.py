"""Datasets with a token in every element there is: at the top, nested, private, misdeclared."""

import re
from itertools import count

import numpy as np
from pydicom import Dataset
from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
from pydicom.tag import Tag

from mmpc.images.dicom.profile import action_for
from tests.images.identifying import BYTES, HARMLESS_VRS, TEXT
from tests.images.making import make_dataset
from tests.images.tokens import Planter

# Without these at the top there is no image of one frame to read ...
SKELETON = """
    SOPClassUID SpecificCharacterSet SamplesPerPixel PhotometricInterpretation Rows Columns
    BitsAllocated BitsStored HighBit PixelRepresentation NumberOfFrames PixelData
    FloatPixelData DoubleFloatPixelData ExtendedOffsetTable ExtendedOffsetTableLengths
"""
SKELETON_TAGS = {Tag(keyword) for keyword in SKELETON.split()}
# ... and these are read on the way to it: no words in the numbers, no nonsense in the groups.
NUMBERS_TO_READ = """
    RescaleSlope RescaleIntercept PixelPaddingValue PixelPaddingRangeLimit PixelSpacing
    WindowCenter WindowWidth LossyImageCompressionRatio
"""
NUMBER_TAGS = {Tag(keyword) for keyword in NUMBERS_TO_READ.split()}
GROUP_TAGS = {Tag("SharedFunctionalGroupsSequence"), Tag("PerFrameFunctionalGroupsSequence")}

PROBES = """
    PatientName PatientBirthDate ReferencedSOPInstanceUID AccessionNumber TextValue RetrieveURL
    EvaluatorName RouteSegmentStartTime ComponentManufacturer
"""
CODE_TAGS = [
    Tag("CodeValue"),
    Tag("LongCodeValue"),
    Tag("URNCodeValue"),
    Tag("CodingSchemeDesignator"),
    Tag("CodeMeaning"),
]


def dictionary_elements():
    """Every element of pydicom's dictionary that a dataset can hold: tag, VR, values."""
    for tag, (vr, multiplicity, *_) in DicomDictionary.items():
        if vr != "NONE" and tag >> 16 not in (0x0000, 0x0002, 0xFFFE):
            # "US or SS" is US in an unsigned image; "OB or OW", "US or OW" hold bytes.
            vr = next((choice for choice in ("OW", "US") if choice in vr.split(" or ")), vr)
            yield Tag(tag), vr, 1 if multiplicity == "1" else 3


def gardens(planter: Planter) -> dict[str, Dataset]:
    """The datasets that hold all plants, by name."""
    return {
        "every element": _every_element(planter),
        "every sequence": _every_sequence(planter),
        "every element, two sequences deep": _nested(planter),
        "functional groups": _functional_groups(planter),
        "private": _private(planter),
        "repeating groups and unknown tags": _repeating(planter),
        "every element under another VR": _other_vrs(planter),
        "codes": _codes(planter),
    }


def _image() -> Dataset:
    return make_dataset(np.arange(64, dtype=np.uint16).reshape(8, 8))


def _every_element(planter):
    dataset = _image()
    for tag, vr, n_values in dictionary_elements():
        if vr != "SQ" and tag not in SKELETON_TAGS:
            planter.add(dataset, tag, vr, "at the top", n_values)
    return dataset


def _probe(planter, place, turn: int | None = None) -> Dataset:
    """An item with one value of each kind that must not pass; in turn, with three of the kinds."""
    item, kinds = Dataset(), [*PROBES.split(), "private"]
    if turn is not None:
        kinds = [kinds[(turn + step) % len(kinds)] for step in (0, 3, 7)]
    for keyword in kinds:
        if keyword == "private":
            _private_block(planter, item, ("LO",), place)
        else:
            planter.add(item, Tag(keyword), DicomDictionary[Tag(keyword)][0], place)
    return item


def _sequence_probes(planter, tag, turns, places) -> list[Dataset]:
    """Return a probe for each place: of all kinds where the profile keeps the sequence.

    Of a sequence that goes, any token shows whether it did.
    """
    goes = action_for(tag) in ("remove", "empty", "replace")
    return [_probe(planter, place, next(turns) if goes else None) for place in places]


def _every_sequence(planter):
    dataset, turns = _image(), count()
    places = ("in a sequence", "two deep", "in a second item")
    for tag, vr, _ in dictionary_elements():
        if vr == "SQ" and tag not in GROUP_TAGS:
            outer, inner, second = _sequence_probes(planter, tag, turns, places)
            outer.add_new(tag, "SQ", [inner])
            dataset.add_new(tag, "SQ", [outer, second])
    return dataset


CARRIERS = (
    "SourceImageSequence in ReferencedImageSequence",
    "QuantityDefinitionSequence in RealWorldValueMappingSequence",
    "ModalityLUTSequence in SequenceOfUltrasoundRegions",
)


def _nested(planter):
    dataset = _image()
    for place in CARRIERS:
        inner, outer = place.split(" in ")
        item, carrier = Dataset(), Dataset()
        for tag, vr, n_values in dictionary_elements():
            if vr != "SQ" and tag not in CODE_TAGS:
                planter.add(item, tag, vr, f"in {place}", n_values)
        setattr(carrier, inner, [item])
        setattr(dataset, outer, [carrier])
    return dataset


def _functional_groups(planter):
    """An enhanced object of two frames: what is true of a frame is looked up in its groups."""
    dataset = make_dataset(np.arange(128, dtype=np.uint16).reshape(2, 8, 8))
    groups, turns = (shared := Dataset(), first := Dataset()), count()
    for number, (tag, vr, _) in enumerate(dictionary_elements()):
        if vr == "SQ" and tag not in GROUP_TAGS:
            group = groups[number % 2]
            probes = _sequence_probes(planter, tag, turns, ["in a functional group"])
            group.add_new(tag, "SQ", probes)
    for group in groups:
        planter.add(group, Tag("PatientName"), "PN", "beside a functional group")
    dataset.SharedFunctionalGroupsSequence = [shared]
    dataset.PerFrameFunctionalGroupsSequence = [first, Dataset()]
    return dataset


def _private_block(planter, dataset, vrs, place, group=0x0009) -> None:
    planter.add(dataset, Tag(group, 0x0010), "LO", f"private creator {place}")
    for number, vr in enumerate(vrs):
        planter.add(dataset, Tag(group, 0x1000 + number), vr, f"private {place}")


def _private(planter):
    vrs = [*TEXT, *BYTES, *HARMLESS_VRS, "UI", "UR", "DA", "TM", "DT", "AS"]
    dataset, item = _image(), Dataset()
    for group in (0x0009, 0x0019, 0x0029, 0x6001, 0x7FE1):
        _private_block(planter, dataset, vrs, "at the top", group)
        _private_block(planter, item, vrs, "in a sequence", group)
    dataset.ReferencedImageSequence = [item]
    private_item = _probe(planter, "in a private sequence")
    dataset.add_new(Tag(0x0029, 0x10FF), "SQ", [private_item])
    return dataset


def _repeating(planter):
    dataset = _image()
    for mask, (vr, *_) in RepeatersDictionary.items():
        for fill in ("00", "02", "1E"):
            tag = Tag(int(re.sub("x+", lambda x, fill=fill: fill[: len(x.group())], mask), 16))
            if vr not in ("SQ", "NONE") and tag not in dataset and tag not in DicomDictionary:
                planter.add(dataset, tag, vr.split(" or ")[-1], "repeating group")
    for group in (0x0008, 0x0010, 0x0018, 0x0028, 0x0040):
        for number, vr in enumerate(["LO", "UN", "PN", "DA", "UI", "DS"]):
            planter.add(dataset, Tag(group, 0xFF00 + number), vr, "unknown tag")
    return dataset


def _other_vrs(planter):
    dataset = _image()
    for tag, vr, _ in dictionary_elements():
        if tag not in SKELETON_TAGS | NUMBER_TAGS | GROUP_TAGS:
            planter.add(dataset, tag, "ST" if vr == "LO" else "LO", f"instead of {vr}")
    return dataset


def _codes(planter):
    """Codes that no dictionary has: the hospital's own, and words where a code should be."""
    dataset, kept = _image(), Dataset()
    unknown, misused = Dataset(), Dataset()
    for tag in CODE_TAGS:
        planter.add(unknown, tag, DicomDictionary[tag][0], "in a code")
    misused.CodingSchemeDesignator = "DCM"
    for keyword in ("CodeValue", "CodeMeaning"):
        planter.add(misused, Tag(keyword), DicomDictionary[Tag(keyword)][0], "in a code of DCM")
    kept.AnatomicRegionModifierSequence = [unknown, misused]
    kept.CodeValue, kept.CodingSchemeDesignator = "T-A0100", "SRT"
    planter.add(kept, Tag("CodeMeaning"), "LO", "meaning of a known code")
    dataset.AnatomicRegionSequence = [kept]
    return dataset
