"""Write stored values as a valid DICOM file, from kept metadata or like the original."""

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
    mark_derived,
    record_earlier_loss,
    set_pixels,
)
from mmpc.images.dicom.elements import integer, quiet_pydicom
from mmpc.images.dicom.metadata import padding_gap, restore_elements
from mmpc.images.dicom.packing import pack_pixels
from mmpc.images.dicom.parsing import is_dicom, read_dataset
from mmpc.images.dicom.reading import read_dicom

__all__ = ["LossyStep", "dicom_bytes", "write_dicom"]


def write_dicom(
    path: str | Path,
    pixels: np.ndarray,
    *,
    image_metadata: dict | None = None,
    like: str | Path | None = None,
    lossy: LossyStep | None = None,
    transfer_syntax: str = "explicit",
    keep: Iterable[str | Path] = (),
) -> str | None:
    """Write a derived DICOM image whole or not at all.

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
        The compression that the pixels went through.
    transfer_syntax : str
        ``"explicit"``, ``"rle"``, ``"jpeg-ls"`` or ``"jpeg-2000"``, all lossless.
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
        pixels, image_metadata, like=like, lossy=lossy, transfer_syntax=transfer_syntax
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
) -> tuple[bytes, str | None]:
    """Return the bytes of the file that :func:`write_dicom` writes, and its note."""
    try:
        with quiet_pydicom():
            return _dicom_bytes(pixels, image_metadata or {}, like, lossy, transfer_syntax)
    except MmpcError:
        raise
    except Exception as error:  # pydicom on values that no DICOM can hold
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise UnwritableImageError(f"cannot be written as DICOM ({reason})") from None


def _dicom_bytes(pixels, metadata, like, lossy, transfer_syntax):
    dataset = restore_elements(metadata)
    padding, complete = metadata.get("padding"), metadata.get("complete", False)
    if like is not None:
        dataset, padding = _original(Path(like), pixels, dataset)
        complete = True
    mark_derived(dataset, lossy, metadata.get("frame"))
    set_pixels(dataset, pixels, padding, exact=lossy is None)
    note = settle_class(dataset, 8 * pixels.itemsize, complete)
    dataset.SpecificCharacterSet = "ISO_IR 192"
    pack_pixels(dataset, transfer_syntax, pixels)
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue(), note


def _original(path: Path, pixels: np.ndarray, kept):
    """Read the original and make sure that it is the one that was compressed."""
    from pydicom import Dataset

    data = read_file(path)
    if not is_dicom(data):
        raise UnwritableImageError(f"{path}: is no DICOM file to take the header from")
    image = read_dicom(data, path, 0)
    original = read_dataset(data, path)
    if (integer(original, "NumberOfFrames", 1) or 1) > 1:
        raise UnwritableImageError(
            f"{path}: has several frames, and the decoded image is one; decode without --like"
        )
    if image.pixels.shape != pixels.shape or image.pixels.dtype != pixels.dtype:
        raise UnwritableImageError(
            f"{path}: is {_size(image.pixels)}, the decoded image is {_size(pixels)}: "
            "not its original"
        )
    instance = kept.get("SOPInstanceUID")
    if instance and instance != original.get("SOPInstanceUID"):
        raise UnwritableImageError(
            f"{path}: is another image than the one that was compressed (or that one was "
            "de-identified): the SOPInstanceUIDs differ"
        )
    earlier = record_earlier_loss(original, 0)
    if earlier:
        add_lossy_step(original, earlier)
    original.decode()
    # A dataset of its own, which does not remember in which encoding it was read.
    return Dataset({element.tag: element for element in original}), padding_gap(
        original, image.pixels
    )


def _size(pixels: np.ndarray) -> str:
    return f"{pixels.shape[0]} x {pixels.shape[1]} {pixels.dtype}"
