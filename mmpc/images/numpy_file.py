"""Read NPY files without trusting their header, and never pickled objects."""

import io
from pathlib import Path

import numpy as np

from mmpc.errors import UnreadableFileError, UnsupportedPixelsError
from mmpc.images.frames import pick_frame
from mmpc.images.image import STORED_DTYPES, Image


def read_npy(data: bytes, path: Path, frame: int | None, volume: bool = False) -> Image:
    """Read a 2-D array, or one frame of a 3-D array (frame, row, column).

    Where `volume` is allowed, a 3-D array of which no frame is asked for is read as a whole.

    Big-endian and Fortran-ordered arrays are accepted. The array is a view on `data`
    until it is copied, so a header that claims too much costs nothing.

    Raises
    ------
    UnreadableFileError
        The header is damaged or the data are shorter than it says.
    UnsupportedPixelsError
        Another dtype or another number of dimensions.
    """
    stream = io.BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        read_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }[version]
        shape, fortran_order, dtype = read_header(stream)
    except Exception:  # NumPy raises half a dozen types on a damaged header
        raise UnreadableFileError(f"{path}: the NPY header is damaged") from None

    if dtype.newbyteorder("=").name not in STORED_DTYPES or dtype.shape:
        raise UnsupportedPixelsError(
            f"{path}: holds {dtype} values; convert them to one of {', '.join(STORED_DTYPES)} "
            "with array.astype(), rescaled if need be"
        )
    if len(shape) not in (2, 3) or min(shape) < 1:
        raise UnsupportedPixelsError(
            f"{path}: has shape {shape}; an image is (rows, columns), "
            "a multi-frame image (frames, rows, columns)"
        )
    count = int(np.prod([int(length) for length in shape], dtype=object))
    if count * dtype.itemsize > len(data) - stream.tell():
        raise UnreadableFileError(f"{path}: is truncated: it has too few data for shape {shape}")

    flat = np.frombuffer(data, dtype, count=count, offset=stream.tell())
    array = flat.reshape(shape, order="F" if fortran_order else "C")
    pixels = array
    if not volume or array.ndim == 2 or frame is not None:
        index = pick_frame(path, shape[0] if array.ndim == 3 else 1, frame)
        pixels = array[index] if array.ndim == 3 else array
    pixels = np.array(pixels, dtype=dtype.newbyteorder("="), order="C")
    return Image(
        pixels=pixels,
        bits_stored=8 * pixels.itemsize,
        source_format="NPY",
        source_name=path.name,
    )
