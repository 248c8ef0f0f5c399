"""Slices one after the other become a volume, if their samples agree."""

from pathlib import Path

import numpy as np
import pytest

from mmpc.errors import UnsupportedPixelsError
from mmpc.images.dicom.stacking import stack_slices
from mmpc.images.image import Image


def slices_of(*changes):
    found = []
    for number, change in enumerate(changes):
        values = {"pixels": np.full((2, 3), number, np.int16), "bits_stored": 12, **change}
        found.append((Path(f"{number}.dcm"), Image(metadata={"dicom": {}}, **values)))
    return found


def stacked(*changes, notes=()):
    return stack_slices(iter(slices_of(*changes)), len(changes), notes, "series 1")


def test_a_volume():
    image = stacked({}, {}, {})
    assert image.pixels.dtype == np.int16 and image.pixels.shape == (3, 2, 3)
    assert image.pixels[:, 0, 0].tolist() == [0, 1, 2]
    assert (image.rescale_slope, image.notes, image.bits_stored) == (1.0, (), 12)


@pytest.mark.parametrize("change", [{"rescale_slope": 2.0}, {"rescale_intercept": 5.0}])
def test_a_rescale_that_differs_has_no_one_slope(change):
    image = stacked({}, change)
    assert np.isnan(image.rescale_slope) and "differs by slice" in image.notes[0]
    assert stacked(change, change).rescale_slope == change.get("rescale_slope", 1.0)


@pytest.mark.parametrize(
    "change",
    [
        {"pixels": np.zeros((2, 4), np.int16)},
        {"pixels": np.zeros((2, 3), np.uint16)},
        {"photometric_interpretation": "MONOCHROME1"},
    ],
)
def test_other_samples_are_refused_by_name(change):
    words = "series 1 makes no volume: 2.dcm has other samples than 0.dcm"
    with pytest.raises(UnsupportedPixelsError, match=words):
        stacked({}, {}, change)


def test_a_note_is_said_once_with_those_it_is_of():
    image = stacked({"notes": ("a", "b")}, {"notes": ("a",)}, notes=["first"])
    assert image.notes == ("first", "a", "0.dcm: b")
