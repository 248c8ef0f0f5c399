"""Read the slices of a series, one after the other, into a volume."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from mmpc.errors import UnsupportedPixelsError
from mmpc.files import read_file
from mmpc.images.dicom.deidentify import Deidentifier
from mmpc.images.dicom.reading import read_dicom
from mmpc.images.dicom.series import Series, named
from mmpc.images.dicom.series_metadata import join_metadata
from mmpc.images.dicom.series_order import sort_slices
from mmpc.images.image import Image


def read_series(
    series: Series,
    *,
    metadata: str = "full",
    anonymize: bool | Deidentifier = False,
    progress: Callable[[int, int], None] | None = None,
) -> Image:
    """Read a series as a volume, its slices sorted by position.

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
    first, volume, kept, said = None, None, [], defaultdict(list)
    for index, one in enumerate(slices):
        image = read_dicom(read_file(one.path), one.path, None, mode=metadata, anonymize=anonymize)
        if first is None:
            first = image
            volume = np.empty((len(slices), *image.pixels.shape), image.pixels.dtype)
        if _numbers(image) != _numbers(first):
            raise UnsupportedPixelsError(
                f"series {series.number} makes no volume: {one.path.name} has other samples or "
                f"another rescale than {slices[0].path.name}"
            )
        volume[index] = image.pixels
        kept.append(image.metadata)
        for note in image.notes:
            said[note].append(one.path)
        if progress is not None:
            progress(index + 1, len(slices))
    for note, paths in said.items():
        where = "" if len(paths) == len(slices) else f"{named(paths)}: "
        notes.append(where + note)
    return replace(first, pixels=volume, metadata=join_metadata(kept), notes=tuple(notes))


def _numbers(image: Image) -> tuple:
    """Return what gives the samples their range and meaning."""
    facts = (image.rescale_slope, image.rescale_intercept, image.photometric_interpretation)
    return (image.pixels.shape, image.pixels.dtype, *facts)
