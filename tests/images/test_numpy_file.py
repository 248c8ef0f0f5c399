"""NPY: dtypes, byte orders, frames, and headers that lie."""

import io
import tracemalloc

import numpy as np
import pytest

from mmpc.errors import UnreadableFileError, UnsupportedPixelsError
from mmpc.images.reading import read_image


def npy(array, **arguments):
    stream = io.BytesIO()
    np.save(stream, array, **arguments)
    return stream.getvalue()


@pytest.fixture
def read(tmp_path):
    def read(data, frame=None):
        path = tmp_path / "a"
        path.write_bytes(data)
        return read_image(path, frame)

    return read


@pytest.mark.parametrize("dtype", ["<u1", "|i1", "<u2", ">u2", "<i2", ">i2"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_dtypes_and_orders(read, dtype, order):
    array = np.array([[1, 2, 3], [100, 120, 127]], dtype=dtype, order=order)
    image = read(npy(array))
    assert image.pixels.dtype.isnative and image.pixels.flags.c_contiguous
    assert image.pixels.dtype.name == array.dtype.name
    assert image.bits_stored == 8 * array.itemsize
    np.testing.assert_array_equal(image.pixels, array)


def test_frames(read):
    data = npy(np.arange(24, dtype=np.int16).reshape(2, 3, 4))
    np.testing.assert_array_equal(read(data, 1).pixels, np.arange(12, 24).reshape(3, 4))
    with pytest.raises(UnsupportedPixelsError, match="2 frames"):
        read(data)


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 2)),
        np.zeros((2, 2), np.int32),
        np.zeros((2, 2), bool),
        np.zeros((2, 2), np.uint64),
        np.zeros(4, np.uint8),
        np.zeros((0, 4), np.uint8),
        np.zeros((1, 2, 3, 4), np.uint8),
        np.zeros((), np.uint8),
        np.zeros((2, 2), [("a", np.uint8)]),
        np.zeros((2, 2), "S2"),
    ],
)
def test_refused(read, array):
    with pytest.raises(UnsupportedPixelsError):
        read(npy(array))


def test_pickled_objects_are_not_loaded(read):
    with pytest.raises(UnsupportedPixelsError, match="object"):
        read(npy(np.array([[{}]], dtype=object), allow_pickle=True))


def header(text):
    text = text.encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


@pytest.mark.parametrize(
    "data",
    [
        b"\x93NUMPY",
        b"\x93NUMPY\x09\x00\x00\x00",
        header("not a dict"),
        header("{'descr': '<u2', 'fortran_order': False, 'shape': (2, 2)}"),
        header("{'descr': '<u2', 'fortran_order': False, 'shape': (1000000, 1000000)}") + b"\0" * 8,
        header("{'descr': '<u2', 'fortran_order': False, 'shape': (" + "9" * 30 + ", 1)}"),
        header("{'descr': '<u2', 'fortran_order': False, 'shape': (2, -2)}"),
        npy(np.zeros((4, 4), np.uint16))[:-1],
    ],
)
def test_damaged_or_lying(read, data):
    tracemalloc.start()
    try:
        with pytest.raises((UnreadableFileError, UnsupportedPixelsError)) as caught:
            read(data)
        assert tracemalloc.get_traced_memory()[1] < 2**20
    finally:
        tracemalloc.stop()
    assert "\n" not in str(caught.value)
