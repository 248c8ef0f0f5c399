"""Series of DICOM slices for the tests, made of packaged files."""

import copy

import numpy as np
from pydicom import Dataset, config, dcmread
from pydicom.uid import generate_uid

from tests.images.making import packaged, save

AXIAL = (1, 0, 0, 0, 1, 0)


def slices_of(file="CT_small.dcm", n_slices=4, distance_mm=2.5, orientation=AXIAL, **elements):
    """Datasets of one series, in order of their positions; each refers to the first."""
    original = dcmread(packaged(file))
    pixels = original.pixel_array[:24, :20]
    original.Rows, original.Columns = pixels.shape
    original.SeriesInstanceUID, original.FrameOfReferenceUID = generate_uid(), generate_uid()
    original.ImageOrientationPatient = list(orientation)
    normal = np.cross(orientation[:3], orientation[3:])
    made = []
    for index in range(n_slices):
        dataset = copy.deepcopy(original)
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.ImagePositionPatient = [round(float(x), 6) for x in normal * distance_mm * index]
        dataset.InstanceNumber = 100 - index  # numbers run the other way
        dataset.PixelData = (pixels + np.int16(index)).tobytes()
        reference = Dataset()
        reference.ReferencedSOPClassUID = dataset.SOPClassUID
        reference.ReferencedSOPInstanceUID = (made or [dataset])[0].SOPInstanceUID
        dataset.ReferencedImageSequence = [reference]
        for keyword, value in elements.items():
            setattr(dataset, keyword, value)
        made.append(dataset)
    return made


def save_shuffled(datasets, folder):
    """Save datasets under names whose order is not that of the slices; return their paths."""
    folder.mkdir(exist_ok=True)
    count = len(list(folder.iterdir()))
    names = [f"{count}_{(5 * index + 3) % 7}{index}.dcm" for index in range(len(datasets))]
    return [save(one, folder / name) for one, name in zip(datasets, names, strict=True)]


# What slices of one volume agree in, so that a garden can be one.
AGREED = """
    PatientID StudyInstanceUID SeriesInstanceUID FrameOfReferenceUID Modality PixelSpacing
    ImageOrientationPatient RescaleSlope RescaleIntercept
"""


def plant_series(gardens, folder):
    """Save datasets as slices of one series; return one with the values that they agree in."""
    template = slices_of(n_slices=1)[0]
    folder.mkdir()
    checks = config.settings.writing_validation_mode
    config.settings.writing_validation_mode = config.IGNORE
    try:
        for index, garden in enumerate(gardens):
            slice_ = Dataset()
            slice_.update(garden)
            slice_.file_meta = garden.file_meta
            for keyword in ("RescaleType", "Units"):
                slice_.pop(keyword, None)
            for keyword in AGREED.split():
                slice_[keyword] = template[keyword]
            slice_.add_new("ImageType", "CS", ["ORIGINAL", "PRIMARY", "AXIAL"])
            slice_.add_new("ImagePositionPatient", "DS", [0, 0, index])
            save(slice_, folder / f"{index}.dcm")
    finally:
        config.settings.writing_validation_mode = checks
    return template
