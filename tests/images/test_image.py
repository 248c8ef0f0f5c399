"""What an image may be, and what its values mean."""

import numpy as np
import pytest

from mmpc.errors import UnsupportedPixelsError
from mmpc.images.image import Image


@pytest.mark.parametrize("shape", [(4,), (2, 2, 2, 2), (0, 3), (3, 0), (2, 0, 3), ()])
def test_shapes_that_are_no_image(shape):
    with pytest.raises(UnsupportedPixelsError, match="two dimensions, a volume three, not shape"):
        Image(np.zeros(shape, np.int16), bits_stored=16)


@pytest.mark.parametrize("dtype", ["float32", "int32", "uint64", "bool", ">i2", ">u2"])
def test_types_that_are_no_pixels(dtype):
    with pytest.raises(UnsupportedPixelsError, match=r"one of uint8, .*, not"):
        Image(np.zeros((2, 2), dtype), bits_stored=8)


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16"])
@pytest.mark.parametrize("shape", [(1, 1), (2, 3, 4)])
def test_images_and_volumes_of_each_type(dtype, shape):
    image = Image(np.full(shape, 5, dtype), 8, rescale_slope=2.5, rescale_intercept=-3)
    assert image.hounsfield().dtype == np.float32
    np.testing.assert_array_equal(image.hounsfield(), np.full(shape, 9.5))


def test_padding_is_that_of_the_image_or_of_each_slice():
    pixels = np.zeros((2, 2, 2), np.int16)
    assert Image(pixels, 16).padding_value is None
    said = {"padding": {"value": -2000, "nearest": -5}}
    assert Image(pixels, 16, metadata=said).padding_value == -2000
    assert Image(pixels, 16, metadata={"slices": [said, said]}).padding_value == -2000
    assert Image(pixels, 16, metadata={"slices": [{}, {}]}).padding_value is None
    assert Image(pixels, 16, metadata={"slices": [{}, said]}).padding_value == (None, -2000)


def test_of_a_range_of_padding_the_most_frequent_value_is_named():
    pixels = np.array([[-3000, -2500, -2500, 40, 40, 40]], np.int16)
    said = {"padding": {"value": -3000, "inner": -2000, "nearest": 40}}
    assert Image(pixels, 16, metadata=said).padding_value == -2500
    above = {"padding": {"value": 90, "inner": 40, "nearest": -2500}}
    assert Image(pixels, 16, metadata=above).padding_value == 40
    nowhere = {"padding": {"value": -9000, "inner": -8000, "nearest": -3000}}
    assert Image(pixels, 16, metadata=nowhere).padding_value == -9000
