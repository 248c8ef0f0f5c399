"""Make DICOM files out of plain images, and unsigned ones out of signed ones."""

import numpy as np

from mmpc.errors import UnwritableImageError
from mmpc.images.dicom.classes import CT_IMAGE, SECONDARY_CAPTURE
from mmpc.images.image import Image

MEANING_OF_STORED_VALUES = {
    "ModalityLUTSequence": "00283000",
    "RealWorldValueMappingSequence": "00409096",
}
PIXEL_PADDING_TAGS = ("00280120", "00280121")
BITS_STORED_TAG, INTERCEPT_TAG, SLOPE_TAG = "00280101", "00281052", "00281053"


def describe(
    image: Image,
    *,
    modality: str | None = None,
    rescale_slope: float | None = None,
    rescale_intercept: float | None = None,
    pixel_spacing_mm: tuple[float, float] | None = None,
) -> tuple[np.ndarray, dict]:
    """Describe an image that came without a header, so that it can be written as DICOM.

    Parameters
    ----------
    image : Image
        From PNG, TIFF or NPY.
    modality : str, optional
        ``"CT"`` makes a CT Image, anything else a Secondary Capture of that modality.
        A CT Image must say where it is: the identity orientation at the origin is
        written, and pixels of 1 mm unless `pixel_spacing_mm` is given.
    rescale_slope, rescale_intercept : float, optional
        Stored values to Hounsfield units (CT) or to the modality's unit.
    pixel_spacing_mm : tuple of float, optional
        Distance of rows and of columns, in mm.

    Returns
    -------
    pixels : ndarray
        16 bits for CT, whose objects allow nothing else; otherwise as they are.
    metadata : dict
        For ``writing.write_dicom``.
    """
    ct = modality == "CT"
    pixels = image.pixels
    if ct and pixels.itemsize == 1:
        pixels = pixels.astype(f"{'int' if pixels.dtype.kind == 'i' else 'uint'}16")
    elements = {
        "SOPClassUID": CT_IMAGE if ct else SECONDARY_CAPTURE,
        "ImageType": ["ORIGINAL", "SECONDARY", *(["AXIAL"] if ct else [])],
        "Modality": modality or "OT",
        "PhotometricInterpretation": image.photometric_interpretation,
    }
    if ct or rescale_slope is not None or rescale_intercept is not None:
        elements["RescaleSlope"] = 1.0 if rescale_slope is None else rescale_slope
        elements["RescaleIntercept"] = rescale_intercept or 0.0
    if ct:
        elements["ImagePositionPatient"] = [0.0, 0.0, 0.0]
        elements["ImageOrientationPatient"] = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    if ct or pixel_spacing_mm:
        elements["PixelSpacing"] = list(pixel_spacing_mm or (1.0, 1.0))
    return pixels, {"dicom": _to_json(elements)}


def make_unsigned(image: Image) -> tuple[np.ndarray, dict]:
    """Shift signed stored values to zero and above, and the intercept with them.

    Parameters
    ----------
    image : Image
        From DICOM.

    Returns
    -------
    pixels : ndarray of uint8 or uint16
        ``pixels - min(0, smallest)``: the rescaled values stay the same.
    metadata : dict
        That of `image` with intercept and padding corrected.

    Raises
    ------
    UnwritableImageError
        Its values have a meaning through a table or a mapping, which would not fit any more.
    """
    for keyword, tag in MEANING_OF_STORED_VALUES.items():
        if tag in image.metadata.get("dicom", {}):
            raise UnwritableImageError(
                f"{image.source_name}: its stored values have a meaning through {keyword}, and "
                "other values would not; keep them signed"
            )
    shift = min(0, int(image.pixels.min()))
    pixels = (image.pixels.astype(np.int32) - shift).astype(f"uint{8 * image.pixels.itemsize}")
    elements = dict(image.metadata.get("dicom", {}))
    elements.pop(BITS_STORED_TAG, None)
    stated = [tag for tag in PIXEL_PADDING_TAGS if elements.get(tag, {}).get("Value")]
    shifted = [elements.pop(tag)["Value"][0] - shift for tag in stated]
    if max(shifted, default=-1) >= 0:  # else no pixel is padding, and none can be
        for tag, value in zip(stated, shifted, strict=True):
            elements[tag] = {"vr": "US", "Value": [max(value, 0)]}
    intercept = image.rescale_intercept + image.rescale_slope * shift
    elements[INTERCEPT_TAG] = {"vr": "DS", "Value": [intercept]}
    elements[SLOPE_TAG] = {"vr": "DS", "Value": [image.rescale_slope]}
    metadata = {**image.metadata, "dicom": elements}
    if "padding" in metadata:
        metadata["padding"] = {key: value - shift for key, value in metadata["padding"].items()}
    return pixels, metadata


def _to_json(elements: dict) -> dict:
    from pydicom import Dataset

    dataset = Dataset()
    for keyword, value in elements.items():
        setattr(dataset, keyword, value)
    return dataset.to_json_dict()
