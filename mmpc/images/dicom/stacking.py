"""Slices of a series, or frames of an object, into a volume."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np

from mmpc.errors import UnsupportedPixelsError
from mmpc.images.dicom.series import named
from mmpc.images.dicom.series_metadata import join_metadata
from mmpc.images.image import Image


def stack_slices(
    slices: Iterable[tuple[Path, Image]], n_slices: int, notes: Iterable[str], title: str
) -> Image:
    """Return the volume of images that are read one after the other.

    Parameters
    ----------
    slices : iterable of (Path, Image)
        In order, each with the name that messages use.
    n_slices : int
        How many they are.
    notes : iterable of str
        Of the volume; those of its slices follow, each once.
    title : str
        Of the volume, for messages.

    Returns
    -------
    Image
        Pixels of shape (slices, rows, columns). Where the Modality rescale differs by slice,
        its `rescale_slope` is NaN and the metadata keep each.

    Raises
    ------
    UnsupportedPixelsError
        A slice has other samples than the first.
    """
    first, volume, kept, scalings, said = None, None, [], set(), defaultdict(list)
    for index, (path, image) in enumerate(slices):
        if first is None:
            first, first_path = image, path
            volume = np.empty((n_slices, *image.pixels.shape), image.pixels.dtype)
        if _samples(image) != _samples(first):
            raise UnsupportedPixelsError(
                f"{title} makes no volume: {named([path])} has other samples than "
                f"{named([first_path])}"
            )
        volume[index] = image.pixels
        kept.append(image.metadata)
        scalings.add((image.rescale_slope, image.rescale_intercept))
        for note in image.notes:
            said[note].append(path)
    notes, slope = list(notes), first.rescale_slope
    if len(scalings) > 1:
        slope = np.nan
        notes.append("the rescale differs by slice and is kept so; errors are in stored units")
    for note, paths in said.items():
        where = "" if len(paths) == n_slices else f"{named(paths)}: "
        notes.append(where + note)
    metadata = join_metadata(kept)
    return replace(first, pixels=volume, rescale_slope=slope, metadata=metadata, notes=tuple(notes))


def _samples(image: Image) -> tuple:
    """Return what all samples of a volume have in common."""
    return image.pixels.shape, image.pixels.dtype, image.photometric_interpretation
