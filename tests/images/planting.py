"""Plant a token of its own in every element there is, and count those that come through.

``python -m tests.images.planting`` prints the counts.
"""

import base64
import datetime
import json
import re
import sys
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from pydicom import Dataset, config
from pydicom._dicom_dict import DicomDictionary, RepeatersDictionary
from pydicom.tag import Tag

import mmpc
from mmpc.images.reading import METADATA_MODES, read_image
from tests.images.identifying import BYTES, HARMLESS_VRS, TEXT, identifies
from tests.images.making import make_dataset, save

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
GROUPS_TO_READ = ["SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"]

ONE_VALUE = ("LT", "ST", "UT", "UR", *BYTES)
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


@dataclass
class Plant:
    """One token: where it is, and how it shows in the JSON of a stream."""

    needle: str | float
    tag: int
    vr: str
    place: str

    @property
    def identifies(self) -> bool:
        return identifies(self.tag, self.vr)

    def __str__(self):
        name = DicomDictionary[self.tag][4] if self.tag in DicomDictionary else "unknown"
        return f"({self.tag >> 16:04X},{self.tag & 0xFFFF:04X}) {name} {self.vr} {self.place}"


@dataclass
class Planter:
    """Makes tokens and remembers where each was put."""

    plants: list[Plant] = field(default_factory=list)
    used: Counter = field(default_factory=Counter)

    def add(self, dataset, tag, vr: str, place: str, n_values: int = 1) -> None:
        """Add an element whose every value is a token."""
        n_values = 1 if vr in ONE_VALUE else n_values
        values = []
        for position in range(n_values):
            value, needle = self._token(vr)
            values.append(value)
            later = " (later value)" if position else ""
            self.plants.append(Plant(needle, int(tag), vr, place + later))
        dataset.add_new(tag, vr, values if n_values > 1 else values[0])

    def _token(self, vr: str):
        """Return a value that this VR can hold, unlike all others, and what to search for."""
        n = len(self.plants)
        word = f"TOK{n:06d}"
        if vr in ("AE", "CS"):
            return word, word
        if vr in TEXT:
            return f"Mrs {word}", word
        if vr in BYTES:
            return word.encode() * 8, word
        if vr == "UR":
            return f"https://{word}", word
        if vr == "UI":
            return f"1.2.826.9.{n}", f"1.2.826.9.{n}"
        day = (datetime.date(1000, 1, 1) + datetime.timedelta(n)).strftime("%Y%m%d")
        clock = f"{n % 24:02d}0102.{n % 10**6:06d}"
        if vr in ("DA", "TM", "DT"):
            text = {"DA": day, "TM": clock, "DT": day + clock}[vr]
            return text, text
        kind = "DS" if vr in ("FD", "FL") else vr
        self.used[kind] += 1
        count = self.used[kind]
        if vr == "AS":
            return f"{count:03d}W", f"{count:03d}W"
        if vr == "AT":
            return 0x7E000000 + count, f"{0x7E000000 + count:08X}"
        number = {"US": 33000, "SS": 20000, "DS": 2**21 + 0.5}.get(kind, 10**7 + n) + (
            count if kind in ("US", "SS", "DS") else 0
        )
        assert number < {"US": 2**16, "SS": 2**15}.get(vr, 2**31)
        return str(number) if vr in ("DS", "IS") else number, number


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


def _probe(planter, place) -> Dataset:
    """An item with one value of each kind that must not pass."""
    item = Dataset()
    for keyword in PROBES.split():
        planter.add(item, Tag(keyword), DicomDictionary[Tag(keyword)][0], place)
    _private_block(planter, item, ("LO",), place)
    return item


def _every_sequence(planter):
    dataset = _image()
    for tag, vr, _ in dictionary_elements():
        if vr == "SQ":
            outer, inner = _probe(planter, "in a sequence"), _probe(planter, "two deep")
            outer.add_new(tag, "SQ", [inner])
            dataset.add_new(tag, "SQ", [outer, _probe(planter, "in a second item")])
    for keyword in GROUPS_TO_READ:
        del dataset[keyword]
    return dataset


