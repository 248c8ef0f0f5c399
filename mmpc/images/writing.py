"""Write stored values to NPY, NIfTI, PNG, TIFF or DICOM, told by the extension."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mmpc.errors import UnwritableImageError
from mmpc.files import atomic_write, check_output, is_standard_stream
from mmpc.images.image import STORED_DTYPES

if TYPE_CHECKING:
    from mmpc.images.dicom.derivation import LossyStep

OF_VOLUMES = (".npy", ".nii", ".nii.gz")
EXTENSIONS = (".npy", ".png", ".tif", ".tiff", ".dcm", ".nii", ".nii.gz")


def write_image(
    path: str | Path,
    pixels: np.ndarray,
    *,
    image_metadata: dict | None = None,
    lossy: "LossyStep | None" = None,
    keep: Iterable[str | Path] = (),
) -> list[str]:
    """Write an image whole or not at all.

    Parameters
    ----------
    path : str or Path
        Where to write; ``.npy``, ``.png``, ``.tif``, ``.tiff``, ``.dcm``, ``.nii`` or
        ``.nii.gz``; ``-`` is standard output, in NPY format.
    pixels : ndarray of uint8, int8, uint16 or int16, shape ([slices,] rows, columns)
        Stored values; a volume is for NPY and NIfTI only. PNG and TIFF hold unsigned ones: a signed
        array without negative values is written as unsigned, any other is refused.
    image_metadata : dict, optional
        ``Image.metadata``; used for DICOM and NIfTI.
    lossy : LossyStep, optional
        The compression that the pixels went through; NIfTI records it.
    keep : iterable of str or Path
        Files that must survive, such as the input.

    Returns
    -------
    list of str
        Notes for the user.

    Raises
    ------
    UnwritableImageError
        The extension is not known, or the values do not fit into the format.
    FileError, ProtectedFileError
        See :func:`mmpc.files.atomic_write`.
    """
    path = Path(path)
    extension, notes = check_extension(path), []
    if pixels.ndim == 3 and extension not in OF_VOLUMES:
        raise UnwritableImageError(
            f"{path}: a volume of {len(pixels)} slices is written as {' or '.join(OF_VOLUMES)}; "
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
    elif extension in OF_VOLUMES:
        from mmpc.images.nifti_writing import nifti_bytes

        packed = extension == ".nii.gz"
        data, notes = nifti_bytes(pixels, image_metadata or {}, packed=packed, lossy=lossy)
    else:
        data = _raster(path, pixels, "PNG" if extension == ".png" else "TIFF")
    atomic_write(path, data, keep=keep)
    return notes


def check_extension(path: str | Path) -> str:
    """Return the extension that tells the format; ``.npy`` for standard output, ``-``.

    Raises
    ------
    UnwritableImageError
        The extension is none of ``EXTENSIONS``.
    """
    name = Path(path).name.lower()
    extension = ".npy" if is_standard_stream(path) else Path(name).suffix
    if name.endswith(".nii.gz"):
        extension = ".nii.gz"
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
