"""Which DICOM elements travel with the pixels, as a JSON-able dict.

``{"dicom": {"00280030": {"vr": "DS", "Value": [0.5, 0.5]}, ...}, "frame": 0, ...}``: the
elements in the DICOM JSON model (PS3.18 Annex F), and facts that no element says.
"""

import contextlib
import copy
import json
from pathlib import Path

import numpy as np

from mmpc.errors import MetadataError
from mmpc.images.dicom.deidentify import deidentify
from mmpc.images.dicom.derivation import add_lossy_step, record_earlier_loss
from mmpc.images.dicom.elements import frame_value, integer, printable
from mmpc.images.dicom.whitelist import NEVER_KEPT, PIXEL_KEYWORDS, WHITELIST


def collect_metadata(
    dataset, index: int, pixels: np.ndarray, mode: str = "whitelist", anonymize: bool = False
) -> dict:
    """Return the elements of a dataset that are to be kept beside the pixels.

    Parameters
    ----------
    dataset : pydicom.Dataset
        As read from a file; not changed.
    index : int
        The frame that was read, counted from 0.
    pixels : ndarray
        The stored values of that frame.
    mode : str
        ``"whitelist"``, ``"full"`` (all standard elements) or ``"none"`` (what the values
        need to keep their meaning). Private elements are never kept.
    anonymize : bool
        De-identify what is kept, see ``mmpc.images.dicom.deidentify``.

    Raises
    ------
    UnsupportedPixelsError
        To anonymize an image whose header says that text is burnt into its pixels.
    """
    kept = _select(dataset, index, mode)
    earlier = record_earlier_loss(dataset, index)
    if earlier:
        add_lossy_step(kept, earlier)
    metadata = {"complete": True} if mode == "full" else {}
    if (integer(dataset, "NumberOfFrames", 1) or 1) > 1 and mode != "none":
        metadata["frame"] = index
    if anonymize:
        deidentify(kept, dataset)
    padding = padding_gap(dataset, pixels)
    if padding:
        metadata["padding"] = padding
    return {"dicom": _to_json(kept), **metadata}


def _select(dataset, index: int, mode: str):
    """Return a new dataset with what a mode keeps; an unreadable element costs only itself."""
    from pydicom import Dataset

    kept = Dataset()
    if mode == "full":
        for tag in dataset.keys():  # noqa: SIM118 - iterating a Dataset parses its elements
            with contextlib.suppress(Exception):
                kept.add(copy.deepcopy(dataset[tag]))
        for keyword in NEVER_KEPT:
            kept.pop(keyword, None)
    for keyword in PIXEL_KEYWORDS if mode == "none" else WHITELIST:
        # Without these the numbers would mean something else: no image, then.
        needed = keyword in PIXEL_KEYWORDS
        with contextlib.nullcontext() if needed else contextlib.suppress(Exception):
            value = frame_value(dataset, index, WHITELIST[keyword][0], keyword)
            if value is not None and value != "":
                setattr(kept, keyword, value)
    kept.remove_private_tags()
    return kept


def restore_elements(metadata: dict | None, path: str | Path = "metadata"):
    """Return the dataset that :func:`collect_metadata` packed (empty without metadata).

    Raises
    ------
    MetadataError
        The metadata are not in the DICOM JSON model.
    """
    from pydicom import Dataset
    from pydicom.valuerep import DS

    def shorten_decimals(dataset, element):
        # DS holds 16 characters, a Python float may have 17 digits.
        if element.VR == "DS" and element.value not in (None, ""):
            values = element.value if element.VM > 1 else [element.value]
            element.value = [DS(float(value), auto_format=True) for value in values]

    try:
        dataset = Dataset.from_json((metadata or {}).get("dicom", {}))
        dataset.walk(shorten_decimals)
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
    from pydicom.datadict import keyword_for_tag

    if not isinstance(elements, dict):
        return [printable(json.dumps(elements))]
    lines = []
    for tag, element in sorted(elements.items()):
        name = ""
        with contextlib.suppress(ValueError):  # not a tag
            name = keyword_for_tag(int(tag, 16))
        value = element.get("Value", "") if isinstance(element, dict) else element
        if isinstance(value, list) and not any(isinstance(item, dict) for item in value):
            text = " \\ ".join(map(str, value))
        else:
            text = json.dumps(value, ensure_ascii=False)
        label = printable(f"({tag[:4]},{tag[4:]}) {name or 'unknown'}")
        lines.append(f"{label:40} {printable(text[:120])}".rstrip())
    return lines


def padding_gap(dataset, pixels: np.ndarray) -> dict | None:
    """Return the padding value and the stored value nearest to it that is a measurement.

    After lossy coding, padding is a range and no longer one value; the middle of the gap
    is where it ends. None without padding, or where padding is not apart from the rest.
    """
    value = integer(dataset, "PixelPaddingValue")
    if value is None:
        return None
    limit = integer(dataset, "PixelPaddingRangeLimit", value)
    low, high = min(value, limit), max(value, limit)
    measured = pixels[(pixels < low) | (pixels > high)]
    if not measured.size:
        return None
    smallest, largest = int(measured.min()), int(measured.max())
    if high < smallest:
        return {"value": low, "nearest": smallest}
    if low > largest:
        return {"value": high, "nearest": largest}
    return None


def _to_json(dataset) -> dict:
    """Return the JSON model of what can be said in it; the rest is damaged anyway."""
    from pydicom.filewriter import correct_ambiguous_vr

    with contextlib.suppress(Exception):  # "US or SS" stays where nothing says which
        correct_ambiguous_vr(dataset, is_little_endian=True)
    elements = dataset.to_json_dict(bulk_data_threshold=2**40, suppress_invalid_tags=True)

    def can_be_said(element) -> bool:
        try:
            json.dumps(element, allow_nan=False).encode()
        except (TypeError, ValueError):
            return False
        return True

    return {tag: element for tag, element in elements.items() if can_be_said(element)}
