"""Read a DICOM file as stored values, or say why it is no image for us.

What the header says is checked here; turning its bytes into integers is in ``pixels``,
choosing what travels with them in ``metadata``. Nothing here applies Modality rescale, a
window or an inversion: a codec codes what is stored.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from mmpc.errors import MetadataError, MmpcError, UnreadableFileError, UnsupportedPixelsError
from mmpc.images.dicom.deidentify import Deidentifier
from mmpc.images.dicom.elements import (
    frame_value,
    integer,
    number,
    pair,
    printable,
    quiet_pydicom,
    reason_of,
)
from mmpc.images.dicom.json_model import from_json
from mmpc.images.dicom.metadata import collect_metadata
from mmpc.images.dicom.multiframe import has_planes, read_planes
from mmpc.images.dicom.overlays import move_embedded_overlays
from mmpc.images.dicom.parsing import read_dataset
from mmpc.images.dicom.pixels import decode_frame
from mmpc.images.frames import pick_frame
from mmpc.images.image import Image

# What an image can be used without. Not the rescale: the numbers would mean something else.
OPTIONAL = {
    "PixelSpacing": ("PixelMeasuresSequence", pair),
    "WindowCenter": ("FrameVOILUTSequence", number),
    "WindowWidth": ("FrameVOILUTSequence", number),
}


def read_dicom(
    data: bytes,
    path: Path,
    frame: int | None,
    *,
    mode: str = "full",
    anonymize: bool | Deidentifier = False,
    volume: bool = False,
) -> Image:
    """Read one frame from the bytes of a DICOM file (PS3.10), any transfer syntax.

    `mode` and `anonymize` are for ``metadata.collect_metadata``. Where `volume` is allowed, an
    object whose frames say where they lie is read whole if no frame is asked for.

    Raises
    ------
    UnreadableFileError
        Not DICOM after all, without image, truncated, or damaged.
    UnsupportedPixelsError
        Colour, palette, floating point, 1-bit or 32-bit pixels, or a frame to choose.
    """
    # pydicom and its decoders raise nearly every type there is, some of them only when
    # an element is looked at; this is the border where they become one of ours.
    try:
        with quiet_pydicom():
            return _read(data, path, frame, mode, anonymize, volume)
    except MmpcError as error:
        # A damaged element may have brought line breaks into our own sentence.
        text = printable(str(error))
        raise type(error)(text if text.startswith(str(path)) else f"{path}: {text}") from None
    except Exception as error:
        raise UnreadableFileError(f"{path}: damaged DICOM file ({reason_of(error)})") from None


def _read(data: bytes, path: Path, frame: int | None, mode: str, anonymize, volume: bool) -> Image:
    dataset = read_dataset(data, path)
    check_pixels_supported(dataset, path)
    n_frames = max(integer(dataset, "NumberOfFrames", 1), 1)

    def read_frame(index: int) -> Image:
        return _read_frame(dataset, path, index, n_frames, mode, anonymize)

    if volume and frame is None and n_frames > 1 and has_planes(dataset):
        return read_planes(dataset, path, n_frames, read_frame)
    return read_frame(pick_frame(path, n_frames, frame))


def _read_frame(dataset, path: Path, index: int, n_frames: int, mode: str, anonymize) -> Image:
    decoded = decode_frame(dataset, path, index, n_frames)
    moved = move_embedded_overlays(dataset, decoded.cells)
    collected = collect_metadata(dataset, index, decoded.pixels, mode, anonymize)
    image = describe(dataset, decoded.pixels, index, bits_stored=decoded.bits_stored)
    return replace(
        image,
        metadata=collected.metadata,
        source_name=path.name,
        notes=(*image.notes, *moved, *collected.notes),
    )


def describe(dataset, pixels: np.ndarray, index: int = 0, *, bits_stored: int) -> Image:
    """Return pixels with what a header says of their meaning, but no metadata.

    Parameters
    ----------
    dataset : pydicom.Dataset
        The header.
    pixels : ndarray
        Stored values of one frame.
    index : int
        The frame, counted from 0.
    bits_stored : int
        Significant bits of a pixel.

    Raises
    ------
    ValueError
        The rescale cannot be read, so nobody knows what the values mean.
    """
    optional, notes = {}, []
    for keyword, (sequence, convert) in OPTIONAL.items():
        try:
            optional[keyword] = convert(frame_value(dataset, index, sequence, keyword))
        except Exception:  # pydicom raises nearly every type there is
            optional[keyword] = None
            notes.append(f"{keyword} cannot be read and is ignored")
    unit_by_table = "ModalityLUTSequence" in dataset
    if unit_by_table:
        notes.append(
            "values get their unit from ModalityLUTSequence, which is kept but not applied: "
            "windows and errors in HU are in stored units"
        )
    rescale = "PixelValueTransformationSequence"
    slope = number(frame_value(dataset, index, rescale, "RescaleSlope"))
    return Image(
        pixels=pixels,
        bits_stored=bits_stored,
        rescale_slope=1.0 if slope is None else slope,
        rescale_intercept=number(frame_value(dataset, index, rescale, "RescaleIntercept")) or 0.0,
        unit_by_table=unit_by_table,
        modality=str(dataset.get("Modality") or "OT"),
        photometric_interpretation=str(dataset.get("PhotometricInterpretation") or "MONOCHROME2"),
        pixel_spacing_mm=optional["PixelSpacing"],
        window_center=optional["WindowCenter"],
        window_width=optional["WindowWidth"],
        source_format="DICOM",
        notes=tuple(notes),
    )


def restored_image(pixels: np.ndarray, metadata: dict, source_name: str = "") -> Image:
    """Return decoded pixels with what the metadata beside them say of their meaning.

    Parameters
    ----------
    pixels : ndarray of uint8, int8, uint16 or int16, shape (rows, columns)
        Stored values.
    metadata : dict
        ``Image.metadata`` of the image that was compressed; empty for one without a header.
    source_name : str
        For messages.

    Raises
    ------
    MetadataError
        The metadata are not such, or their rescale cannot be read.
    """
    if not metadata.get("dicom"):
        bits_stored = 8 * pixels.itemsize
        return Image(pixels, bits_stored, metadata=metadata, source_name=source_name)
    with quiet_pydicom():
        dataset = from_json(metadata)
        try:
            bits_stored = min(integer(dataset, "BitsStored", 16), 8 * pixels.itemsize)
            image = describe(dataset, pixels, bits_stored=bits_stored)
        except Exception as error:  # foreign metadata; pydicom raises nearly every type there is
            raise MetadataError(f"the metadata are damaged ({reason_of(error)})") from None
    # Every DICOM image says whether it is signed; a TIFF only whether white is zero.
    from_dicom = "PixelRepresentation" in dataset
    return replace(
        image,
        metadata=metadata,
        source_format="DICOM" if from_dicom else "array",
        source_name=source_name,
    )


def check_pixels_supported(dataset, path: Path) -> None:
    """Refuse everything but one-sample integer pixels of 8 or 16 bits, and say why.

    Raises
    ------
    UnreadableFileError
        No pixel data, or an element that describes them is missing or out of range.
    UnsupportedPixelsError
        Pixels of another kind.
    """
    if "FloatPixelData" in dataset or "DoubleFloatPixelData" in dataset:
        raise UnsupportedPixelsError(
            f"{path}: holds floating-point pixels; scale them to 16-bit integers first"
        )
    if "PixelData" not in dataset:
        kind = dataset.get("SOPClassUID")
        what = f" ({kind.name})" if kind else ""
        raise UnreadableFileError(f"{path}: this DICOM file{what} holds no readable image")
    photometric = str(dataset.get("PhotometricInterpretation") or "")
    allocated = integer(dataset, "BitsAllocated")
    if allocated is None or not photometric:
        raise UnreadableFileError(f"{path}: does not say what its pixels are (group 0028)")
    if photometric == "PALETTE COLOR":
        raise UnsupportedPixelsError(
            f"{path}: its pixels are indices into a colour palette (PALETTE COLOR), "
            "which no lossy codec may change; convert to MONOCHROME2 first"
        )
    if integer(dataset, "SamplesPerPixel", 1) != 1 or not photometric.startswith("MONOCHROME"):
        raise UnsupportedPixelsError(
            f"{path}: is a colour image ({photometric}), and this codec is for monochrome "
            "images; convert to MONOCHROME2 first"
        )
    if allocated == 1:
        raise UnsupportedPixelsError(
            f"{path}: is a 1-bit segmentation; keep it lossless, for example as RLE DICOM"
        )
    if allocated not in (8, 16):
        raise UnsupportedPixelsError(
            f"{path}: has {allocated} bits a pixel ({dataset.get('Modality') or 'no modality'}), "
            "and this codec takes 8 or 16; rescale to 16 bits first"
        )
