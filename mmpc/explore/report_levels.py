"""The report's codec (version 1) in pieces: the levels of a slice, and what becomes of them."""

import bz2
import zlib

import numpy as np

from mmpc.v1.blocks import join_blocks, split_blocks
from mmpc.v1.dct import forward_dct, inverse_dct
from mmpc.v1.quantizer import dequantize, quantize
from mmpc.v1.rle import rle_encode


def levels_at(pixels: np.ndarray, step: int) -> np.ndarray:
    """Return the levels of a slice, int64, shape (block rows, block columns, 8, 8).

    Notes
    -----
    Coefficients are freed from floating-point noise, so that ties fall alike on every machine
    (lesson 2, step 8), and the smallest pixel is taken for zero.
    """
    coefficients = forward_dct(split_blocks(pixels.astype(np.int32) - int(pixels.min())))
    return quantize(coefficients.round(6), step).astype(np.int64)


def pixels_of(levels: np.ndarray, step: int, original: np.ndarray) -> np.ndarray:
    """Return what a decoder makes of levels; the original gives shape and range."""
    decoded = join_blocks(inverse_dct(dequantize(levels, step)), *original.shape)
    lowest = int(original.min())
    return np.clip(np.rint(decoded) + lowest, lowest, original.max()).astype(np.int64)


def report_stream(levels: np.ndarray) -> bytes:
    """Return the levels as the report codes them: run lengths, then zlib."""
    return zlib.compress(rle_encode(np.frombuffer(levels.astype("<i2").tobytes(), np.uint8)))


def bz2_stream(levels: np.ndarray) -> bytes:
    """Return the levels as bz2 codes them."""
    return bz2.compress(levels.astype("<i2").tobytes())
