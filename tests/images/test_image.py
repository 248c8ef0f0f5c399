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


def test_padding_is_that_of_the_image_or_of_any_slice():
    pixels = np.zeros((2, 2, 2), np.int16)
    assert Image(pixels, 16).padding_value is None
    said = {"padding": {"value": -2000, "nearest": -5}}
    assert Image(pixels, 16, metadata=said).padding_value == -2000
    assert Image(pixels, 16, metadata={"slices": [{}, said]}).padding_value == -2000
