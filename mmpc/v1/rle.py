"""Byte run-length coding: pairs of a count and a value.

``00 00 00 07`` becomes ``03 00  01 07``. A run longer than 255 takes several
pairs, full ones first: 300 zeros are ``FF 00  2D 00``. Bytes that do not repeat
double in size, which is why the pairs go through zlib afterwards.
"""

import numpy as np

from mmpc.errors import PayloadLengthError

LONGEST_RUN = 255


def rle_encode(data: np.ndarray) -> np.ndarray:
    """Encode bytes as (count, value) pairs.

    Parameters
    ----------
    data : ndarray of uint8, shape (n,)
        The bytes; n may be 0.

    Returns
    -------
    ndarray of uint8, shape (2 * n_pairs,)
        Counts 1..255 at even places, values at odd places.

    Notes
    -----
    Report, section II-A ("Run-length coding"). A run ends where the next byte
    differs, so the runs are found by comparing the bytes with themselves shifted
    by one.
    """
    if data.size == 0:
        return np.empty(0, np.uint8)
    last_of_run = np.append(np.flatnonzero(data[1:] != data[:-1]), data.size - 1)
    values = data[last_of_run]
    lengths = np.empty(last_of_run.size, np.min_scalar_type(data.size))
    lengths[0] = last_of_run[0] + 1
    np.subtract(last_of_run[1:], last_of_run[:-1], out=lengths[1:], casting="unsafe")
    del last_of_run
    if lengths.max() > LONGEST_RUN:
        lengths, values = _split_long_runs(lengths, values)
    pairs = np.empty((lengths.size, 2), np.uint8)
    pairs[:, 0] = lengths
    pairs[:, 1] = values
    return pairs.reshape(-1)


def _split_long_runs(lengths: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Replace each run longer than 255 by full runs of 255 and what is left."""
    long = np.flatnonzero(lengths > LONGEST_RUN)
    full_runs = (lengths[long] - 1) // LONGEST_RUN
    rest = lengths.copy()
    rest[long] -= (full_runs * LONGEST_RUN).astype(lengths.dtype)
    before = np.repeat(long, full_runs)
    return np.insert(rest, before, LONGEST_RUN), np.insert(values, before, values[before])


def rle_decode(pairs: np.ndarray, expected_bytes: int) -> np.ndarray:
    """Decode (count, value) pairs.

    Parameters
    ----------
    pairs : ndarray of uint8, shape (m,)
        What `rle_encode` returned, or foreign bytes.
    expected_bytes : int
        The length that the result must have. It is proved from the counts before
        any memory is taken for the result.

    Returns
    -------
    ndarray of uint8, shape (expected_bytes,)

    Raises
    ------
    PayloadLengthError
        If `pairs` is no list of pairs with counts of 1..255, or decodes to another
        length.
    """
    if not is_run_length_data(pairs, expected_bytes):
        raise PayloadLengthError(
            f"the payload is no list of (count, value) pairs that decode to the "
            f"{expected_bytes} bytes that the image size asks for"
        )
    return np.repeat(pairs[1::2], pairs[0::2])


def is_run_length_data(data: np.ndarray, expected_bytes: int) -> bool:
    """Whether `data` reads as pairs, with counts of 1..255, for `expected_bytes` bytes."""
    counts = data[0::2]
    return (
        data.size % 2 == 0
        and bool(counts.all())
        and int(counts.sum(dtype=np.int64)) == expected_bytes
    )
