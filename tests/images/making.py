"""Small DICOM files for the tests, and the packaged ones by name."""

import io

import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRBigEndian, ExplicitVRLittleEndian, generate_uid

from mmpc.images.samples import find_packaged_file


def packaged(file):
    path = find_packaged_file(file)
    if path is None:
        pytest.skip(f"{file} is in pydicom-data, which is not installed")
    return path


def make_dataset(pixels, syntax=ExplicitVRLittleEndian, **elements):
    """A small CT dataset around an array; keyword arguments replace elements."""
    dataset = Dataset()
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = generate_uid()
    dataset.Modality = "CT"
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = pixels.shape[-2:]
    if pixels.ndim == 3:
        dataset.NumberOfFrames = len(pixels)
    dataset.BitsAllocated = 8 * pixels.itemsize
    dataset.BitsStored = 8 * pixels.itemsize
    dataset.HighBit = 8 * pixels.itemsize - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    little = syntax != ExplicitVRBigEndian
    dataset.PixelData = pixels.astype(pixels.dtype.newbyteorder("<" if little else ">")).tobytes()
    dataset["PixelData"].VR = "OW"
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = syntax
    for keyword, value in elements.items():
        if value is None:
            del dataset[keyword]
        else:
            setattr(dataset, keyword, value)
    return dataset


def save(dataset, path, **arguments):
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True, **arguments)
    path.write_bytes(stream.getvalue())
    return path
