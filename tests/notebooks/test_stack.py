"""The stack's plain functions and its widget, on a small volume."""

import io

import numpy as np
import pytest

pytest.importorskip("ipywidgets", reason="ipywidgets is in the extra mmpc[notebooks]")

from PIL import Image as PillowImage

import mmpc
from mmpc.explore.instruments.stack import (
    Z_ZOOM,
    ZOOM,
    describe_stack,
    draw_stack,
    planes,
    stack,
    stack_of,
)
from mmpc.explore.latest import LatestOnly
from mmpc.explore.pictures import GAP_PIXELS, ORANGE
from mmpc.images.windows import WINDOWS
from mmpc.v2.volume_reader import VolumeReader
from tests.conftest import HANGING_SECONDS

SHAPE = (6, 24, 24)


@pytest.fixture(scope="module")
def coded():
    """Return a volume, its stream, and the stack of both."""
    rng = np.random.default_rng(0)
    volume = rng.integers(900, 1100, SHAPE).astype(np.uint16)
    data = mmpc.compress(volume, quality=20, preset="fast")
    return volume, data, stack_of(volume, data)


def test_volumes_are_those_of_the_codec_in_hounsfield_units(coded):
    volume, data, found = coded
    assert np.array_equal(found.original + 1000, volume)
    assert np.array_equal(found.decoded + 1000, mmpc.decompress(data))
    assert found.size_bytes == len(data) > sum(found.slice_bytes.values())


@pytest.mark.parametrize("index", range(SHAPE[0]))
def test_needed_slices_are_those_that_a_reader_decodes(coded, index, monkeypatch):
    _, data, found = coded
    decoded = []
    decode = VolumeReader._decode

    def note(reader, one):
        result = decode(reader, one)
        decoded.append(one)
        return result

    monkeypatch.setattr(VolumeReader, "_decode", note)
    mmpc.open(data)[index]
    assert sorted(found.needed_for(index)) == sorted(decoded)
    assert found.needed_for(index)[-1] == decoded[-1] == index


def test_planes_cross_at_the_voxel():
    volume = np.arange(np.prod(SHAPE)).reshape(SHAPE)
    axial, along_row, along_column = planes(volume, 2, 5, 7)
    assert axial[5, 7] == along_row[2, 7] == along_column[2, 5] == volume[2, 5, 7]


def test_picture_has_three_columns_and_marks(coded):
    picture = draw_stack(coded[2], 2, 5, 7, WINDOWS["bone"], 40)
    pixels = np.asarray(PillowImage.open(io.BytesIO(picture)))
    assert pixels.shape[1] == 3 * ZOOM * SHAPE[2] + 2 * GAP_PIXELS
    assert tuple(pixels[ZOOM * 5, 0]) == tuple(pixels[0, ZOOM * 7]) == ORANGE
    first_cut = ZOOM * SHAPE[1] + GAP_PIXELS
    assert tuple(pixels[first_cut + Z_ZOOM * 2, 0]) == ORANGE


def test_numbers_are_those_of_the_slice(coded):
    volume, data, found = coded
    text = describe_stack(found, 3, 5, 7)
    error = mmpc.decompress(data)[3].astype(int) - volume[3]
    assert f"RMSE {np.sqrt(np.mean(error**2)):.2f} HU" in text
    assert f"largest error {np.abs(error).max()} HU" in text
    assert f"at (7, 5): {volume[3, 5, 7] - 1000} HU" in text
    assert f"({', '.join(map(str, found.needed_for(3)))})" in text


def test_every_control_redraws(coded):
    latest = LatestOnly()
    asked = []

    def load(step):
        asked.append(step)
        return coded[2]

    widget = stack(load, latest)
    assert latest.wait(HANGING_SECONDS)
    choices, _hint, touch, numbers = widget.children
    z, step, limit, window = choices.children
    z.value = 2
    assert numbers.value == describe_stack(coded[2], 2, 12, 12)
    touch.counts.value = "-3 4 0 0 0"
    assert numbers.value == describe_stack(coded[2], 2, 16, 9)
    touch.counts.value = f"-3 4 1 {ZOOM} {2 * ZOOM}"
    assert numbers.value == describe_stack(coded[2], 2, 2, 1)
    touch.counts.value = "-99 99 1 0 0"
    assert numbers.value == describe_stack(coded[2], 2, 23, 0)
    for control, value in ((limit, 10), (window, "lung")):
        before = touch.picture.value
        control.value = value
        assert touch.picture.value != before
    step.value = 60
    assert latest.wait(HANGING_SECONDS)
    assert asked == [25, 60]
