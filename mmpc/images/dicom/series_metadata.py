"""The metadata of a series: what all slices have in common once, the rest slice by slice.

``{"dicom": {...}, "complete": true, "slices": [{"dicom": {...}}, ...]}``: a slice's metadata
are those of the whole with its own on top, and are what ``metadata`` makes of a single image.
"""

import json
from collections.abc import Sequence

from mmpc.errors import MetadataError
from mmpc.images.dicom.elements import printable
from mmpc.images.dicom.json_model import element_lines


def join_metadata(slices: Sequence[dict]) -> dict:
    """Return the metadata of a series.

    Parameters
    ----------
    slices : sequence of dict
        ``Image.metadata`` of each slice, in order; none of them has a key ``"slices"``.
    """
    elements, own_elements = _split([one.get("dicom", {}) for one in slices])
    facts, own_facts = _split(
        [{key: value for key, value in one.items() if key != "dicom"} for one in slices]
    )
    own = [
        {"dicom": elements_of_one, **facts_of_one}
        for elements_of_one, facts_of_one in zip(own_elements, own_facts, strict=True)
    ]
    return {"dicom": elements, **facts, "slices": own}


def slice_metadata(metadata: dict, index: int, n_slices: int) -> dict:
    """Return the metadata of one slice as if it had been read alone.

    Parameters
    ----------
    metadata : dict
        Of a volume; one that is no series has nothing to say of its slices.
    index : int
        The slice, counted from 0.
    n_slices : int
        Of the volume.

    Raises
    ------
    MetadataError
        They are damaged or foreign.
    """
    if "slices" not in metadata:
        return metadata
    slices = metadata["slices"]
    if not isinstance(slices, list) or len(slices) != n_slices:
        raise MetadataError(f"the metadata do not describe the {n_slices} slices of the stream")
    own, common = slices[index], {key: metadata[key] for key in metadata if key != "slices"}
    elements = [part.get("dicom", {}) if isinstance(part, dict) else None for part in (common, own)]
    if not all(isinstance(part, dict) for part in elements):
        raise MetadataError(f"the metadata of slice {index} are not DICOM elements in JSON")
    return {**common, **own, "dicom": {**elements[0], **elements[1]}}


def varying_lines(slices: list) -> list[str]:
    """Return readable lines of what the first and the last slice have of their own.

    Parameters
    ----------
    slices : list
        The ``"slices"`` part of the metadata; what does not belong there is passed over.
    """
    lines = []
    for index in sorted({0, len(slices) - 1}) if isinstance(slices, list) else ():
        own = slices[index] if isinstance(slices[index], dict) else {}
        lines.append(f"slice {index}:")
        lines += [f"  {line}" for line in element_lines(own.get("dicom", {}))]
        facts = ((key, own[key]) for key in sorted(own) if key != "dicom")
        lines += [f"  {printable(f'{key} {json.dumps(value)}')}" for key, value in facts]
    return lines


def _split(dicts: Sequence[dict]) -> tuple[dict, list[dict]]:
    """Return what is in all dicts with the same value, and what else is in each."""
    first, *others = dicts
    # JSON tells 1 and 1.0 apart, and true and 1; == does not.
    common = {
        key: value
        for key, value in first.items()
        if all(key in other and repr(other[key]) == repr(value) for other in others)
    }
    return common, [{key: one[key] for key in one if key not in common} for one in dicts]
