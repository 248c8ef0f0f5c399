"""De-identify a header: Basic Application Level Confidentiality Profile, PS3.15 Annex E.

``profile`` says what is done to each element; this carries it out, sequences included. What
the profile does not know, what cannot be read, and what is not what the dictionary says it
is, goes.

This covers the header. What pixels show - a face in a volume, text burnt in - is not
touched; see PS3.15 E.3.1 and E.3.2.
"""

import contextlib
import copy
import functools
import hmac
import secrets
from dataclasses import dataclass, field

from mmpc.errors import InvalidParameterError, UnsupportedPixelsError
from mmpc.images.dicom.known_codes import CODE_KEYWORDS, settle_code
from mmpc.images.dicom.profile import EDITION, action_for

# Values of DeidentificationMethod, of at most 64 characters each.
METHODS = (
    f"Basic Application Level Confidentiality Profile, PS3.15 {EDITION}",
    "elements it does not name are removed, but for the image's own",
    "pixel data not examined",
)

DUMMY_TEXT = "ANONYMIZED"
DUMMIES = {"AS": "000Y", "DA": "19000101", "DT": "19000101000000", "TM": "000000", "UR": "urn:x"}
TEXT_VRS = ("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT")
BYTES_VRS = ("OB", "OD", "OF", "OL", "OV", "OW", "UN")

KEY_BYTES = 32

GONE = ("remove", "state")  # of the profile's actions


@dataclass(frozen=True)
class Deidentifier:
    """De-identifies the headers of one run; what belongs together stays together.

    A UID is replaced by a hash of it under the run's key, so series and references still
    meet among all files of the run. Whoever has the key can find a known original's copy;
    without it nobody can, and nobody can go back.

    Attributes
    ----------
    key : bytes
        A secret, new and random unless it is given: for files of several runs that must
        match, see :func:`mmpc.images.dicom.key_file.read_or_make_key`.

    Raises
    ------
    InvalidParameterError
        The key has less than 32 bytes.
    """

    key: bytes = field(default_factory=lambda: secrets.token_bytes(KEY_BYTES), repr=False)

    def __post_init__(self):
        if len(self.key) < KEY_BYTES:
            raise InvalidParameterError(
                f"the key of new UIDs has at least {KEY_BYTES} bytes, so that nobody guesses it"
            )

    def deidentified(self, dataset, original):
        """Return a de-identified copy of a dataset, sequences included.

        Parameters
        ----------
        dataset : pydicom.Dataset
            What is to be kept; not changed.
        original : pydicom.Dataset
            Where it comes from; for its BurnedInAnnotation.

        Raises
        ------
        UnsupportedPixelsError
            BurnedInAnnotation is YES: emptying the header would not hide the patient.
        """
        from pydicom import Dataset
        from pydicom.uid import UID_dictionary

        if str(original.get("BurnedInAnnotation") or "").strip().upper() == "YES":
            raise UnsupportedPixelsError(
                "the header says that text is burnt into the pixels (BurnedInAnnotation YES), "
                "and de-identification does not reach it; blank the text first"
            )
        sop_class = str(dataset.get("SOPClassUID") or "")
        dataset = copy.deepcopy(_without_removed(dataset, sop_class))
        self._clean(dataset, sop_class)
        if sop_class not in UID_dictionary:  # a vendor's own; replaced, it would be of no class
            dataset.pop("SOPClassUID", None)
        for keyword in CODE_KEYWORDS:  # their place is in the items of a sequence
            dataset.pop(keyword, None)
        dataset.PatientIdentityRemoved = "YES"
        dataset.DeidentificationMethod = list(METHODS)
        code = Dataset()
        code.CodeValue = "113100"
        code.CodingSchemeDesignator = "DCM"
        code.CodeMeaning = "Basic Application Confidentiality Profile"
        dataset.DeidentificationMethodCodeSequence = [code]
        dataset.LongitudinalTemporalInformationModified = "REMOVED"
        return dataset

    def replace_uid(self, uid: str) -> str:
        """Return the UID that stands for `uid` in this run; the standard's own stay."""
        from pydicom.uid import UID_dictionary

        return uid if uid in UID_dictionary else replace_uid(uid, self.key)

    def _clean(self, dataset, sop_class: str = "") -> None:
        for tag in list(dataset.keys()):
            try:
                keep = self._clean_element(dataset[tag], sop_class)
            except Exception:  # pydicom cannot read it, so nobody knows what it says
                keep = False
            if not keep:
                del dataset[tag]

    def _clean_element(self, element, sop_class: str) -> bool:
        """Do what the profile says; False where the element has to go."""
        action = action_for(element.tag, sop_class)
        if action in GONE or not _settle_vr(element):
            return False
        if action == "empty":
            element.value = [] if element.VR == "SQ" else element.empty_value
        elif element.VR == "SQ":
            return action != "replace" and self._clean_items(element)
        elif element.VR == "UI":
            element.value = [self.replace_uid(str(value)) for value in _values(element) if value]
        elif action == "replace":
            element.value = _dummy(element.VR)
        else:
            return _is_legal(element)
        return True

    def _clean_items(self, element) -> bool:
        """Clean the items of a sequence; False if none of them may stay."""
        had_items = bool(element.value)
        element.value = [item for item in element.value if settle_code(item)]
        for item in element.value:
            self._clean(item)
        return bool(element.value) or not had_items


