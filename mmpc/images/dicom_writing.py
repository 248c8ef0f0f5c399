"""Write stored values as a DICOM file that any viewer reads."""

import io

import numpy as np

from mmpc.images.dicom import quiet_pydicom
from mmpc.images.dicom_metadata import restore_elements

SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
EXPLICIT_LITTLE_ENDIAN = "1.2.840.10008.1.2.1"


def dicom_bytes(pixels: np.ndarray, image_metadata: dict | None = None) -> bytes:
    """Return the bytes of a DICOM file, Explicit VR Little Endian.

    Parameters
    ----------
    pixels : ndarray of uint8, int8, uint16 or int16, shape (rows, columns)
        Stored values.
    image_metadata : dict, optional
        ``Image.metadata`` of the original: its elements are written again. Without it
        the file is a Secondary Capture.
    """
    from pydicom.dataset import FileMetaDataset
    from pydicom.uid import generate_uid

    with quiet_pydicom():
        dataset = restore_elements(image_metadata)
        stored = int(dataset.get("BitsStored") or 8 * pixels.itemsize)
        if not 1 <= stored <= 8 * pixels.itemsize or not _fits(pixels, stored):
            stored = 8 * pixels.itemsize
        dataset.SOPClassUID = dataset.get("SOPClassUID") or SECONDARY_CAPTURE
        dataset.SOPInstanceUID = generate_uid()
        for keyword in ("StudyInstanceUID", "SeriesInstanceUID"):
            dataset.setdefault(keyword, generate_uid())
        for keyword in ("PatientName", "PatientID", "StudyDate", "StudyTime"):
            dataset.setdefault(keyword, "")
        dataset.setdefault("Modality", "OT")
        dataset.setdefault("PhotometricInterpretation", "MONOCHROME2")
        dataset.ConversionType = "WSD"
        dataset.SamplesPerPixel = 1
        dataset.Rows, dataset.Columns = pixels.shape
        dataset.BitsAllocated = 8 * pixels.itemsize
        dataset.BitsStored = stored
        dataset.HighBit = stored - 1
        dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
        data = pixels.astype(pixels.dtype.newbyteorder("<")).tobytes()
        dataset.PixelData = data + b"\0" * (len(data) % 2)
        dataset["PixelData"].VR = "OW" if pixels.itemsize == 2 else "OB"
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = EXPLICIT_LITTLE_ENDIAN
        stream = io.BytesIO()
        dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()


def _fits(pixels: np.ndarray, bits: int) -> bool:
    """Tell whether all values fit into `bits` bits of the array's sign."""
    half = 2 ** (bits - 1)
    low, high = (-half, half - 1) if pixels.dtype.kind == "i" else (0, 2 * half - 1)
    return low <= pixels.min() and pixels.max() <= high
