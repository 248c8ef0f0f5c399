"""Sort the slices of a series by where they lie, and refuse what makes no volume."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable
from dataclasses import replace
from pathlib import Path

import numpy as np

from mmpc.errors import UnsupportedPixelsError
from mmpc.images.dicom.geometry import TILT_DEGREES, are_uneven, lean_degrees
from mmpc.images.dicom.series import Series, named
from mmpc.images.dicom.slice_header import IDENTITY, SliceHeader

SAME_PLACE_MM = 1e-3
SAME_DIRECTION = 1e-4  # of the cosines
FRAME_OF_REFERENCE = "FrameOfReferenceUID"
NOTE_ON_FRAMES = (
    "each slice names a frame of reference of its own, as after careless de-identification; their "
    "positions are compared all the same"
)


def sort_slices(series: Series) -> tuple[list[SliceHeader], list[str]]:
    """Return the slices by rising position along the normal of their plane.

    The normal is the cross product of the direction along a row and that along a column, so
    slices of a supine head come from the feet on. Names and numbers do not matter.

    Parameters
    ----------
    series : Series
        As found.

    Returns
    -------
    slices : list of SliceHeader
        In order.
    notes : list of str
        For the user: uneven distances, a tilted gantry.

    Raises
    ------
    UnsupportedPixelsError
        The files make no volume; the message names those that do not fit.
    """
    if len(series.slices) == 1:
        return list(series.slices), []
    _refuse_frames(series)
    _refuse_different(series)
    orientation = np.array(series.slices[0].orientation)
    normal = np.cross(orientation[:3], orientation[3:])
    length = np.linalg.norm(normal)
    if abs(length - 1) > 0.01 or abs(np.linalg.norm(orientation[:3]) - 1) > 0.01:
        _refuse(
            series,
            f"ImageOrientationPatient of {named([series.slices[0].path])} is not two unit vectors "
            "at right angles",
        )
    normal /= length
    heights = {one.path: float(np.dot(one.position_mm, normal)) for one in series.slices}
    slices = sorted(series.slices, key=lambda one: heights[one.path])
    distances = np.diff([heights[one.path] for one in slices])
    for before, after, distance in zip(slices, slices[1:], distances, strict=False):
        if distance < SAME_PLACE_MM:
            _refuse(
                series,
                f"{named([before.path, after.path])} lie at the same position (several phases or "
                "copies in one folder?)",
            )
    frames = [NOTE_ON_FRAMES] if _frames_are_no_help(series) else []
    return slices, [*frames, *_note_on_distances(slices, distances), *_note_on_tilt(slices, normal)]


def split_series(series: Series) -> tuple[list[Series], str]:
    """Return the volumes that a series makes: one, or one a folder (copies), or one a file.

    Parameters
    ----------
    series : Series
        As found.

    Returns
    -------
    volumes : list of Series
        Which together have all its files; a file that is no image for us is there, too.
    reason : str
        Why they are several; empty where it is one.
    """
    try:
        sort_slices(series)
        return [series], ""
    except UnsupportedPixelsError as error:
        reason = str(error)
    parts: dict[Path, list[SliceHeader]] = defaultdict(list)
    for one in series.slices:
        parts[one.path.parent].append(one)
    if len(parts) == 1:
        return [replace(series, slices=(one,)) for one in series.slices], reason
    by_folder = [split_series(replace(series, slices=tuple(part)))[0] for part in parts.values()]
    return [volume for volumes in by_folder for volume in volumes], reason


def _refuse_frames(series: Series) -> None:
    frames = [one.path for one in series.slices if one.n_frames != 1]
    if frames:
        _refuse(series, f"{named(frames)} hold several frames; encode each such file by itself")


def _refuse_different(series: Series) -> None:
    """Refuse slices that differ in what a volume has once."""
    for keyword in ("position_mm", "orientation"):
        lacking = [one.path for one in series.slices if getattr(one, keyword) is None]
        if lacking:
            element = {"position_mm": "ImagePositionPatient"}.get(
                keyword, "ImageOrientationPatient"
            )
            _refuse(series, f"{named(lacking)} do not say where they lie ({element} is missing)")
    for keyword in series.slices[0].agreeing:
        if keyword == FRAME_OF_REFERENCE and _frames_are_no_help(series):
            continue
        _refuse_others(series, keyword, lambda one, keyword=keyword: one.agreeing[keyword])
    _refuse_others(series, "ImageOrientationPatient", lambda one: _rounded(series, one.orientation))
    _refuse_others(series, "PixelSpacing", lambda one: one.pixel_spacing_mm)


def _frames_are_no_help(series: Series) -> bool:
    """Tell whether each slice has a frame of reference to itself, which so says nothing.

    A patient who moved leaves two or three. A series of LIDC-IDRI has one a slice.
    """
    frames = {one.agreeing.get(FRAME_OF_REFERENCE, "") for one in series.slices}
    return len(frames) == len(series.slices) > 3


def _rounded(series: Series, orientation: tuple[float, ...]) -> tuple[float, ...]:
    """Return the first slice's orientation for all that are the same but for rounding."""
    first = series.slices[0].orientation
    return first if np.allclose(first, orientation, rtol=0, atol=SAME_DIRECTION) else orientation


def _refuse_others(
    series: Series, keyword: str, value_of: Callable[[SliceHeader], Hashable]
) -> None:
    """Refuse slices with another value than most."""
    values = [value_of(one) for one in series.slices]
    (usual, _), *others = Counter(values).most_common()
    if not others:
        return
    differing = [one for one, value in zip(series.slices, values, strict=True) if value != usual]
    both = f" ({value_of(differing[0])!r}, not {usual!r})" if keyword not in IDENTITY else ""
    paths = [one.path for one in differing]
    _refuse(series, f"{named(paths)} have another {keyword} than the other files{both}")


def _refuse(series: Series, reason: str) -> None:
    raise UnsupportedPixelsError(f"{series.title} makes no volume: {reason}")


def _note_on_distances(slices: list[SliceHeader], distances: np.ndarray) -> list[str]:
    if not are_uneven(distances):
        return []
    widest = int(np.argmax(distances))
    pair = named([slices[widest].path, slices[widest + 1].path])
    return [
        f"warning: the slices lie {distances.min():.4g} to {distances.max():.4g} mm apart, "
        f"{pair} the farthest: is a slice missing? Positions are kept as they are"
    ]


def _note_on_tilt(slices: list[SliceHeader], normal: np.ndarray) -> list[str]:
    """Say that slices are shifted against each other, which is how a tilted gantry shows."""
    degrees = lean_degrees(np.subtract(slices[-1].position_mm, slices[0].position_mm), normal)
    if degrees <= TILT_DEGREES:
        return []
    return [
        f"the stack leans by {degrees:.1f} degrees, as with a tilted gantry; the slices are kept "
        "as they are"
    ]
