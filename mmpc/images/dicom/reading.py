"""Read one frame of a DICOM file as stored values, or say why it is no image for us.

What the header says is checked here; turning its bytes into integers is in ``pixels``,
choosing what travels with them in ``metadata``. Nothing here applies Modality rescale, a
window or an inversion: a codec codes what is stored.
"""

from pathlib import Path

from mmpc.errors import MmpcError, UnreadableFileError, UnsupportedPixelsError
from mmpc.images.dicom.elements import (
    frame_value,
    integer,
    number,
    optional_value,
    pair,
    printable,
    quiet_pydicom,
)
from mmpc.images.dicom.metadata import collect_metadata
from mmpc.images.dicom.parsing import read_dataset
from mmpc.images.dicom.pixels import decode_frame
from mmpc.images.frames import pick_frame
from mmpc.images.image import Image


def read_dicom(
    data: bytes,
    path: Path,
    frame: int | None,
    *,
    mode: str = "whitelist",
    anonymize: bool = False,
) -> Image:
    """Read one frame from the bytes of a DICOM file (PS3.10), any transfer syntax.

    `mode` and `anonymize` are for ``metadata.collect_metadata``.

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
            return _read(data, path, frame, mode, anonymize)
    except MmpcError as error:
        # A damaged element may have brought line breaks into our own sentence.
        text = printable(str(error))
        raise type(error)(text if text.startswith(str(path)) else f"{path}: {text}") from None
    except Exception as error:
        reason = printable(str(error))[:200] or type(error).__name__
        raise UnreadableFileError(f"{path}: damaged DICOM file ({reason})") from None


def _read(data: bytes, path: Path, frame: int | None, mode: str, anonymize: bool) -> Image:
    dataset = read_dataset(data, path)
    check_pixels_supported(dataset, path)
    n_frames = integer(dataset, "NumberOfFrames", 1)
    index = pick_frame(path, max(n_frames, 1), frame)
    pixels, bits_stored = decode_frame(dataset, path, index, max(n_frames, 1))

    spacing = optional_value(dataset, index, "PixelMeasuresSequence", "PixelSpacing")
    center = optional_value(dataset, index, "FrameVOILUTSequence", "WindowCenter")
    width = optional_value(dataset, index, "FrameVOILUTSequence", "WindowWidth")
    rescale = "PixelValueTransformationSequence"
    slope = number(frame_value(dataset, index, rescale, "RescaleSlope"))
    return Image(
        pixels=pixels,
        bits_stored=bits_stored,
        rescale_slope=1.0 if slope is None else slope,
        rescale_intercept=number(frame_value(dataset, index, rescale, "RescaleIntercept")) or 0.0,
        modality=str(dataset.get("Modality") or "OT"),
        photometric_interpretation=str(dataset.PhotometricInterpretation),
        pixel_spacing_mm=pair(spacing),
        window_center=number(center),
        window_width=number(width),
        metadata=collect_metadata(dataset, index, pixels, mode, anonymize),
        source_format="DICOM",
        source_name=path.name,
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
