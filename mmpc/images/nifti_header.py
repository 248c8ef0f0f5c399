"""The header of a NIfTI file: how it is recognized, its fields, and what they say as JSON."""

import base64
import gzip
import io
import math
import zlib
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from mmpc.errors import MissingPackageError

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Header

GZIP_MAGIC = b"\x1f\x8b"
# Where the magic of a single file stands, and what it is; each header is followed by 4 bytes.
KINDS = {348: (344, b"n+1\0"), 540: (4, b"n+2\0")}
MEANING = ("scl_slope", "scl_inter")
GEOMETRY = (
    *("pixdim", "xyzt_units", "qform_code", "sform_code", "quatern_b", "quatern_c", "quatern_d"),
    *("qoffset_x", "qoffset_y", "qoffset_z", "srow_x", "srow_y", "srow_z"),
)
ACQUISITION = (
    *("dim_info", "intent_p1", "intent_p2", "intent_p3", "intent_code", "slice_start"),
    *("slice_end", "slice_code", "slice_duration", "toffset", "cal_max", "cal_min"),
)
TEXTS = ("descrip", "aux_file", "intent_name")


def nibabel():
    """Return the module, which takes a quarter of a second to load.

    Raises
    ------
    MissingPackageError
        It is not installed.
    """
    try:
        import nibabel
    except ImportError:
        raise MissingPackageError("NIfTI needs nibabel; pip install 'mmpc[nifti]'") from None
    return nibabel


def is_nifti(data: bytes) -> bool:
    """Tell whether bytes begin a NIfTI file, packed by gzip or not."""
    try:
        return kind_of(opened(data).read(max(KINDS))) is not None
    except (OSError, EOFError, zlib.error):
        return False


def opened(data: bytes) -> BinaryIO:
    """Return the bytes of a file as they are without gzip, to be read piece by piece."""
    stream = io.BytesIO(data)
    return gzip.GzipFile(fileobj=stream) if data.startswith(GZIP_MAGIC) else stream


def kind_of(head: bytes) -> int | None:
    """Return the size of the header that these bytes begin with, 348 or 540, or None."""
    for size, (offset, magic) in KINDS.items():
        sizes = {size.to_bytes(4, order) for order in ("little", "big")}
        if head[:4] in sizes and head[offset : offset + 4] == magic:
            return size
    return None


def scaling_of(header: "Nifti1Header | dict[str, float]") -> tuple[float, float]:
    """Return slope and intercept; a slope of 0 means that values are what is stored."""
    slope, intercept = float(header["scl_slope"]), float(header["scl_inter"])
    if slope == 0 or not (math.isfinite(slope) and math.isfinite(intercept)):
        return 1.0, 0.0
    return slope, intercept


def plain(field: np.ndarray) -> int | float | list | dict | None:
    """Return a header's field as JSON has it; None where it has none, or nothing is said."""
    if field.dtype.kind == "S":
        text = field.item()
        return {"base64": base64.b64encode(text).decode()} if text else None
    finite = field.dtype.kind in "iu" or np.isfinite(field).all()
    return field.tolist() if finite else None
