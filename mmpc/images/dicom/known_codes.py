"""Codes that the standard's dictionaries know, with the dictionaries' own words.

A code's meaning is free text, and its value too where the scheme is a hospital's own
(PS3.3 8.8). What pydicom has of DICOM's context groups (PS3.16: DCM, SNOMED CT, UCUM,
LOINC ...) names nobody.
"""

import functools
import re

CODE_KEYWORDS = (
    "CodeValue",
    "LongCodeValue",
    "URNCodeValue",
    "CodingSchemeDesignator",
    "CodeMeaning",
)
SNOMED_RT = ("SRT", "SNM3", "99SDM")  # older names of codes that SNOMED CT renumbered
LONGEST_MEANING = 64  # LO
FACTOR = re.compile("(?:100?)?(?P<unit>[^0-9-].*?)(?:-?[1-9])?")


def settle_code(item) -> bool:
    """Put the dictionary's words into an item of a code sequence.

    Parameters
    ----------
    item : pydicom.Dataset
        Changed in place if it holds a known code.

    Returns
    -------
    bool
        False if it holds a code that is not known, which must not stay.
    """
    if not any(keyword in item for keyword in CODE_KEYWORDS):
        return True
    meaning = meaning_of(
        str(item.get("CodeValue") or ""), str(item.get("CodingSchemeDesignator") or "")
    )
    if meaning is None:
        return False
    item.CodeMeaning = meaning
    return True


def meaning_of(value: str, scheme: str) -> str | None:
    """Return what a code means, None if no dictionary here has it.

    Parameters
    ----------
    value, scheme : str
        CodeValue and CodingSchemeDesignator.
    """
    from pydicom.sr.coding import snomed_mapping

    if scheme in SNOMED_RT:
        value, scheme = snomed_mapping["SRT"].get(value, value), "SCT"
    meaning = _meanings().get((value, scheme))
    if meaning is None and scheme == "UCUM" and _units(value) <= _known_units():
        meaning = value  # ml/100ml/s: units of the dictionary, put together
    return meaning and meaning[:LONGEST_MEANING]


@functools.cache
def _meanings() -> dict[tuple[str, str], str]:
    from pydicom.sr.codedict import codes

    return {
        (code.value, scheme): code.meaning
        for scheme in codes.schemes()
        for code in getattr(codes, scheme).concepts.values()
    }


def _units(value: str) -> set[str | None]:
    """Return the units in a UCUM expression such as ``ml/100ml/s``, None for what is none."""
    factors = re.split("[./]", value.removeprefix("/"))
    return {match and match["unit"] for match in map(FACTOR.fullmatch, factors)}


@functools.cache
def _known_units() -> set[str | None]:
    units = (_units(value) for value, scheme in _meanings() if scheme == "UCUM")
    return set().union(*units) - {None}
