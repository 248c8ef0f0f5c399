"""The original file beside a stream: make sure that it is the one, and take its header.

One patient's name on another's pixels is the worst that a codec can do. So the header is
taken only from the file that was compressed: the stream holds its SOPInstanceUID. A
de-identified stream holds a keyed hash of it, which the key of ``--anonymize-key`` proves.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np

from mmpc.errors import UnwritableImageError
from mmpc.files import read_file
from mmpc.images.dicom.deidentify import Deidentifier
from mmpc.images.dicom.elements import integer, quiet_pydicom
from mmpc.images.dicom.json_model import from_json
from mmpc.images.dicom.parsing import is_dicom, read_dataset
from mmpc.images.dicom.reading import read_dicom
from mmpc.images.image import Image


def read_original(
    path: str | Path,
    decoded: Image,
    *,
    lossless: bool = False,
    deidentifier: Deidentifier | None = None,
    force: bool = False,
) -> Image:
    """Read the original of a decoded image with its whole header, or refuse it.

    Parameters
    ----------
    path : str or Path
        The file that is said to be the original.
    decoded : Image
        The decoded pixels with the stream's metadata.
    lossless : bool
        The stream lost nothing, so the pixels must be the same.
    deidentifier : Deidentifier, optional
        What de-identified the stream.
    force : bool
        Take the file on the user's word where the stream does not say which image it holds;
        never where it says that it holds another one.

    Returns
    -------
    Image
        The original; its notes say what was taken on the user's word.

    Raises
    ------
    UnwritableImageError
        It is another image, or nothing says that it is this one.
    FileError
        It cannot be read.
    """
    path = Path(path)
    data = read_file(path)
    if not is_dicom(data):
        raise UnwritableImageError(f"{path}: is no DICOM file to take the header from")
    with quiet_pydicom():
        n_frames = integer(read_dataset(data, path), "NumberOfFrames", 1)
    if n_frames > 1 and "frame" not in decoded.metadata:
        raise UnwritableImageError(
            f"{path}: the stream does not say which of its {n_frames} frames it holds; decode "
            "without --like"
        )
    original = read_dicom(data, path, decoded.metadata.get("frame"))
    difference = _difference(original, decoded, lossless)
    if difference:
        raise UnwritableImageError(f"{path}: is not the original: {difference}")
    return replace(original, notes=_check_identity(path, original, decoded, deidentifier, force))


def _difference(original: Image, decoded: Image, lossless: bool) -> str | None:
    """Say what shows that two images are not the same; None if nothing does."""
    if (original.pixels.shape, original.pixels.dtype) != (
        decoded.pixels.shape,
        decoded.pixels.dtype,
    ):
        return f"it is {_size(original.pixels)}, the decoded image {_size(decoded.pixels)}"
    if lossless and not np.array_equal(original.pixels, decoded.pixels):
        return "the stream lost nothing, and its pixels are others"
    if decoded.source_format == "DICOM" and _rescale(original) != _rescale(decoded):
        return f"its rescale is {_rescale(original)}, the stream's {_rescale(decoded)}"
    return None


def _check_identity(
    path: Path,
    original: Image,
    decoded: Image,
    deidentifier: Deidentifier | None,
    force: bool,
) -> tuple[str, ...]:
    expected, found = (
        str(from_json(image.metadata).get("SOPInstanceUID") or "") for image in (decoded, original)
    )
    if expected and found:
        if expected == found:
            return ()
        if deidentifier and expected == deidentifier.replace_uid(found):
            return (f"the header of {path} names the patient whom the stream does not name",)
        raise UnwritableImageError(
            f"{path}: is another image than the one that was compressed: the SOPInstanceUIDs "
            "differ. A stream that was de-identified needs the --anonymize-key of that run"
        )
    if force:
        return (
            f"nothing but your word (--force) says that {path} is the original: its patient's "
            "name stands on these pixels now",
        )
    raise UnwritableImageError(
        f"{path}: the stream does not say which image it holds (--metadata none), so this may be "
        "another patient's; --force takes its header all the same"
    )


def _rescale(image: Image) -> tuple[float, float]:
    return image.rescale_slope, image.rescale_intercept


def _size(pixels: np.ndarray) -> str:
    return f"{pixels.shape[0]} x {pixels.shape[1]} {pixels.dtype}"
