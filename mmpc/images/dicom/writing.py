"""Write stored values as a valid DICOM file, from kept metadata or like the original."""

import hashlib
import io
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mmpc.errors import MmpcError, UnwritableImageError
from mmpc.files import atomic_write, check_output
from mmpc.images.dicom.classes import settle_class
from mmpc.images.dicom.derivation import (
    LossyStep,
    add_lossy_step,
    describe_pixels,
    mark_derived,
    put_pixels,
)
from mmpc.images.dicom.elements import quiet_pydicom, reason_of
from mmpc.images.dicom.json_model import from_json, to_json
from mmpc.images.dicom.metadata import pick_single_frame
from mmpc.images.dicom.packing import pack_pixels
from mmpc.images.dicom.syntaxes import NATIVE

__all__ = ["LossyStep", "dicom_bytes", "write_dicom"]


def write_dicom(
    path: str | Path,
    pixels: np.ndarray,
    *,
    image_metadata: dict | None = None,
    lossy: LossyStep | None = None,
    unchanged: bool = False,
    transfer_syntax: str = "explicit",
    checksum: bytes = b"",
    keep: Iterable[str | Path] = (),
) -> str | None:
    """Write a DICOM file whole or not at all: the original's object, or one derived from it.

    Where nothing was lost, neither of the pixels (`unchanged`) nor of the header
    (``--metadata full``), the object is the one that came in, with its UIDs and all its
    elements. Otherwise it is a derived one that says so.

    Parameters
    ----------
    path : str or Path
        Where to write.
    pixels : ndarray of uint8, int8, uint16 or int16, shape (rows, columns)
        Stored values.
    image_metadata : dict, optional
        ``Image.metadata`` of the original. Without it, the file is a Secondary Capture.
    lossy : LossyStep, optional
        The compression that the pixels went through; None for a conversion without loss.
    unchanged : bool
        Every pixel is known to be the original's.
    transfer_syntax : str
        ``"explicit"``, ``"rle"``, ``"jpeg-ls"`` or ``"jpeg-2000"``, all lossless.
    checksum : bytes
        Of all that header and pixels come from: a new UID follows from it and from the
        original's. Without it, from the pixels.
    keep : iterable of str or Path
        Files that must survive, such as the input.

    Returns
    -------
    str or None
        A note for the user where the object is not of its original's class.

    Raises
    ------
    UnwritableImageError
        What is to be written fits into no DICOM object, or the packing fails.
    MetadataError, FileError
        The metadata are damaged; a file cannot be read or written.
    """
    check_output(path, keep=keep)
    data, note = dicom_bytes(
        pixels,
        image_metadata,
        lossy=lossy,
        unchanged=unchanged,
        transfer_syntax=transfer_syntax,
        checksum=checksum,
    )
    atomic_write(path, data, keep=keep)
    return note


def dicom_bytes(
    pixels: np.ndarray,
    image_metadata: dict | None = None,
    *,
    lossy: LossyStep | None = None,
    unchanged: bool = False,
    transfer_syntax: str = "explicit",
    checksum: bytes = b"",
) -> tuple[bytes, str | None]:
    """Return the bytes of the file that :func:`write_dicom` writes, and its note."""
    try:
        with quiet_pydicom():
            seed = checksum or hashlib.sha256(pixels.tobytes()).digest()
            metadata = image_metadata or {}
            if unchanged and lossy is None and _is_whole_object(metadata, pixels):
                return _whole_object(pixels, metadata, transfer_syntax), None
            return _derived_object(pixels, metadata, lossy, transfer_syntax, seed)
    except MmpcError:
        raise
    except Exception as error:  # pydicom on values that no DICOM can hold
        raise UnwritableImageError(f"cannot be written as DICOM ({reason_of(error)})") from None


def _is_whole_object(metadata: dict, pixels: np.ndarray) -> bool:
    """Tell whether header and pixels are all of one object, so that it keeps its UIDs."""
    dataset = from_json(metadata)
    return (
        metadata.get("complete") is True
        and not metadata.get("unreadable")
        and bool(dataset.get("SOPClassUID") and dataset.get("SOPInstanceUID"))
        and (dataset.get("Rows"), dataset.get("Columns")) == pixels.shape
        and dataset.get("BitsAllocated") == 8 * pixels.itemsize
        and dataset.get("PixelRepresentation") == int(pixels.dtype.kind == "i")
    )


def _whole_object(pixels: np.ndarray, metadata: dict, transfer_syntax: str) -> bytes:
    """Return the file of the object that came in."""
    dataset, earlier = from_json(metadata), _earlier_loss(metadata)
    if earlier and dataset.get("LossyImageCompression") != "01":
        add_lossy_step(dataset, earlier)  # the transfer syntax said so, and is another one now
    put_pixels(dataset, pixels)
    pack_pixels(dataset, transfer_syntax, pixels)
    if not _text_survives(metadata):
        dataset.SpecificCharacterSet = "ISO_IR 192"
    return _file_bytes(dataset)


def _derived_object(
    pixels: np.ndarray,
    metadata: dict,
    lossy: LossyStep | None,
    transfer_syntax: str,
    seed: bytes,
) -> tuple[bytes, str | None]:
    """Return the file of an object derived from the one that came in, and a note."""
    dataset, earlier = from_json(metadata), _earlier_loss(metadata)
    pick_single_frame(dataset)
    if earlier:
        add_lossy_step(dataset, earlier)
    mark_derived(dataset, lossy, metadata.get("frame"), seed=seed)
    put_pixels(dataset, pixels)
    describe_pixels(dataset, pixels, metadata.get("padding"), exact=lossy is None)
    complete = metadata.get("complete", False)
    note = settle_class(dataset, 8 * pixels.itemsize, complete, seed=seed)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    pack_pixels(dataset, transfer_syntax, pixels)
    return _file_bytes(dataset), note


def _earlier_loss(metadata: dict) -> LossyStep | None:
    return LossyStep(**metadata["earlier_loss"]) if "earlier_loss" in metadata else None


def _text_survives(metadata: dict) -> bool:
    """Tell whether all text comes back from the character set that the header names."""
    from pydicom import dcmread

    if json.dumps(metadata.get("dicom"), ensure_ascii=False).isascii():
        return True  # which is a part of all character sets
    header = from_json(metadata)
    header.ensure_file_meta()
    header.file_meta.TransferSyntaxUID = NATIVE
    return to_json(dcmread(io.BytesIO(_file_bytes(header)))) == to_json(from_json(metadata))


def _file_bytes(dataset) -> bytes:
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()
