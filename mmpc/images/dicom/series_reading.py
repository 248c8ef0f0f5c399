"""Read the slices of a series, one after the other, into a volume."""

from collections.abc import Callable, Iterator
from pathlib import Path

from mmpc.files import read_file
from mmpc.images.dicom.deidentify import Deidentifier
from mmpc.images.dicom.reading import read_dicom
from mmpc.images.dicom.series import Series
from mmpc.images.dicom.series_order import sort_slices
from mmpc.images.dicom.stacking import stack_slices
from mmpc.images.image import Image


def read_series(
    series: Series,
    *,
    metadata: str = "full",
    anonymize: bool | Deidentifier = False,
    progress: Callable[[int, int], None] | None = None,
) -> Image:
    """Read a series as a volume, its slices, or the frames of its only file, sorted by position.

    Parameters
    ----------
    series : Series
        As ``series.find_series`` found it.
    metadata, anonymize
        As for :func:`mmpc.images.reading.read_image`, for each slice. UIDs are replaced alike
        in all of them.
    progress : callable, optional
        Called with how many slices are read, and of how many.

    Returns
    -------
    Image
        Its pixels have shape (slices, rows, columns); its metadata are those of
        ``series_metadata``.

    Raises
    ------
    UnreadableFileError
        A file is damaged.
    UnsupportedPixelsError
        The files make no volume; the message names those that do not fit.
    """
    slices, notes = sort_slices(series)
    if slices[0].n_frames != 1:
        path = slices[0].path
        data = read_file(path)
        return read_dicom(data, path, None, mode=metadata, anonymize=anonymize, volume=True)

    def read_slices() -> Iterator[tuple[Path, Image]]:
        for index, one in enumerate(slices, start=1):
            data = read_file(one.path)
            yield one.path, read_dicom(data, one.path, None, mode=metadata, anonymize=anonymize)
            if progress is not None:
                progress(index, len(slices))

    return stack_slices(read_slices(), len(slices), notes, series.title)
