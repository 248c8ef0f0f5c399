"""Samples as they are, each with as many bits as their range needs: for noise the shortest."""

import numpy as np

from mmpc.errors import CorruptPayloadError

_BITS = 16  # of a value before its leading zeros are left out
_SAMPLES_AT_A_TIME = 1 << 18  # a multiple of 8, so that each piece fills whole bytes


def raw_size_bytes(n_samples: int, limits: tuple[int, int]) -> int:
    """Return how many bytes so many samples within these limits take."""
    return -(-n_samples * _bits(limits) // 8)


def pack_raw(samples: np.ndarray, limits: tuple[int, int]) -> bytes:
    """Return the bytes of samples, in raster order, the highest bit of each first.

    Parameters
    ----------
    samples : ndarray of integers
        All within the limits.
    limits : tuple of int
        Lowest and highest sample.
    """
    values = (samples.reshape(-1) - limits[0]).astype(">u2")
    pieces = []
    for start in range(0, values.size, _SAMPLES_AT_A_TIME):
        piece = values[start : start + _SAMPLES_AT_A_TIME].view(np.uint8).reshape(-1, 2)
        pieces.append(np.packbits(np.unpackbits(piece, axis=1)[:, _BITS - _bits(limits) :]))
    return b"".join(piece.tobytes() for piece in pieces)


def unpack_raw(payload: bytes, shape: tuple[int, int], limits: tuple[int, int]) -> np.ndarray:
    """Return the samples, int32, of their bytes; the inverse of `pack_raw`.

    Raises
    ------
    CorruptPayloadError
        The payload ends before the last sample.
    """
    height, width = shape
    if len(payload) < raw_size_bytes(height * width, limits):
        raise CorruptPayloadError("the payload ends before the last sample of the slice")
    bits, data = _bits(limits), np.frombuffer(payload, np.uint8)
    samples = np.zeros(height * width, np.int32)
    for start in range(0, samples.size, _SAMPLES_AT_A_TIME):
        piece = samples[start : start + _SAMPLES_AT_A_TIME]
        whole = np.zeros((piece.size, _BITS), np.uint8)
        first = start // 8 * bits
        found = np.unpackbits(data[first : first + -(-piece.size * bits // 8)])
        whole[:, _BITS - bits :] = found[: piece.size * bits].reshape(piece.size, bits)
        piece[:] = np.packbits(whole, axis=1).view(">u2")[:, 0]
    return np.minimum(samples.reshape(shape) + limits[0], limits[1])


def _bits(limits: tuple[int, int]) -> int:
    return (limits[1] - limits[0]).bit_length()
