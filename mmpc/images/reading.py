"""Read any supported file into an Image; the format is told by content, not by name."""

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from mmpc.errors import UnreadableFileError
from mmpc.files import input_name, read_file

if TYPE_CHECKING:
    from mmpc.images.dicom.deidentify import Deidentifier
    from mmpc.images.image import Image

METADATA_MODES = ("full", "whitelist", "none")
SUPPORTED = "DICOM, NIfTI, PNG (8 or 16 bits), TIFF (8 or 16 bits) and NPY"


def read_image(
    path: str | Path,
    frame: int | None = None,
    *,
    metadata: str = METADATA_MODES[0],
    anonymize: "bool | Deidentifier" = False,
    volume: bool = False,
) -> "Image":
    """Read one monochrome image, or a volume where that is allowed.

    Parameters
    ----------
    path : str or Path
        A DICOM, NIfTI, PNG, TIFF or NPY file, or ``-`` for standard input. Its extension
        does not matter.
    frame : int, optional
        Which frame of a multi-frame file, counted from 0 as NumPy and pydicom do.
        Needed when there are several; 0 is fine for a single one.
    metadata : str
        What to keep of a DICOM or NIfTI header: ``"whitelist"``, ``"full"`` or ``"none"``.
    anonymize : bool or Deidentifier
        De-identify what is kept (PS3.15 Annex E, Basic Profile). UIDs are replaced alike
        in all files that one ``mmpc.images.dicom.deidentify.Deidentifier`` has seen; True
        is that of this process, whose key nobody ever learns.
    volume : bool
        Read a 3-D array of an NPY or NIfTI file, or an enhanced DICOM object whose frames say
        where they lie, whole if no frame is asked for.

    Returns
    -------
    Image
        Stored values, with what the file says about their meaning.

    Raises
    ------
    UnreadableFileError
        The file is missing, damaged, or of no supported format.
    UnsupportedPixelsError
        The file is sound, but is not a monochrome integer image of 8 or 16 bits, or
        it has several frames and none, or a missing one, was asked for.
    """
    data = read_file(path)
    name = Path(input_name(path))
    return parse_image(data, name, frame, metadata=metadata, anonymize=anonymize, volume=volume)


def parse_image(
    data: bytes,
    path: Path,
    frame: int | None = None,
    *,
    metadata: str = METADATA_MODES[0],
    anonymize: "bool | Deidentifier" = False,
    volume: bool = False,
) -> "Image":
    """Read one monochrome image from the bytes of a file.

    Parameters
    ----------
    data : bytes
        The whole file.
    path : Path
        Its name, for messages.
    frame, metadata, anonymize, volume
        As for :func:`read_image`, and so is what is returned and raised.
    """
    # The readers are imported where they are needed: pydicom and Pillow take longer
    # to load than a small image takes to compress.
    from mmpc.images.dicom.parsing import is_dicom
    from mmpc.images.nifti_header import is_nifti

    if is_dicom(data):
        from mmpc.images.dicom.reading import read_dicom

        reader = functools.partial(read_dicom, mode=metadata, anonymize=anonymize, volume=volume)
    elif data.startswith(b"\x89PNG\r\n\x1a\n"):
        from mmpc.images.raster import read_png as reader
    elif data[:4] in (b"II*\x00", b"MM\x00*"):
        from mmpc.images.raster import read_tiff as reader
    elif data.startswith(b"\x93NUMPY"):
        from mmpc.images.numpy_file import read_npy

        reader = functools.partial(read_npy, volume=volume)
    elif is_nifti(data):
        from mmpc.images.nifti_reading import read_nifti

        reader = functools.partial(
            read_nifti, volume=volume, mode=metadata, anonymize=bool(anonymize)
        )
    else:
        reason = "is of no supported format" if data else "is empty"
        raise UnreadableFileError(f"{path}: the file {reason}; supported are {SUPPORTED}")
    return reader(data, path, frame)
