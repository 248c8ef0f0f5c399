"""Read a NIfTI file as stored values; what its header says of place and unit is kept, not applied.

A volume is indexed (slice, row, column): NIfTI's axes (i, j, k) in reverse. Nothing is flipped
or resampled, so the header's transforms stay true.
"""

import gzip
import math
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mmpc.errors import MetadataError, UnreadableFileError, UnsupportedPixelsError
from mmpc.images.frames import pick_frame
from mmpc.images.image import STORED_DTYPES, Image
from mmpc.images.nifti_header import (
    ACQUISITION,
    GEOMETRY,
    KINDS,
    MEANING,
    TEXTS,
    kind_of,
    nibabel,
    opened,
    plain,
    scaling_of,
)

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Header

DEFLATE_RATIO = 1032  # more than this deflate never packs, whatever a header claims


def read_nifti(
    data: bytes,
    path: Path,
    frame: int | None,
    *,
    volume: bool = False,
    mode: str = "full",
    anonymize: bool = False,
) -> Image:
    """Read the volume of a single NIfTI file (``.nii``, ``.nii.gz``), or one slice along k.

    Parameters
    ----------
    data : bytes
        The whole file.
    path : Path
        Its name, for messages.
    frame : int or None
        A slice, counted from 0.
    volume : bool
        Read the volume whole if no slice is asked for.
    mode : str
        ``"full"`` keeps the header; ``"whitelist"`` leaves its texts out, ``"none"`` all but
        the scaling of values.
    anonymize : bool
        Leave the texts out.

    Returns
    -------
    Image
        Pixels of shape ([slices,] j, i). Whole numbers of a wider type, or stored as floating
        point, become int16 or uint16.

    Raises
    ------
    UnreadableFileError
        The file is damaged.
    UnsupportedPixelsError
        Values that are no whole numbers of 16 bits, or more than three dimensions.
    MissingPackageError
        nibabel is not installed.
    """
    try:
        header, values, has_extensions = _read(data, path)
    except (EOFError, gzip.BadGzipFile, zlib.error):
        raise UnreadableFileError(f"{path}: is truncated or damaged (gzip)") from None
    slope, intercept = scaling_of(header)
    stored, notes = _stored_values(values, path)
    if has_extensions:
        notes.append("extensions of the NIfTI header are not kept")
    if frame is not None or not volume or len(stored) == 1:
        stored = stored[pick_frame(path, len(stored), frame)]
    pixdim = header["pixdim"]
    fields = dict.fromkeys(MEANING)
    if mode != "none":
        fields = {**fields, **dict.fromkeys((*GEOMETRY, *ACQUISITION))}
        if mode == "full" and not anonymize:
            fields |= dict.fromkeys(TEXTS)
        if stored.ndim == 2 and len(values) > 1:
            fields = dict.fromkeys(MEANING)  # the place is that of the first slice
            notes.append("the place of a single slice of a NIfTI volume is not kept")
    kept = {name: value for name in fields if (value := plain(header[name])) is not None}
    return Image(
        pixels=np.ascontiguousarray(stored),
        bits_stored=8 * stored.itemsize,
        rescale_slope=slope,
        rescale_intercept=intercept,
        pixel_spacing_mm=_spacing(float(pixdim[2]), float(pixdim[1])),
        metadata={"nifti": kept},
        source_format="NIfTI",
        source_name=path.name,
        notes=tuple(notes),
    )


def restored_nifti(pixels: np.ndarray, metadata: dict, source_name: str = "") -> Image:
    """Return decoded pixels with the scaling that the metadata beside them say.

    Parameters
    ----------
    pixels : ndarray
        Stored values.
    metadata : dict
        ``Image.metadata`` of the file that was compressed.
    source_name : str
        For messages.

    Raises
    ------
    MetadataError
        The metadata are not such.
    """
    try:
        slope, intercept = scaling_of({**dict.fromkeys(MEANING, 0.0), **metadata["nifti"]})
    except (TypeError, ValueError):
        raise MetadataError("the metadata of the NIfTI header are damaged") from None
    return Image(
        pixels,
        8 * pixels.itemsize,
        slope,
        intercept,
        metadata=metadata,
        source_format="NIfTI",
        source_name=source_name,
    )


