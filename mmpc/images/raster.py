"""Read PNG and TIFF as stored values, through Pillow, and undo its helpfulness.

Pillow scales 2- and 4-bit grey to 8 bits, inverts WhiteIsZero TIFF, and reads signed
8-bit samples as unsigned. The header is therefore looked at first, and whatever is not
plain grey of 8 or 16 bits is refused.
"""

import io
import warnings
from pathlib import Path

import numpy as np

from mmpc.errors import UnreadableFileError, UnsupportedPixelsError
from mmpc.images.frames import pick_frame
from mmpc.images.image import Image

# A deflate or LZW stream cannot expand further than this; a header that claims more lies.
LARGEST_EXPANSION = 1100

PNG_COLOUR_TYPES = {2: "colour (RGB)", 3: "palette colour", 4: "grey with alpha", 6: "RGBA"}
TIFF_PHOTOMETRIC = {2: "colour (RGB)", 3: "palette colour", 5: "CMYK", 6: "YCbCr", 8: "CIE L*a*b*"}


def read_png(data: bytes, path: Path, frame: int | None) -> Image:
    """Read a grey PNG of 8 or 16 bits (one frame of it, if it is animated)."""
    if len(data) < 33 or data[12:16] != b"IHDR":
        raise UnreadableFileError(f"{path}: the PNG header is damaged")
    bits, colour_type = data[24], data[25]
    if colour_type in PNG_COLOUR_TYPES:
        raise _not_grey(path, PNG_COLOUR_TYPES[colour_type])
    if bits not in (8, 16):
        raise _wrong_depth(path, f"{bits}-bit grey")
    with _opened(data, path) as picture:
        if "transparency" in picture.info:
            raise _not_grey(path, "grey with a transparent value")
        picture.seek(pick_frame(path, getattr(picture, "n_frames", 1), frame))
        if picture.mode not in ("L", "I;16", "I;16B", "I"):
            raise _not_grey(path, f"of Pillow mode {picture.mode}")
        return _image(np.asarray(picture), f"uint{bits}", path, "PNG")


def read_tiff(data: bytes, path: Path, frame: int | None) -> Image:
    """Read one page of a grey TIFF, 8 or 16 bits, unsigned or signed.

    A WhiteIsZero page keeps its stored values and becomes MONOCHROME1.
    """
    with _opened(data, path) as picture:
        picture.seek(pick_frame(path, getattr(picture, "n_frames", 1), frame))
        tags = picture.tag_v2
        photometric, samples = tags.get(262), tags.get(277, 1)
        bits, sample_format = tags.get(258, (1,))[0], tags.get(339, (1,))[0]
        if photometric not in (0, 1) or samples != 1:
            raise _not_grey(path, TIFF_PHOTOMETRIC.get(photometric, f"{samples} samples a pixel"))
        if bits not in (8, 16) or sample_format not in (1, 2):
            kind = {3: "floating-point"}.get(sample_format, "integer")
            raise _wrong_depth(path, f"{bits}-bit {kind}")
        values = np.asarray(picture)
        white_is_zero = photometric == 0
        if white_is_zero and bits == 8:
            values = 255 - values  # Pillow inverted them
        elif white_is_zero:
            raise UnsupportedPixelsError(
                f"{path}: 16-bit WhiteIsZero TIFF is not supported; save it as BlackIsZero or .npy"
            )
        dtype = f"{'int' if sample_format == 2 else 'uint'}{bits}"
        kind = "MONOCHROME1" if white_is_zero else "MONOCHROME2"
        return _image(values, dtype, path, "TIFF", kind)


def _image(values, dtype, path, source_format, photometric="MONOCHROME2"):
    dtype = np.dtype(dtype)
    # Pillow's containers are wider (mode I) or of the other sign: same bits, other name.
    pixels = values.astype(f"u{dtype.itemsize}").view(dtype)
    return Image(
        pixels=np.ascontiguousarray(pixels),
        bits_stored=8 * dtype.itemsize,
        photometric_interpretation=photometric,
        metadata={"dicom": {"00280004": {"vr": "CS", "Value": [photometric]}}}
        if photometric == "MONOCHROME1"
        else {},
        source_format=source_format,
        source_name=path.name,
    )


class _opened:  # noqa: N801 - a context manager, used like open()
    """Open bytes with Pillow; turn what it raises into one sentence."""

    def __init__(self, data: bytes, path: Path):
        self.data, self.path = data, path

    def __enter__(self):
        from PIL import Image as Pillow

        self.warnings = warnings.catch_warnings()
        self.warnings.__enter__()
        warnings.simplefilter("ignore")
        # Our own limit below replaces Pillow's, which is lower than 65535 x 65535.
        self.pillow, self.limit = Pillow, Pillow.MAX_IMAGE_PIXELS
        Pillow.MAX_IMAGE_PIXELS = None
        try:
            picture = Pillow.open(io.BytesIO(self.data), formats=("PNG", "TIFF"))
            claimed = picture.width * picture.height * 2
            if claimed > LARGEST_EXPANSION * len(self.data):
                raise UnreadableFileError(
                    f"{self.path}: claims {picture.width} x {picture.height} pixels, "
                    "more than its data can hold"
                )
        except BaseException as error:
            self.__exit__(type(error), error, None)
            raise
        return picture

    def __exit__(self, kind, error, traceback):
        self.pillow.MAX_IMAGE_PIXELS = self.limit
        self.warnings.__exit__(kind, error, traceback)
        ours = isinstance(error, UnreadableFileError | UnsupportedPixelsError)
        if isinstance(error, Exception) and not ours:
            raise UnreadableFileError(f"{self.path}: damaged image file ({error})") from None


def _not_grey(path: Path, what: str) -> UnsupportedPixelsError:
    return UnsupportedPixelsError(
        f"{path}: is {what}, and this codec is for monochrome images; "
        "convert it to 8- or 16-bit grey first"
    )


def _wrong_depth(path: Path, what: str) -> UnsupportedPixelsError:
    return UnsupportedPixelsError(
        f"{path}: holds {what} samples; convert it to 8- or 16-bit integer grey first"
    )
