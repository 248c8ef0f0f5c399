"""An enhanced multi-frame object as a volume: its frames sorted by where they lie."""

from collections.abc import Callable
from pathlib import Path

from mmpc.errors import UnsupportedPixelsError
from mmpc.images.dicom.elements import frame_value
from mmpc.images.dicom.series import Series
from mmpc.images.dicom.series_order import sort_slices
from mmpc.images.dicom.slice_header import SliceHeader, numbers_of
from mmpc.images.dicom.stacking import stack_slices
from mmpc.images.image import Image

# The functional groups that say where a frame lies (PS3.3 C.7.6.16.2).
GROUPS = {
    "ImagePositionPatient": ("PlanePositionSequence", 3),
    "ImageOrientationPatient": ("PlaneOrientationSequence", 6),
    "PixelSpacing": ("PixelMeasuresSequence", 2),
}


def has_planes(dataset) -> bool:
    """Tell whether functional groups say where the frames lie in the patient."""
    return (
        "PerFrameFunctionalGroupsSequence" in dataset
        and _numbers(dataset, 0, "ImagePositionPatient") is not None
    )


def read_planes(dataset, path: Path, n_frames: int, read_frame: Callable[[int], Image]) -> Image:
    """Return the frames as a volume, sorted as slices of a series are.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Of the object.
    path : Path
        Of its file, for messages.
    n_frames : int
        How many there are.
    read_frame : callable
        Returns the image of a frame.

    Returns
    -------
    Image
        Its metadata are those of a series, with ``frame`` by slice.

    Raises
    ------
    UnsupportedPixelsError
        The frames make no volume: several stacks, phases or echoes, say.
    """
    headers = tuple(
        SliceHeader(
            Path(f"frame {index}"),
            *(_numbers(dataset, index, keyword) for keyword in GROUPS),
            n_frames=1,
            agreeing={},
        )
        for index in range(n_frames)
    )
    series = Series("", 0, "", headers)
    index_of = {one.path: index for index, one in enumerate(headers)}
    try:
        slices, notes = sort_slices(series)
        frames = ((one.path, read_frame(index_of[one.path])) for one in slices)
        return stack_slices(frames, n_frames, notes, series.title)
    except UnsupportedPixelsError as error:
        raise UnsupportedPixelsError(
            f"{path}: {error}; choose one with --frame 0 to {n_frames - 1}"
        ) from None


def _numbers(dataset, index: int, keyword: str) -> tuple[float, ...] | None:
    group, count = GROUPS[keyword]
    return numbers_of(frame_value(dataset, index, group, keyword), keyword, count)
