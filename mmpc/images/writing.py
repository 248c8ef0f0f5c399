"""Write stored values to NPY, PNG, TIFF or DICOM, told by the extension."""

import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from mmpc.errors import UnwritableImageError
from mmpc.files import atomic_write, check_output, is_standard_stream
from mmpc.images.image import STORED_DTYPES

EXTENSIONS = (".npy", ".png", ".tif", ".tiff", ".dcm")


def write_image(
    path: str | Path,
    pixels: np.ndarray,
    *,
    image_metadata: dict | None = None,
    keep: Iterable[str | Path] = (),
) -> None:
    """Write an image whole or not at all.

    Parameters
    ----------
    path : str or Path
        Where to write; ``.npy``, ``.png``, ``.tif``, ``.tiff`` or ``.dcm``; ``-`` is
        standard output, in NPY format.
    pixels : ndarray of uint8, int8, uint16 or int16, shape ([slices,] rows, columns)
        Stored values; a volume is for NPY only. PNG and TIFF hold unsigned ones: a signed
        array without negative values is written as unsigned, any other is refused.
    image_metadata : dict, optional
        ``Image.metadata``; used for DICOM.
    keep : iterable of str or Path
        Files that must survive, such as the input.

    Raises
    ------
    UnwritableImageError
        The extension is not known, or the values do not fit into the format.
    FileError, ProtectedFileError
        See :func:`mmpc.files.atomic_write`.
    """
    path = Path(path)
    extension = check_extension(path)
    if pixels.ndim == 3 and extension != ".npy":
        raise UnwritableImageError(
            f"{path}: a volume of {len(pixels)} slices is written as .npy; "
            "of its slices, mmpc.open gives each"
        )
    if pixels.ndim not in (2, 3) or pixels.dtype.name not in STORED_DTYPES:
        raise UnwritableImageError(
            f"{path}: an image to write is 2-D and one of {', '.join(STORED_DTYPES)}, "
            f"not {pixels.ndim}-D {pixels.dtype}"
        )
    check_output(path, keep=keep)
    if extension == ".npy":
        data = _npy(pixels)
    elif extension == ".dcm":
        from mmpc.images.dicom.writing import dicom_bytes

        data, _ = dicom_bytes(pixels, image_metadata)
    else:
        data = _raster(path, pixels, "PNG" if extension == ".png" else "TIFF")
    atomic_write(path, data, keep=keep)


def check_extension(path: str | Path) -> str:
    """Return the extension that tells the format; ``.npy`` for standard output, ``-``.

    Raises
    ------
    UnwritableImageError
        The extension is none of ``EXTENSIONS``.
    """
    extension = ".npy" if is_standard_stream(path) else Path(path).suffix.lower()
    if extension not in EXTENSIONS:
        raise UnwritableImageError(
            f"{path}: the extension {extension!r} is not one of {', '.join(EXTENSIONS)}"
        )
    return extension


def _npy(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.ascontiguousarray(pixels), allow_pickle=False)
    return stream.getvalue()


def _raster(path: Path, pixels: np.ndarray, format_name: str) -> bytes:
    from PIL import Image as Pillow

    smallest = int(pixels.min())
    if smallest < 0:
        raise UnwritableImageError(
            f"{path}: {format_name} holds no negative values and the smallest pixel is "
            f"{smallest}; write .npy or .dcm instead"
        )
    unsigned = np.ascontiguousarray(pixels.astype(f"u{pixels.dtype.itemsize}"))
    stream = io.BytesIO()
    Pillow.fromarray(unsigned).save(stream, format=format_name)
    return stream.getvalue()
