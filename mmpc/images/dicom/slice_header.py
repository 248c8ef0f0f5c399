"""What the header of a slice says of its place, and what all slices of a volume agree in."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmpc.images.dicom.elements import integer, number

# Slices of one volume agree in these. Two patients under one UID are two series, whatever it says.
IDENTITY = ("PatientID", "StudyInstanceUID", "FrameOfReferenceUID")
SAME_IN_ALL = (
    "SOPClassUID",
    "Modality",
    "Rows",
    "Columns",
    "BitsAllocated",
    "PixelRepresentation",
    "PhotometricInterpretation",
    "RescaleType",
    "Units",
    *IDENTITY,
)


@dataclass(frozen=True)
class SliceHeader:
    """What the header of a slice says of its place.

    Attributes
    ----------
    path : Path
        Its file.
    position_mm : tuple of float or None
        Of the centre of its first pixel, in the patient's coordinates; None if unsaid.
    orientation : tuple of float or None
        Direction along a row, then along a column, as unit vectors; None if unsaid.
    pixel_spacing_mm : tuple of float or None
        Distance of rows and of columns.
    n_frames : int
        1 for a classic object.
    agreeing : dict
        Values that all slices of a volume have in common, by keyword.
    """

    path: Path
    position_mm: tuple[float, ...] | None
    orientation: tuple[float, ...] | None
    pixel_spacing_mm: tuple[float, ...] | None
    n_frames: int
    agreeing: dict[str, Any]


def slice_header(dataset, path: Path) -> SliceHeader:
    """Return what a dataset says of the place of its image.

    Raises
    ------
    ValueError
        It says it with other numbers than it takes.
    """
    return SliceHeader(
        path,
        position_mm=_numbers(dataset, "ImagePositionPatient", 3),
        orientation=_numbers(dataset, "ImageOrientationPatient", 6),
        pixel_spacing_mm=_numbers(dataset, "PixelSpacing", 2),
        n_frames=integer(dataset, "NumberOfFrames", 1),
        agreeing={keyword: str(dataset.get(keyword) or "") for keyword in SAME_IN_ALL},
    )


def _numbers(dataset, keyword: str, count: int) -> tuple[float, ...] | None:
    return numbers_of(dataset.get(keyword), keyword, count)


def numbers_of(values, keyword: str, count: int) -> tuple[float, ...] | None:
    """Return finite numbers; None where there are none.

    Parameters
    ----------
    values : sequence or None
        Of an element.
    keyword : str
        Of the element, for messages.
    count : int
        How many there must be.

    Raises
    ------
    ValueError
        There are others than `count` numbers.
    """
    if values is None or values == "" or len(values) == 0:
        return None
    numbers = tuple(number(value) for value in values)
    if len(numbers) != count or None in numbers:
        raise ValueError(f"{keyword} is not {count} numbers")
    return numbers
