"""Datasets <-> the DICOM JSON model (PS3.18 Annex F), exactly or not at all.

What pydicom's own conversion loses: decimal and integer strings come back as they were
written ("0.50" is not "0.5"); an element that does not come back as it was is left out.
"""

import contextlib
import json
from pathlib import Path

from mmpc.errors import MetadataError
from mmpc.images.dicom.elements import printable
from mmpc.images.dicom.keywords import keyword_of
from mmpc.images.dicom.parsing import take_signs

NUMBER_STRINGS = ("DS", "IS")
LONGEST_DECIMAL = 16  # characters of a DS (PS3.5 6.2)


def to_json(dataset) -> tuple[dict, list]:
    """Return the JSON model of a dataset, and the tags of what cannot be said in it.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Not changed, but for NULs that pad its texts.

    Returns
    -------
    elements : dict
        ``{"00280030": {"vr": "DS", "Value": [0.5, 0.5]}, ...}``
    lost : list of pydicom.tag.BaseTag
        Elements that are not among them: what is damaged beyond what the model can hold.
    """
    elements, lost = {}, []
    for tag in dataset.keys():  # noqa: SIM118 - iterating a Dataset parses its elements
        # pydicom raises nearly every type there is on values that no element can have.
        with contextlib.suppress(Exception):
            _drop_padding(dataset[tag])
            said = _element_to_json(dataset[tag])
            json.dumps(said, allow_nan=False).encode()
            if _as_bytes(_element_from_json(f"{tag:08X}", said)) == _as_bytes(dataset[tag]):
                elements[f"{tag:08X}"] = said
                continue
        lost.append(tag)
    return elements, lost


def from_json(metadata: dict | None, path: str | Path = "metadata"):
    """Return the dataset that stands in the ``"dicom"`` part of the metadata.

    Raises
    ------
    MetadataError
        The metadata are not in the DICOM JSON model.
    """
    try:
        dataset = _items_from_json((metadata or {}).get("dicom", {}))
        take_signs(dataset)
    except Exception:  # whatever a damaged or foreign dict makes pydicom raise
        raise MetadataError(f"{path}: the metadata are not DICOM elements in JSON") from None
    return dataset


def element_lines(elements) -> list[str]:
    """Return one readable line for each element of a DICOM JSON model, for the terminal.

    Parameters
    ----------
    elements : dict
        The ``"dicom"`` part of the metadata; whatever else stood there is shown as it is.
    """
    if not isinstance(elements, dict):
        return [printable(json.dumps(elements))]
    lines = []
    for tag, element in sorted(elements.items()):
        name = ""
        with contextlib.suppress(ValueError):  # not a tag
            name = keyword_of(int(tag, 16))
        value = element.get("Value", "") if isinstance(element, dict) else element
        if isinstance(value, list) and not any(isinstance(item, dict) for item in value):
            text = " \\ ".join(map(str, value))
        else:
            text = json.dumps(value, ensure_ascii=False)
        label = printable(f"({tag[:4]},{tag[4:]}) {name or 'unknown'}")
        lines.append(f"{label:40} {printable(text[:120])}".rstrip())
    return lines


def _drop_padding(element) -> None:
    """Drop NULs behind a text: some files pad with them, and a validator calls them an error."""
    values = element.value if element.VM > 1 else [element.value]
    if element.VR == "SQ":
        for item in element.value:
            for inner in item:
                _drop_padding(inner)
    elif any(isinstance(value, str) and value.endswith("\0") for value in values):
        element.value = [str(value).rstrip("\0 ") for value in values]


def _element_to_json(element) -> dict:
    if element.VR == "SQ":
        items = [{f"{e.tag:08X}": _element_to_json(e) for e in item} for item in element.value]
        return {"vr": "SQ", "Value": items} if items else {"vr": "SQ"}
    if element.VR in NUMBER_STRINGS and not element.is_empty:
        values = element.value if element.VM > 1 else [element.value]
        return {"vr": element.VR, "Value": [_number_from_text(str(value)) for value in values]}
    return element.to_json_dict(None, 0)


def _items_from_json(elements: dict):
    from pydicom import Dataset

    dataset = Dataset()
    for tag, element in elements.items():
        dataset.add(_element_from_json(tag, element))
    return dataset


def _element_from_json(tag: str, element: dict):
    from pydicom import DataElement, Dataset

    vr = element["vr"]
    (key,) = {"Value", "InlineBinary"} & set(element) or [None]
    value = element.get(key, [])
    if vr == "SQ":
        return DataElement(int(tag, 16), vr, [_items_from_json(item or {}) for item in value])
    if vr in NUMBER_STRINGS:
        texts = [_text_from_number(number) for number in value]
        return DataElement(int(tag, 16), vr, texts if len(texts) > 1 else "".join(texts))
    return DataElement.from_json(Dataset, tag, vr, value, key)


def _number_from_text(text: str) -> int | float | str | None:
    """Return a JSON number where it gives the same text again, else the text (PS3.18 F.2.3)."""
    if text == "":
        return None
    for kind in (int, float):
        with contextlib.suppress(ValueError):
            if _text_from_number(kind(text)) == text:
                return kind(text)
    return text


def _text_from_number(number: int | float | str | None) -> str:
    from pydicom.valuerep import DS

    if number is None:
        return ""
    text = str(number)
    if isinstance(number, float) and len(text) > LONGEST_DECIMAL:
        return str(DS(number, auto_format=True))  # a Python float may have 17 digits
    return text


def _as_bytes(element):
    """Return an element as a file would hold it, items of sequences in a list, to compare."""
    from pydicom import Dataset
    from pydicom.filebase import DicomBytesIO
    from pydicom.filewriter import write_data_element, write_dataset

    if element.VR == "SQ":
        return [[_as_bytes(inner) for inner in item] for item in element.value]
    stream = DicomBytesIO()
    stream.is_little_endian, stream.is_implicit_VR = True, False
    if len(element.VR) == 2:
        write_data_element(stream, element, "utf-8")
        return stream.getvalue()
    dataset = Dataset()  # "OB or OW" is settled by what else is in it
    dataset.add(element)
    write_dataset(stream, dataset, "utf-8")
    return stream.getvalue()