CARRIERS = (
    ("ReferencedImageSequence", "SourceImageSequence"),
    ("RealWorldValueMappingSequence", "QuantityDefinitionSequence"),
    ("SequenceOfUltrasoundRegions", "ModalityLUTSequence"),
)


def _nested(planter):
    dataset = _image()
    for outer, inner in CARRIERS:
        item, carrier = Dataset(), Dataset()
        for tag, vr, n_values in dictionary_elements():
            if vr != "SQ" and tag not in CODE_TAGS:
                planter.add(item, tag, vr, f"in {outer} in {inner}", n_values)
        setattr(carrier, inner, [item])
        setattr(dataset, outer, [carrier])
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
        if tag not in SKELETON_TAGS:
            planter.add(dataset, tag, "ST" if vr == "LO" else "LO", f"instead of {vr}")
    for keyword in NUMBERS_TO_READ.split() + GROUPS_TO_READ:
        del dataset[keyword]
    return dataset


def _codes(planter):
    """Codes that no dictionary has: the hospital's own, and words where a code should be."""
    dataset, kept = _image(), Dataset()
    kept.AnatomicRegionModifierSequence = [Dataset() for _ in range(2)]
    for item in kept.AnatomicRegionModifierSequence:
        for tag in CODE_TAGS:
            planter.add(item, tag, DicomDictionary[tag][0], "in a code")
    item = kept.AnatomicRegionModifierSequence[1]
    item.CodingSchemeDesignator = "DCM"
    kept.CodeValue, kept.CodingSchemeDesignator = "T-A0100", "SRT"
    planter.add(kept, Tag("CodeMeaning"), "LO", "meaning of a known code")
    dataset.AnatomicRegionSequence = [kept]
    return dataset


def survivors(planter: Planter, metadata: dict) -> list[Plant]:
    """The plants whose token is somewhere in what a stream says."""
    stream = mmpc.compress(np.zeros((8, 8), np.uint16), bitstream=1, metadata=metadata)
    leaves, text = set(), []

    def walk(node):
        if isinstance(node, dict):
            for key, value in node.items():
                if key == "InlineBinary":
                    text.append(base64.b64decode(value).decode("latin-1"))
                text.append(key)
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)
        else:
            leaves.add(node)
            text.append(str(node))

    walk(mmpc.read_header(stream).metadata)
    leaves |= set(re.findall(r"TOK\d{6}|1\.2\.826\.9\.\d+", json.dumps(text)))
    return [plant for plant in planter.plants if plant.needle in leaves]


def plant_and_read(folder: Path, mode: str, anonymize) -> tuple[list[Plant], list[Plant], dict]:
    """All plants, those that came through a mode, and the metadata of each garden."""
    planter = Planter()
    kept, survived = {}, []
    checks = config.settings.writing_validation_mode
    with warnings.catch_warnings(action="ignore"):
        config.settings.writing_validation_mode = config.IGNORE
        try:
            for name, dataset in gardens(planter).items():
                path = save(dataset, folder / "garden.dcm")
                kept[name] = read_image(path, metadata=mode, anonymize=anonymize).metadata
                survived += survivors(planter, kept[name])
        finally:
            config.settings.writing_validation_mode = checks
    return planter.plants, survived, kept


def main() -> int:
    """Print how many tokens come through each mode, with and without de-identification."""
    with TemporaryDirectory() as folder:
        for anonymize in (False, True):
            for mode in METADATA_MODES:
                plants, survived, _ = plant_and_read(Path(folder), mode, anonymize)
                identifying = [plant for plant in survived if plant.identifies]
                print(
                    f"anonymize {anonymize!s:5} {mode:10} planted {len(plants)}, "
                    f"identifying {sum(plant.identifies for plant in plants)}; "
                    f"survived {len(survived)}, identifying {len(identifying)}"
                )
                if anonymize:
                    for plant in identifying[:20]:
                        print("   ", plant)
    return 0


if __name__ == "__main__":
    sys.exit(main())
