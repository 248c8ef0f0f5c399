"""Small DICOM series of one's own making, to be archived by the thousand."""

from functools import cache
from io import BytesIO
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

_SERIES_MARK, _SLICE_MARK, _POSITION_MARK = "90000001", "90000002", "90003"
_UIDS = {
    "StudyInstanceUID": f"1.2.826.0.1.3680043.8.498.1.{_SERIES_MARK}",
    "SeriesInstanceUID": f"1.2.826.0.1.3680043.8.498.2.{_SERIES_MARK}",
    "FrameOfReferenceUID": f"1.2.826.0.1.3680043.8.498.3.{_SERIES_MARK}",
    "SOPInstanceUID": f"1.2.826.0.1.3680043.8.498.4.{_SERIES_MARK}.{_SLICE_MARK}",
}


def write_small_series(folder: Path, number: int, pixels: np.ndarray) -> None:
    """Write a series of CT slices, a file for each.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.
    number : int
        Of the series, below 80 million: its UIDs and its patient follow from it.
    pixels : ndarray of int16, shape (slices, rows, columns)
        Hounsfield units are the samples less 1024.
    """
    folder.mkdir(parents=True, exist_ok=True)
    template = _template(pixels.shape[1:])
    for index, one in enumerate(pixels.astype("<i2")):
        head = template
        for mark, value in (
            (_SERIES_MARK, 10**7 + number),
            (_SLICE_MARK, 10**7 + index),
            (_POSITION_MARK, 10**4 + index),
        ):
            head = head.replace(mark.encode(), f"{value}".encode())
        (folder / f"{index}.dcm").write_bytes(head + one.tobytes())


@cache
def _template(shape: tuple[int, int]) -> bytes:
    """Return a CT slice without its pixels, which come last, with marks to be replaced."""
    dataset = Dataset()
    for keyword, value in _UIDS.items():
        setattr(dataset, keyword, value)
    dataset.SOPClassUID, dataset.Modality = CTImageStorage, "CT"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.StudyDate, dataset.StudyTime = "20260102", "030405"
    dataset.PatientName, dataset.PatientID = "Small^Series", f"P{_SERIES_MARK}"
    dataset.PatientBirthDate, dataset.PatientSex = "", "O"
    dataset.Manufacturer, dataset.SeriesNumber, dataset.InstanceNumber = "none", 1, _POSITION_MARK
    dataset.KVP, dataset.SliceThickness = 120, 2.5
    dataset.ImagePositionPatient = ["-100", "-100", _POSITION_MARK]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.PixelSpacing = [0.5, 0.5]
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.Rows, dataset.Columns = shape
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 1
    dataset.RescaleIntercept, dataset.RescaleSlope = -1024, 1
    dataset.PixelData = bytes(2 * shape[0] * shape[1])
    dataset["PixelData"].VR = "OW"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    stream = BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    return stream.getvalue()[: -len(dataset.PixelData)]
