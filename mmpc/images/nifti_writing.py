"""Write a decoded volume as NIfTI: the header that came in, or one made of a DICOM series."""

import base64
import gzip
from typing import TYPE_CHECKING

import numpy as np

from mmpc.errors import MetadataError, UnwritableImageError
from mmpc.images.dicom.geometry import Geometry, geometry_of
from mmpc.images.nifti_header import ACQUISITION, GEOMETRY, MEANING, TEXTS, nibabel

if TYPE_CHECKING:
    from nibabel.nifti1 import Nifti1Header

    from mmpc.images.dicom.derivation import LossyStep

LONGEST_SIDE = 32767
SCANNER, UNKNOWN = 1, 0
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
SAME_MM = 1e-3


def nifti_bytes(
    pixels: np.ndarray,
    metadata: dict,
    *,
    packed: bool,
    lossy: "LossyStep | None" = None,
) -> tuple[bytes, list[str]]:
    """Return a NIfTI-1 file: stored values, with scl_slope and scl_inter as the rescale.

    Parameters
    ----------
    pixels : ndarray of uint8, int8, uint16 or int16, shape ([slices,] rows, columns)
        Stored values. They become the axes (i, j, k) = (column, row, slice).
    metadata : dict
        ``Image.metadata``: of a NIfTI file, of a DICOM series or image, or nothing.
    packed : bool
        Packed by gzip.
    lossy : LossyStep, optional
        The compression that the pixels went through, for ``descrip``.

    Returns
    -------
    data : bytes
        The file.
    notes : list of str
        For the user.

    Raises
    ------
    UnwritableImageError
        A side is longer than 32767, or the rescale differs by slice.
    MetadataError
        The metadata are damaged.
    MissingPackageError
        nibabel is not installed.
    """
    nib = nibabel()
    if max(pixels.shape) > LONGEST_SIDE:
        raise UnwritableImageError(f"a side of {max(pixels.shape)} is too long for NIfTI-1")
    array, notes = (pixels if pixels.ndim == 3 else pixels[np.newaxis]).T, []
    header = nib.Nifti1Header()
    header.set_data_dtype(array.dtype)
    header.set_data_shape(array.shape)
    if "nifti" in metadata:
        _restore(header, metadata["nifti"])
    else:
        geometry = geometry_of(metadata, len(array.T))
        _place(header, geometry)
        notes += geometry.notes
    if not header["sform_code"] and not header["qform_code"]:
        notes.append("nothing is known of where the voxels lie; the file says so (sform_code 0)")
    if lossy:
        header["descrip"] = f"lossy compression by {lossy.method}, not for diagnosis".encode()
    header["vox_offset"] = 352
    header["magic"] = b"n+1"
    data = header.binaryblock + bytes(4) + array.tobytes(order="F")
    return gzip.compress(data, 6, mtime=0) if packed else data, notes


def _restore(header: "Nifti1Header", fields: dict) -> None:
    """Put the fields of the header that came in into one that has dtype and shape."""
    try:
        for name in (*MEANING, *GEOMETRY, *ACQUISITION):
            if name in fields:
                header[name] = fields[name]
        for name in TEXTS:
            if name in fields:
                header[name] = base64.b64decode(fields[name]["base64"])
    except (TypeError, ValueError, KeyError, OverflowError):
        raise MetadataError("the metadata of the NIfTI header are damaged") from None


def _place(header: "Nifti1Header", geometry: Geometry) -> None:
    header.set_slope_inter(geometry.rescale_slope, geometry.rescale_intercept)
    if geometry.affine_mm is None:
        return
    affine = LPS_TO_RAS @ geometry.affine_mm
    header.set_xyzt_units("mm")
    header.set_sform(affine, SCANNER)
    header.set_qform(affine, SCANNER)  # a rotation: it leaves a shear out
    if not np.allclose(header.get_qform(), affine, rtol=0, atol=SAME_MM):
        header.set_qform(affine, UNKNOWN)
