"""Write stored values as a valid DICOM file, from kept metadata or like the original."""

import hashlib
import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mmpc.errors import MmpcError, UnwritableImageError
from mmpc.files import atomic_write, check_output, read_file
from mmpc.images.dicom.classes import settle_class
from mmpc.images.dicom.derivation import (
    LossyStep,
    add_lossy_step,
    describe_pixels,
    mark_derived,
    put_pixels,
)
from mmpc.images.dicom.elements import integer, quiet_pydicom, reason_of
from mmpc.images.dicom.json_model import from_json, to_json
from mmpc.images.dicom.metadata import pick_single_frame
from mmpc.images.dicom.packing import pack_pixels
from mmpc.images.dicom.parsing import is_dicom, read_dataset
from mmpc.images.dicom.reading import read_dicom
from mmpc.images.dicom.syntaxes import NATIVE

__all__ = ["LossyStep", "dicom_bytes", "write_dicom"]


def write_dicom(
    path: str | Path,
    pixels: np.ndarray,
    *,
    image_metadata: dict | None = None,
    like: str | Path | None = None,
    lossy: LossyStep | None = None,
    transfer_syntax: str = "explicit",
    checksum: bytes = b"",
    keep: Iterable[str | Path] = (),
) -> str | None:
    """Write a DICOM file whole or not at all: the original's object, or one derived from it.

    Where nothing was lost, neither of the pixels (`lossy` is None) nor of the header
    (``--metadata full``), the object is the one that came in, with its UIDs and all its
    elements. Otherwise it is a derived one that says so.

    Parameters
    ----------
    path : str or Path
        Where to write.
    pixels : ndarray of uint8, int8, uint16 or int16, shape (rows, columns)
        Stored values.
    image_metadata : dict, optional
        ``Image.metadata`` of the original. Without it and without `like`, the file is a
        Secondary Capture.
    like : str or Path, optional
        The original file: everything but the pixels is taken from it.
    lossy : LossyStep, optional
        The compression that the pixels went through. None says that they are the original's,
        or were converted without loss.
    transfer_syntax : str
        ``"explicit"``, ``"rle"``, ``"jpeg-ls"`` or ``"jpeg-2000"``, all lossless.
    checksum : bytes
        Of the stream that `pixels` come from: a new UID follows from it and from the
        original's. Without it, from the pixels.
    keep : iterable of str or Path
        Files that must survive; `like` is one of them anyway.

    Returns
    -------
    str or None
        A note for the user where the object is not of its original's class.

    Raises
    ------
    UnwritableImageError
        The original does not belong to this image, or the packing fails.
    MetadataError, FileError
        The metadata are damaged; a file cannot be read or written.
    """
    keep = [*keep, *([like] if like else [])]
    check_output(path, keep=keep)
    data, note = dicom_bytes(
        pixels,
        image_metadata,
        like=like,
        lossy=lossy,
        transfer_syntax=transfer_syntax,
        checksum=checksum,
    )
    atomic_write(path, data, keep=keep)
    return note


def dicom_bytes(
    pixels: np.ndarray,
    image_metadata: dict | None = None,
    *,
    like: str | Path | None = None,
    lossy: LossyStep | None = None,
    transfer_syntax: str = "explicit",
    checksum: bytes = b"",
) -> tuple[bytes, str | None]:
    """Return the bytes of the file that :func:`write_dicom` writes, and its note."""
    try:
        with quiet_pydicom():
            seed = checksum or hashlib.sha256(pixels.tobytes()).digest()
            return _dicom_bytes(pixels, image_metadata or {}, like, lossy, transfer_syntax, seed)
    except MmpcError:
        raise
    except Exception as error:  # pydicom on values that no DICOM can hold
        raise UnwritableImageError(f"cannot be written as DICOM ({reason_of(error)})") from None


def _dicom_bytes(pixels, metadata, like, lossy, transfer_syntax, seed):
    if like is not None:
        original = read_file(like)
        metadata = _metadata_of_original(original, Path(like), pixels, metadata)
        seed = hashlib.sha256(seed + original).digest()
    dataset = from_json(metadata)
    earlier = LossyStep(**metadata["earlier_loss"]) if "earlier_loss" in metadata else None
    if lossy is None and _is_whole_object(metadata, dataset, pixels):
        if earlier and dataset.get("LossyImageCompression") != "01":
            add_lossy_step(dataset, earlier)  # the transfer syntax said so, and is another one now
        put_pixels(dataset, pixels)
        pack_pixels(dataset, transfer_syntax, pixels)
        if not _text_survives(metadata):
            dataset.SpecificCharacterSet = "ISO_IR 192"
        return _file_bytes(dataset), None
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


def _is_whole_object(metadata: dict, dataset, pixels: np.ndarray) -> bool:
    """Tell whether header and pixels are all of one object, so that it keeps its UIDs."""
    return (
        metadata.get("complete") is True
        and not metadata.get("unreadable")
        and bool(dataset.get("SOPClassUID") and dataset.get("SOPInstanceUID"))
        and (dataset.get("Rows"), dataset.get("Columns")) == pixels.shape
        and dataset.get("BitsAllocated") == 8 * pixels.itemsize
        and dataset.get("PixelRepresentation") == int(pixels.dtype.kind == "i")
    )


def _text_survives(metadata: dict) -> bool:
    """Tell whether all text comes back from the character set that the header names."""
    from pydicom import dcmread

    header = from_json(metadata)
    header.ensure_file_meta()
    header.file_meta.TransferSyntaxUID = NATIVE
    return to_json(dcmread(io.BytesIO(_file_bytes(header)))) == to_json(from_json(metadata))


def _file_bytes(dataset) -> bytes:
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _metadata_of_original(data: bytes, path: Path, pixels: np.ndarray, kept: dict) -> dict:
    """Read the original and make sure that it is the one that was compressed."""
    if not is_dicom(data):
        raise UnwritableImageError(f"{path}: is no DICOM file to take the header from")
    n_frames = integer(read_dataset(data, path), "NumberOfFrames", 1)
    if n_frames > 1 and "frame" not in kept:
        raise UnwritableImageError(
            f"{path}: the stream does not say which of its {n_frames} frames it holds; decode "
            "without --like"
        )
    image = read_dicom(data, path, kept.get("frame"))
    if image.pixels.shape != pixels.shape or image.pixels.dtype != pixels.dtype:
        raise UnwritableImageError(
            f"{path}: is {_size(image.pixels)}, the decoded image is {_size(pixels)}: "
            "not its original"
        )
    expected, found = (from_json(one).get("SOPInstanceUID") for one in (kept, image.metadata))
    if expected and expected != found:
        raise UnwritableImageError(
            f"{path}: is another image than the one that was compressed (or that one was "
            "de-identified): the SOPInstanceUIDs differ"
        )
    return image.metadata


def _size(pixels: np.ndarray) -> str:
    return f"{pixels.shape[0]} x {pixels.shape[1]} {pixels.dtype}"