def deidentifier_for(anonymize: "bool | Deidentifier") -> Deidentifier:
    """Return the deidentifier that is meant: one's own, or for True that of this process."""
    return anonymize if isinstance(anonymize, Deidentifier) else _of_this_process()


def replace_uid(uid: str, key: bytes) -> str:
    """Return the UID that stands for `uid` under `key`, of the UUID form (PS3.5 B.2)."""
    digest = hmac.digest(key, uid.encode(), "sha256")
    return f"2.25.{int.from_bytes(digest[:16])}"


@functools.cache
def _of_this_process() -> Deidentifier:
    return Deidentifier()


def _without_removed(dataset, sop_class: str):
    """Return what may stay of a dataset, not copied: most of it goes, and copies are slow."""
    from pydicom import Dataset

    kept = Dataset()
    for tag in dataset.keys():  # noqa: SIM118 - iterating a Dataset parses its elements
        if action_for(tag, sop_class) not in GONE:
            with contextlib.suppress(Exception):  # pydicom cannot read it
                kept.add(dataset[tag])
    return kept


def _settle_vr(element) -> bool:
    """Make an element what the dictionary says; False if its value cannot be that.

    A file may call KVP a long text. If it is a number all the same, that is what it was.
    """
    from pydicom.datadict import dictionary_VR

    vrs = dictionary_VR(element.tag).split(" or ")
    if element.VR not in vrs:
        if vrs[0] not in (*TEXT_VRS, "DS", "IS", "UI"):
            return False
        if not all(isinstance(value, str | int | float) for value in _values(element)):
            return False
        element.VR, element.value = vrs[0], element.value
    return True


def _is_legal(element) -> bool:
    """Tell whether the values of an element are such as its VR allows."""
    from pydicom.config import RAISE
    from pydicom.valuerep import validate_value

    try:
        for value in _values(element):
            if element.VR in TEXT_VRS:
                validate_value(element.VR, str(value or ""), RAISE)
            elif element.VR not in BYTES_VRS and value not in (None, ""):
                float(value)
    except ValueError:
        return False
    return True


def _values(element) -> list:
    return list(element.value) if element.VM > 1 else [element.value]


def _dummy(vr: str):
    if vr in TEXT_VRS:
        return DUMMY_TEXT
    if vr in DUMMIES:
        return DUMMIES[vr]
    return bytes(8) if vr in BYTES_VRS else 0