def _read(data: bytes, path: Path) -> "tuple[Nifti1Header, np.ndarray, bool]":
    """Return header, values of shape (slices, rows, columns), and whether there are extensions."""
    nib = nibabel()
    with opened(data) as file:
        size = kind_of(file.read(max(KINDS)))
        file.seek(0)
        head = file.read(size)
        kind = nib.Nifti1Header if size == 348 else nib.Nifti2Header
        header = kind(head, check=False)
        try:
            dtype, shape = header.get_data_dtype(), header.get_data_shape()
            offset = int(header["vox_offset"])
        except Exception:  # nibabel raises half a dozen types on a damaged header
            raise UnreadableFileError(f"{path}: the NIfTI header is damaged") from None
        flag = file.read(4)
        shape = _three_dimensions(shape, path)
        size_bytes = math.prod(shape) * dtype.itemsize
        if offset < size:
            raise UnreadableFileError(f"{path}: the NIfTI header is damaged")
        file.seek(offset)
        raw = file.read(min(size_bytes, DEFLATE_RATIO * len(data)))
        file.read(1)  # behind the last byte gzip has its checksum
    if len(raw) < size_bytes:
        raise UnreadableFileError(f"{path}: is truncated: it has too few data for shape {shape}")
    values = np.frombuffer(raw, dtype).reshape(shape[::-1])
    return header, values, flag[:1] == b"\1"


def _three_dimensions(shape: tuple[int, ...], path: Path) -> tuple[int, int, int]:
    """Return a shape without the dimensions behind the third that have one element only."""
    if not shape or min(shape) < 1:
        raise UnreadableFileError(f"{path}: the NIfTI header is damaged: it has shape {shape}")
    if math.prod(shape[3:]) != 1:
        raise UnsupportedPixelsError(
            f"{path}: has {len(shape)} dimensions, shape {tuple(map(int, shape))}; save each "
            "volume of three dimensions by itself"
        )
    first, second, third = (*map(int, shape[:3]), 1, 1)[:3]
    return first, second, third


def _stored_values(values: np.ndarray, path: Path) -> tuple[np.ndarray, list[str]]:
    """Return values in a dtype that a stream holds, and a note if it is another one."""
    if values.dtype.newbyteorder("=").name in STORED_DTYPES:
        return values.astype(values.dtype.newbyteorder("=")), []
    if values.dtype.kind not in "iuf":
        raise UnsupportedPixelsError(
            f"{path}: holds values of the NIfTI type {values.dtype}; supported are whole numbers"
        )
    if values.dtype.kind == "f" and not _are_whole(values):
        raise UnsupportedPixelsError(
            f"{path}: holds {values.dtype.newbyteorder('=').name} values that are not whole "
            "numbers; scale and round them to int16 first, with scl_slope saying how"
        )
    smallest, largest = values.min(), values.max()
    for name in ("int16", "uint16"):
        if np.iinfo(name).min <= smallest and largest <= np.iinfo(name).max:
            was = values.dtype.newbyteorder("=").name
            return values.astype(name), [f"all values are whole numbers: {was} is kept as {name}"]
    raise UnsupportedPixelsError(
        f"{path}: holds values from {smallest:g} to {largest:g}, more than 16 bits; rescale first"
    )


def _are_whole(values: np.ndarray) -> bool:
    return bool(np.isfinite(values).all() and (values == np.rint(values)).all())


def _spacing(rows: float, columns: float) -> tuple[float, float] | None:
    good = all(math.isfinite(one) and one > 0 for one in (rows, columns))
    return (rows, columns) if good else None
