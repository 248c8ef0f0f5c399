"""What is done to each element: the Basic Profile's table, and nothing that nobody named.

Table E.1-1 of PS3.15 comes from the package dicom-anonymizer, which generates it from each
edition of the standard. What it does not name is kept only if ``kept_elements`` does.
"""

import functools

from mmpc.images.dicom.kept_elements import KEPT_ELEMENTS, STAND_INS

EDITION = "2026c"

# The table's categories. An element with a choice ("X unless Z or D is required") goes the
# whole way, unless its class asks for it: see NEEDED.
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

# What a class of images cannot do without, of the elements with a choice (PS3.3 Annex A).
# Those that all classes need are filled in when a file is written (``classes``).
PET = {
    "SeriesDate": "replace",
    "SeriesTime": "replace",
    "AcquisitionDate": "empty",
    "AcquisitionTime": "empty",
}
RADIOTHERAPY = {"OperatorsName": "empty"}
PROJECTION = {"AcquisitionContextSequence": "empty"}
ENHANCED = {
    "ContentDate": "replace",
    "ContentTime": "replace",
    "AcquisitionDateTime": "replace",
    "DeviceSerialNumber": "replace",
    "AcquisitionContextSequence": "empty",
}
STORAGE = "1.2.840.10008.5.1.4.1.1."
NEEDED = {
    STORAGE + suffix: needed
    for suffixes, needed in (
        ("128", PET),
        ("481.1 481.2", RADIOTHERAPY),  # RT Image, RT Dose
        ("1.1 1.1.1 1.2 1.2.1 1.3 1.3.1", PROJECTION),  # DX, mammography, intra-oral
        ("2.1 2.2 4.1 4.4 130 128.1", ENHANCED),  # CT, MR, PET, also as converted
        ("12.1.1 12.2.1 13.1.1 13.1.2 13.1.3 13.1.4 13.1.5", ENHANCED),  # X-rays
        ("6.2 14.1 14.2 77.1.5.4", ENHANCED),  # ultrasound volumes, optical tomography
    )
    for suffix in suffixes.split()
}

# What ``deidentify`` says itself.
STATEMENTS = (
    "PatientIdentityRemoved",
    "DeidentificationMethod",
    "DeidentificationMethodCodeSequence",
    "LongitudinalTemporalInformationModified",
)


def action_for(tag, sop_class: str = "") -> str | None:
    """Return what is done to an element; None where it stays.

    Parameters
    ----------
    tag : pydicom.tag.BaseTag
        The element's tag.
    sop_class : str
        The object's class; matters for what only some classes need.

    Returns
    -------
    str or None
        ``"remove"``, ``"empty"``, ``"replace"``, ``"replace UID"``,
        ``"keep UIDs replaced"`` (a sequence of references), ``"state"`` (written anew), or
        None.
    """
    from pydicom.datadict import keyword_for_tag

    keyword = keyword_for_tag(tag)  # "" for private elements and unknown ones
    if keyword in STATEMENTS:
        return "state"
    needed = NEEDED.get(sop_class, {})
    if keyword in needed:
        return needed[keyword]
    named = _table().get((tag.group, tag.element))
    if named or keyword in KEPT_ELEMENTS:
        return named
    return STAND_INS.get(keyword, "remove")


@functools.cache
def _table() -> dict[tuple[int, int], str]:
    """Return Table E.1-1 by tag. Its repeating groups, curves and overlays, are not kept."""
    from dicomanonymizer.dicomfields_selector import dicom_anonymization_database_selector

    database = dicom_anonymization_database_selector(f"dicomfields_{EDITION}")
    return {tag: action for category, action in ACTIONS.items() for tag in database[category]}
