"""Which DICOM elements travel with the pixels, as a JSON-able dict.

``{"dicom": {"00280030": {"vr": "DS", "Value": [0.5, 0.5]}, ...}, "frame": 0, ...}``: the
elements in the DICOM JSON model (PS3.18 Annex F), and facts that no element says.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import numpy as np

from mmpc.images.dicom.deidentify import Deidentifier, deidentifier_for
from mmpc.images.dicom.derivation import unrecorded_loss
from mmpc.images.dicom.elements import frame_element, integer
from mmpc.images.dicom.json_model import to_json
from mmpc.images.dicom.overlays import is_overlay
from mmpc.images.dicom.padding import padding_gap
from mmpc.images.dicom.whitelist import (
    FRAME_KEYWORDS,
    PIXEL_DATA_KEYWORDS,
    PIXEL_KEYWORDS,
    WHITELIST,
)

CHARACTER_SET = 0x00080005
NAMED_IN_NOTE = 4


@dataclass(frozen=True)
class Collected:
    """What is kept of a header.

    Attributes
    ----------
    metadata : dict
        JSON-able: ``dicom`` (the elements), and where they apply ``complete`` (everything
        was kept), ``unreadable`` (tags of what would not go into it), ``frame``,
        ``earlier_loss`` (a lossy transfer syntax), ``padding``.
    notes : tuple of str
        One line each for the user: what was left out, and why.
    """

    metadata: dict
    notes: tuple[str, ...]


def collect_metadata(
    dataset,
    index: int,
    pixels: np.ndarray,
    mode: str = "full",
    anonymize: bool | Deidentifier = False,
) -> Collected:
    """Collect the elements of a dataset that are to be kept beside the pixels.

    Parameters
    ----------
    dataset : pydicom.Dataset
        As read from a file; not changed.
    index : int
        The frame that was read, counted from 0.
    pixels : ndarray
        The stored values of that frame.
    mode : str
        ``"full"`` (all elements, private ones too), ``"whitelist"`` (what the pixels mean
        and whose they are) or ``"none"`` (what the values need to keep their meaning).
    anonymize : bool or Deidentifier
        De-identify what is kept, see ``mmpc.images.dicom.deidentify``.

    Raises
    ------
    UnsupportedPixelsError
        To anonymize an image whose header says that text is burnt into its pixels.
    """
    several_frames = (integer(dataset, "NumberOfFrames", 1) or 1) > 1
    passed_over = FRAME_KEYWORDS if several_frames else ()
    kept, unreadable = _nothing(), []
    if mode == "full":
        kept, unreadable = _everything(dataset, passed_over)
    if mode != "full" or several_frames:
        _add_listed(kept, dataset, index, PIXEL_KEYWORDS if mode == "none" else WHITELIST)
    if mode == "whitelist":
        for tag in filter(is_overlay, dataset.keys()):
            kept.add(dataset[tag])
    left_out = [
        tag
        for tag in sorted(_tags_worth_naming(dataset) - set(kept.keys()) - set(unreadable))
        if dataset.get_item(tag).value and tag != CHARACTER_SET  # text is kept as Unicode
    ]
    if anonymize:
        kept = deidentifier_for(anonymize).deidentified(kept, dataset)
    elements, unsaid = to_json(kept)
    unreadable = sorted([*unreadable, *unsaid])

    metadata = {"dicom": elements}
    if mode == "full" and not several_frames:
        metadata["complete"] = True
    if unreadable:
        metadata["unreadable"] = [f"{tag:08X}" for tag in unreadable]
    if several_frames and mode != "none":
        metadata["frame"] = index
    earlier = unrecorded_loss(dataset, index)
    if earlier:
        metadata["earlier_loss"] = asdict(earlier)
    padding = padding_gap(dataset, pixels)
    if padding:
        metadata["padding"] = padding
    return Collected(metadata, tuple(_notes(mode, several_frames, left_out, unreadable)))


def pick_single_frame(dataset) -> None:
    """Make an enhanced object of one frame an object without functional groups, in place."""
    if "SharedFunctionalGroupsSequence" not in dataset:
        return
    _add_listed(dataset, dataset, 0, WHITELIST)
    for keyword in FRAME_KEYWORDS:
        dataset.pop(keyword, None)


def _nothing():
    from pydicom import Dataset

    return Dataset()


def _everything(dataset, passed_over: Sequence[str]):
    """Return the elements but for pixels and some keywords, and the tags of what is unreadable."""
    from pydicom.tag import Tag

    kept, unreadable = _nothing(), []
    for tag in sorted(_tags_worth_naming(dataset) - {Tag(keyword) for keyword in passed_over}):
        try:
            kept.add(dataset[tag])
        except Exception:  # pydicom raises nearly every type there is
            unreadable.append(tag)
    return kept, unreadable


def _add_listed(kept, dataset, index: int, keywords) -> None:
    """Add listed elements, as they hold for one frame; an unreadable one costs only itself."""
    for keyword in keywords:
        # Without these the numbers would mean something else: no image, then.
        needed = keyword in PIXEL_KEYWORDS
        with contextlib.nullcontext() if needed else contextlib.suppress(Exception):
            element = frame_element(dataset, index, WHITELIST[keyword][0], keyword)
            if element is not None and not element.is_empty:
                kept.add(element)


def _tags_worth_naming(dataset) -> set:
    """Return the tags of a dataset but for its pixels and its parser's affairs."""
    from pydicom.tag import Tag

    pixels = {Tag(keyword) for keyword in PIXEL_DATA_KEYWORDS}
    return {
        tag
        for tag in dataset.keys()  # noqa: SIM118 - iterating a Dataset parses its elements
        # Group lengths are retired, groups below 8 belong to messages and file headers.
        if tag not in pixels and tag.element != 0 and tag.group >= 8
    }


def _notes(mode: str, several_frames: bool, left_out: list, unreadable: list) -> list[str]:
    notes = []
    if left_out and mode == "full":
        notes.append(f"not kept of a multi-frame object: {_named(left_out)}")
    elif left_out:
        notes.append(
            f"--metadata {mode} leaves out {len(left_out)} elements of the header: "
            f"{_named(left_out)}"
        )
    if unreadable:
        notes.append(f"not kept since they are damaged: {_named(unreadable)}")
    return notes


def _named(tags: list) -> str:
    from pydicom.datadict import keyword_for_tag

    names = [keyword_for_tag(tag) or f"({tag.group:04X},{tag.element:04X})" for tag in tags]
    more = f" and {len(names) - NAMED_IN_NOTE} more" if len(names) > NAMED_IN_NOTE else ""
    return ", ".join(names[:NAMED_IN_NOTE]) + more
