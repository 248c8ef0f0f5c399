"""Display windows: what is black and white, and which a user may name."""

import numpy as np
import pytest

from mmpc.errors import UnwritableImageError
from mmpc.images.image import Image
from mmpc.images.windows import OWN, WINDOWS, Window, as_window, parse_window, preview


def test_the_linear_function_of_the_standard():
    """PS3.3 C.11.2.1.2.1, note 4: c = 2048, w = 4096 maps 0 to black and 4095 to white."""
    window = Window(2048, 4096)
    assert (window.low, window.high) == (0, 4095)
    values = np.array([[-5, 0, 819, 2047.5, 3276, 4095, 9000]])
    assert window.apply(values).tolist() == [[0, 0, 51, 128, 204, 255, 255]]
    assert (Window(40, 1.5).low, Window(40, 1.5).high) == (39.25, 39.75)


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("file", OWN),
        ("from file", OWN),
        ("bone", WINDOWS["bone"]),
        ("-600,1.01", Window(-600, 1.01)),
    ],
)
def test_windows_that_can_be_named(text, window):
    assert parse_window(text) == window


@pytest.mark.parametrize(
    "text", ["40,1", "40,-5", "40,inf", "40,nan", "inf,80", "-inf,80", "nan,80"]
)
def test_a_window_without_a_width_or_a_place(text):
    with pytest.raises(ValueError, match="width of a window is more than 1"):
        parse_window(text)


@pytest.mark.parametrize("text", ["", "Brain", "40", "40,80,1", "a,b"])
def test_what_is_no_window(text):
    with pytest.raises(ValueError, match="is none of brain, soft tissue"):
        parse_window(text)


def test_a_window_by_itself_or_by_its_name():
    assert as_window("lung") == as_window(Window(-600, 1500)) == WINDOWS["lung"]
    with pytest.raises(KeyError, match="no window is called 'liver'"):
        as_window("liver")


@pytest.mark.parametrize(
    ("center", "width"), [(None, 80), (40, None), (None, None), (40, 1.0), (40, 0.0)]
)
def test_a_file_that_proposes_no_window(center, width):
    image = Image(np.zeros((2, 2), np.int16), 16, window_center=center, window_width=width)
    with pytest.raises(UnwritableImageError, match="proposes no window"):
        preview(image, OWN)


def test_the_window_of_the_file_after_rescale():
    image = Image(
        np.array([[0, 10, 20]], np.uint8),
        bits_stored=8,
        rescale_slope=2.0,
        rescale_intercept=-10.0,
        window_center=10.5,
        window_width=41.0,
    )
    assert preview(image, OWN).tolist() == [[0, 128, 255]]
    assert preview(image, Window(0.5, 11)).tolist() == [[0, 255, 255]]


def test_where_small_is_bright_the_greys_are_inverted():
    pixels = np.array([[0, 50, 100]], np.uint8)
    image = Image(pixels, 8, photometric_interpretation="MONOCHROME1")
    assert preview(image, Window(50.5, 101)).tolist() == [[255, 127, 0]]
