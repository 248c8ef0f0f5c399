"""Read one frame of a DICOM file as stored values, or say why it is no image for us.

What the header says is checked here; turning its bytes into integers is in
``dicom_pixels``, choosing what travels with them in ``dicom_metadata``. Nothing here
applies Modality rescale, a window or an inversion: a codec codes what is stored.
"""

import contextlib
import io
import logging
import warnings
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mmpc.errors import MmpcError, UnreadableFileError, UnsupportedPixelsError
from mmpc.images.image import Image
from mmpc.images.reading import pick_frame

if TYPE_CHECKING:
    from mmpc.images.dicom.deidentify import Deidentifier

MAX_INFLATED_BYTES = 2**30
DEFLATED = b"1.2.840.10008.1.2.1.99"


def read_dicom(
    data: bytes,
    path: Path,
    frame: int | None,
    *,
    mode: str = "whitelist",
    anonymize: "bool | Deidentifier" = False,
) -> Image:
    """Read one frame from the bytes of a DICOM file (PS3.10), any transfer syntax.

    `mode` and `anonymize` are for ``dicom_metadata.collect_metadata``.

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


def printable(text: str) -> str:
    """Return a text on one line, without what a terminal would act on."""
    return "".join(letter if letter.isprintable() else " " for letter in " ".join(text.split()))


@contextlib.contextmanager
def quiet_pydicom():
    """Keep pydicom's warnings and log lines from the user's terminal."""
    logger = logging.getLogger("pydicom")
    disabled = logger.disabled
    logger.disabled = True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.disabled = disabled


def _read(data: bytes, path: Path, frame: int | None, mode: str, anonymize) -> Image:
    from mmpc.images.dicom.metadata import collect_metadata
    from mmpc.images.dicom.pixels import decode_frame

    dataset = read_dataset(data, path)
    check_pixels_supported(dataset, path)
    n_frames = integer(dataset, "NumberOfFrames", 1)
    index = pick_frame(path, max(n_frames, 1), frame)
    pixels, bits_stored = decode_frame(dataset, path, index, max(n_frames, 1))

    spacing = optional_value(dataset, index, "PixelMeasuresSequence", "PixelSpacing")
    center = optional_value(dataset, index, "FrameVOILUTSequence", "WindowCenter")
    width = optional_value(dataset, index, "FrameVOILUTSequence", "WindowWidth")
    rescale = "PixelValueTransformationSequence"
    slope = _number(frame_value(dataset, index, rescale, "RescaleSlope"))
    return Image(
        pixels=pixels,
        bits_stored=bits_stored,
        rescale_slope=1.0 if slope is None else slope,
        rescale_intercept=_number(frame_value(dataset, index, rescale, "RescaleIntercept")) or 0.0,
        modality=str(dataset.get("Modality") or "OT"),
        photometric_interpretation=str(dataset.PhotometricInterpretation),
        pixel_spacing_mm=_pair(spacing),
        window_center=_number(center),
        window_width=_number(width),
        metadata=collect_metadata(dataset, index, pixels, mode, anonymize),
        source_format="DICOM",
        source_name=path.name,
    )


def read_dataset(data: bytes, path: Path):
    """Parse a DICOM file, with or without preamble, into a pydicom dataset."""
    from pydicom import dcmread

    has_preamble = data[128:132] == b"DICM"
    if has_preamble:
        _check_inflated_size(data, path)
    # From memory: a length field that lies then costs nothing, where reading a file
    # would first reserve what it claims.
    dataset = dcmread(io.BytesIO(data), force=not has_preamble)
    if not has_preamble and not ("Rows" in dataset or "SOPClassUID" in dataset):
        raise UnreadableFileError(
            f"{path}: the file is of no supported format (it begins like DICOM, but is not)"
        )
    if dataset.original_encoding[1] is False:
        _swap_words(dataset)
    return dataset


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


def integer(dataset, keyword: str, default: int | None = None) -> int | None:
    """Return an integer element, or `default` where it is absent or empty."""
    value = dataset.get(keyword)
    return default if value is None or value == "" else int(value)


def frame_value(dataset, index: int, sequence: str | None, keyword: str):
    """Look an element up at the top, else in the frame's or the shared functional group.

    Enhanced multi-frame objects keep it there (PS3.3 C.7.6.16).
    """
    if dataset.get(keyword) is not None or sequence is None:
        return dataset.get(keyword)
    per_frame = dataset.get("PerFrameFunctionalGroupsSequence") or []
    shared = dataset.get("SharedFunctionalGroupsSequence") or []
    for group in [*per_frame[index : index + 1], *shared[:1]]:
        for item in group.get(sequence) or []:
            if item.get(keyword) is not None:
                return item.get(keyword)
    return None


def optional_value(dataset, index: int, sequence: str | None, keyword: str):
    """Like :func:`frame_value`; None also for a value that cannot be parsed.

    For what an image can be used without. Never for the rescale: without it the numbers
    would mean something else.
    """
    with contextlib.suppress(Exception):
        return frame_value(dataset, index, sequence, keyword)
    return None


def _swap_words(dataset) -> None:
    """Make the words of a big-endian file little-endian, all but those of its pixels."""
    for element in dataset.iterall():
        words = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}.get(element.VR)
        if words and element.value and element.keyword != "PixelData":
            element.value = np.frombuffer(element.value, f">u{words}").byteswap().tobytes()


def _number(value) -> float | None:
    """Return the first (or only) value as a float; None where there is none."""
    if value is None or value == "":
        return None
    if hasattr(value, "__iter__") and not isinstance(value, str):
        return float(value[0]) if len(value) else None
    return float(value)


def _pair(value) -> tuple[float, float] | None:
    if value is None or isinstance(value, str) or not hasattr(value, "__len__") or len(value) != 2:
        return None
    return float(value[0]), float(value[1])


def _check_inflated_size(data: bytes, path: Path) -> None:
    """Refuse a deflated dataset (PS3.5 A.5) that inflates beyond reason."""
    # (0002,0000), the length of the file meta information, comes first (PS3.10 7.1).
    start = 144 + int.from_bytes(data[140:144], "little")
    if data[132:136] != b"\x02\x00\x00\x00" or DEFLATED not in data[144:start]:
        return
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    pending, size = data[start:], 0
    while pending and not inflater.eof:
        size += len(inflater.decompress(pending, 2**20))
        pending = inflater.unconsumed_tail
        if size > MAX_INFLATED_BYTES:
            raise UnreadableFileError(f"{path}: inflates to more than {MAX_INFLATED_BYTES} bytes")
