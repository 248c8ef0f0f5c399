"""De-identify a header: Basic Application Level Confidentiality Profile, PS3.15 Annex E.

Table E.1-1 (which element is removed, emptied or replaced) comes from the package
dicom-anonymizer, which generates it from each edition of the standard. Carrying it out is
ours, since that package leaves the inside of sequences as it is and turns dates that are
to be removed into 00010101.

This covers the header. What pixels show - a face in a volume, text burnt in - is not
touched; see PS3.15 E.3.1 and E.3.2.
"""

import functools
import hmac
import secrets

from mmpc.errors import UnsupportedPixelsError

EDITION = "2026c"
METHOD = f"Basic Application Level Confidentiality Profile, PS3.15 {EDITION}"

# A removed element that its object cannot do without is filled in again, empty or with
# a neutral value, when a file is written (``classes``).
ACTIONS = {
    "X_TAGS": "remove",
    "X_Z_TAGS": "remove",
    "X_D_TAGS": "remove",
    "X_Z_D_TAGS": "remove",
    "Z_TAGS": "empty",
    "Z_D_TAGS": "empty",
    "D_TAGS": "replace",
    "U_TAGS": "replace UID",
    "X_Z_U_STAR_TAGS": "keep UIDs replaced",
}

DUMMY_TEXT = "ANONYMIZED"
DUMMIES = {"AS": "000Y", "DA": "19000101", "DT": "19000101000000", "TM": "000000", "UR": "urn:x"}
TEXT_VRS = ("AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UT")


def deidentify(dataset, original) -> None:
    """De-identify a dataset in place, sequences included.

    UIDs are replaced by values derived from the old one and the StudyInstanceUID, so all
    files of a study agree without knowing of each other. Whoever holds the original can
    find its copy again; nobody can go back from the copy alone.

    Parameters
    ----------
    dataset : pydicom.Dataset
        What is to be kept.
    original : pydicom.Dataset
        Where it comes from; for its StudyInstanceUID and BurnedInAnnotation.

    Raises
    ------
    UnsupportedPixelsError
        BurnedInAnnotation is YES: emptying the header would not hide the patient.
    """
    from pydicom import Dataset

    if str(original.get("BurnedInAnnotation") or "").upper() == "YES":
        raise UnsupportedPixelsError(
            "the header says that text is burnt into the pixels (BurnedInAnnotation YES), and "
            "de-identification does not reach it; blank the text first"
        )
    key = str(original.get("StudyInstanceUID") or secrets.token_hex()).encode()
    _deidentify_items(dataset, key)
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = METHOD
    code = Dataset()
    code.CodeValue = "113100"
    code.CodingSchemeDesignator = "DCM"
    code.CodeMeaning = "Basic Application Confidentiality Profile"
    dataset.DeidentificationMethodCodeSequence = [code]
    dataset.LongitudinalTemporalInformationModified = "REMOVED"


def action_for(tag) -> str | None:
    """Return what the profile does to an element; None where it stays.

    Parameters
    ----------
    tag : pydicom.tag.BaseTag
        The element's tag.
    """
    if tag.is_private or 0x6000 <= tag.group <= 0x60FF:
        return "remove"  # an overlay without its data would be no overlay
    exact, masked = _table()
    if (tag.group, tag.element) in exact:
        return exact[tag.group, tag.element]
    for group, element, group_mask, element_mask, action in masked:
        if tag.group & group_mask == group and tag.element & element_mask == element:
            return action
    return None


def replace_uid(uid: str, key: bytes) -> str:
    """Return the UID that stands for `uid` under `key`, of the UUID form (PS3.5 B.2)."""
    digest = hmac.digest(key, uid.encode(), "sha256")
    return f"2.25.{int.from_bytes(digest[:16])}"


def _deidentify_items(dataset, key: bytes) -> None:
    for element in list(dataset):
        action = action_for(element.tag)
        if action == "remove" or (action == "replace" and element.VR == "SQ"):
            del dataset[element.tag]
        elif action == "empty":
            element.value = [] if element.VR == "SQ" else element.empty_value
        elif action == "replace" and element.VR != "UI":
            element.value = _dummy(element.VR)
        elif element.VR == "SQ":
            for item in element.value:
                _deidentify_items(item, key)
        elif action and element.VR == "UI":
            values = element.value if element.VM > 1 else [element.value]
            element.value = [replace_uid(str(value), key) for value in values if value]


def _dummy(vr: str):
    if vr in TEXT_VRS:
        return DUMMY_TEXT
    if vr in DUMMIES:
        return DUMMIES[vr]
    return b"" if vr in ("OB", "OD", "OF", "OL", "OV", "OW", "UN") else 0


@functools.cache
def _table() -> tuple[dict, list]:
    """Return Table E.1-1: exact tags, and tags with masks for repeating groups."""
    from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector

    exact, masked = {}, []
    database = dicom_anonymization_database_selector(f"dicomfields_{EDITION}")
    for category, action in ACTIONS.items():
        for tag in database[category]:
            if len(tag) == 2:
                exact[tag] = action
            else:
                group, element, group_mask, element_mask = tag
                masked.append(
                    (group & group_mask, element & element_mask, group_mask, element_mask, action)
                )
    return exact, masked
