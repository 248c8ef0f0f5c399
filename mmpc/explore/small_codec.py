"""The pieces of the student's codec as lesson 4 leaves them, for whoever joins later.

DCT blocks of one size, rounding with a deadzone, one byte for most levels. A file is a header
(`HEADER`) and whatever a lossless coder makes of `pack_levels`.
"""

import struct

import numpy as np

from mmpc.v1.blocks import blocks_along, join_blocks, split_blocks
from mmpc.v1.dct import forward_dct, inverse_dct

HEADER = "<HHifB"  # height, width, smallest pixel, step, side of a block
ESCAPE = -128
ROUNDING = 1 / 3


def write_header(pixels: np.ndarray, step: float, size: int) -> tuple[bytes, float]:
    """Return the header of a slice and the step as a decoder will read it."""
    header = struct.pack(HEADER, *pixels.shape, int(pixels.min()), step, size)
    return header, struct.unpack(HEADER, header)[3]


def read_header(data: bytes) -> tuple[tuple[int, int], int, float, int, bytes]:
    """Return shape, smallest pixel, step, side of a block, and the bytes behind the header."""
    height, width, smallest, step, size = struct.unpack_from(HEADER, data)
    return (height, width), smallest, step, size, data[struct.calcsize(HEADER) :]


def levels_of(pixels: np.ndarray, step: float, size: int) -> np.ndarray:
    """Return int16 levels, shape (block rows, block columns, size, size)."""
    centred = pixels.astype(np.int32) - int(pixels.min())
    coefficients = forward_dct(split_blocks(centred, size)).round(6)
    magnitudes = np.floor(np.abs(coefficients) / step + ROUNDING)
    return (np.sign(coefficients) * magnitudes).astype(np.int16)


def pixels_of(levels: np.ndarray, step: float, smallest: int, shape: tuple[int, int]) -> np.ndarray:
    """Return the decoded pixels, clipped at the smallest one."""
    decoded = np.rint(join_blocks(inverse_dct(levels * step), *shape))
    return np.maximum(decoded, 0).astype(np.int64) + smallest


def levels_shape(shape: tuple[int, int], size: int) -> tuple[int, int, int, int]:
    """Return the shape of the levels of a slice."""
    return blocks_along(shape[0], size), blocks_along(shape[1], size), size, size


def pack_levels(levels: np.ndarray) -> bytes:
    """Return one byte a level, and the large ones behind them in two bytes each."""
    flat = levels.reshape(-1)
    is_small = np.abs(flat) < -ESCAPE
    small = np.where(is_small, flat, ESCAPE).astype(np.int8)
    return small.tobytes() + flat[~is_small].astype("<i2").tobytes()


def unpack_levels(data: bytes, shape: tuple[int, int, int, int]) -> np.ndarray:
    """Undo pack_levels."""
    count = int(np.prod(shape))
    levels = np.frombuffer(data, np.int8, count).astype(np.int16)
    levels[levels == ESCAPE] = np.frombuffer(data, "<i2", offset=count)
    return levels.reshape(shape)
