"""Where the voxels of a series lie in the patient, from its metadata (PS3.3 C.7.6.2.1.1)."""

from dataclasses import dataclass

import numpy as np

from mmpc.errors import UnwritableImageError
from mmpc.images.dicom.series_metadata import slice_metadata

POSITION, ORIENTATION, PIXEL_SPACING = "00200032", "00200037", "00280030"
BETWEEN_SLICES, THICKNESS = "00180088", "00180050"
SLOPE, INTERCEPT = "00281053", "00281052"
UNEVEN = 0.05  # of the median distance; positions are rounded to a few digits
TILT_DEGREES = 0.1


@dataclass(frozen=True)
class Geometry:
    """Place and unit of a volume.

    Attributes
    ----------
    affine_mm : ndarray of float64, shape (4, 4), or None
        Takes (column, row, slice, 1) to the patient's coordinates: left, posterior, superior
        (LPS), in mm. None if the metadata do not say it.
    rescale_slope, rescale_intercept : float
        Of all slices.
    notes : tuple of str
        What one matrix does not say: uneven distances, a leaning stack.
    """

    affine_mm: np.ndarray | None
    rescale_slope: float = 1.0
    rescale_intercept: float = 0.0
    notes: tuple[str, ...] = ()


def geometry_of(metadata: dict, n_slices: int) -> Geometry:
    """Return the geometry of a series, or of a single DICOM image.

    Parameters
    ----------
    metadata : dict
        ``Image.metadata``.
    n_slices : int
        Of the volume; 1 of an image.

    Raises
    ------
    UnwritableImageError
        The rescale differs by slice.
    MetadataError
        The metadata are damaged.
    """
    slices = [
        slice_metadata(metadata, index, n_slices).get("dicom", {}) for index in range(n_slices)
    ]
    scalings = {(_number(one, SLOPE, 1.0), _number(one, INTERCEPT, 0.0)) for one in slices}
    if len(scalings) > 1:
        raise UnwritableImageError(
            "the rescale differs by slice, which only DICOM can say; decode into a folder, or .npy "
            "for the stored values"
        )
    [(slope, intercept)] = scalings
    positions = [_numbers(one, POSITION, 3) for one in slices]
    orientation, spacing = (
        _numbers(slices[0], ORIENTATION, 6),
        _numbers(slices[0], PIXEL_SPACING, 2),
    )
    if orientation is None or spacing is None or any(one is None for one in positions):
        return Geometry(None, slope, intercept)
    along_row, along_column = orientation[:3], orientation[3:]
    normal = np.cross(along_row, along_column)
    step, notes = _step(slices[0], np.array(positions), normal)
    affine = np.eye(4)
    affine[:3, 0] = along_row * spacing[1]
    affine[:3, 1] = along_column * spacing[0]
    affine[:3, 2] = step
    affine[:3, 3] = positions[0]
    return Geometry(affine, slope, intercept, tuple(notes))


def are_uneven(distances: np.ndarray) -> bool:
    """Tell whether distances of neighbouring slices differ by more than rounding does."""
    return len(distances) > 0 and bool(np.ptp(distances) > UNEVEN * np.median(distances))


def lean_degrees(way: np.ndarray, normal: np.ndarray) -> float:
    """Return the angle between the way from the first slice to the last and their normal."""
    along = np.dot(way, normal)
    shift = np.linalg.norm(way - along * normal)
    return float(np.degrees(np.arctan2(shift, along))) if along else 0.0


def _step(
    elements: dict, positions: np.ndarray, normal: np.ndarray
) -> tuple[np.ndarray, list[str]]:
    """Return the way from one slice to the next, in mm, in the mean of all, and notes."""
    if len(positions) == 1:
        thickness = _number(elements, BETWEEN_SLICES, 0.0) or _number(elements, THICKNESS, 0.0)
        return normal * (thickness if thickness > 0 else 1.0), []
    way, notes = positions[-1] - positions[0], []
    distances = np.diff(positions @ normal)
    if are_uneven(distances):
        notes.append(
            f"warning: the slices lie {distances.min():.4g} to {distances.max():.4g} mm apart, and "
            "one matrix says the mean"
        )
    if lean_degrees(way, normal) > TILT_DEGREES:
        notes.append("the stack leans, so the matrix has a shear, which some programs refuse")
    return way / (len(positions) - 1), notes


def _number(elements: dict, tag: str, default: float) -> float:
    numbers = _numbers(elements, tag, 1)
    return default if numbers is None else float(numbers[0])


def _numbers(elements: dict, tag: str, count: int) -> np.ndarray | None:
    """Return the values of an element in DICOM's JSON model; None where there are not `count`."""
    try:
        numbers = np.array([float(value) for value in elements[tag]["Value"]])
    except (KeyError, TypeError, ValueError):
        return None
    return numbers if len(numbers) == count and np.isfinite(numbers).all() else None
