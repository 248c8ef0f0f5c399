"""Stripes: a large image cut into rows of CTUs, each coded as if it were an image of its own.

No stripe looks at another, so they are coded at the same time, one on each core. What that costs
is what a stripe cannot know: its models start anew, and nothing is above its first row. The
payload starts with a table of them, by which each is found, and damage named.
"""

import itertools
import struct
import zlib

from mmpc.errors import ChecksumError, CorruptPayloadError

MOST_STRIPES = 8
ROWS_APART = 64  # stripes end at multiples of it: at the rows of CTUs
_SAMPLES = 1 << 20  # of an image that stays whole, and about so many has each of two stripes
_LEAST_ROWS = 384  # of a stripe; with fewer their models know too little
_RECORD = struct.Struct("<II")  # bytes of a stripe, their CRC-32


def most_stripes(height: int) -> int:
    """Return into how many stripes so many rows of samples can be cut."""
    return min(-(-height // ROWS_APART), MOST_STRIPES)


def usual_stripes(height: int, width: int) -> int:
    """Return into how many stripes the encoder cuts an image: 1, 2, 4, 6 or 8.

    An even number, since cores come in even numbers; four share out better what is not equally
    hard everywhere, and are as fast on two cores.
    """
    if height * width <= _SAMPLES:
        return 1
    by_size = 2 * max(1, round(height * width / (2 * _SAMPLES)))
    by_rows = height // _LEAST_ROWS // 2 * 2
    return max(1, min(by_size, by_rows, MOST_STRIPES))


def rows_of_stripes(height: int, n_stripes: int) -> list[slice]:
    """Return the rows of each stripe: equally many CTUs down, as far as that is possible."""
    ctus = -(-height // ROWS_APART)
    ends = [min(i * ctus // n_stripes * ROWS_APART, height) for i in range(n_stripes + 1)]
    return [slice(*pair) for pair in itertools.pairwise(ends)]


def name_of(index: int, height: int, n_stripes: int) -> str:
    """Return what messages call a stripe."""
    rows = rows_of_stripes(height, n_stripes)[index]
    return f"stripe {index + 1} of {n_stripes}, rows {rows.start} to {rows.stop - 1}"


def join_stripes(stripes: list[bytes]) -> bytes:
    """Return the payload of an image: the table of its stripes, if there are several, and these."""
    table = b""
    if len(stripes) > 1:
        table = b"".join(_RECORD.pack(len(stripe), zlib.crc32(stripe)) for stripe in stripes)
    return table + b"".join(stripes)


def split_stripes(payload: bytes, n_stripes: int, height: int) -> list[bytes]:
    """Return the bytes of each stripe; the inverse of `join_stripes`.

    Parameters
    ----------
    payload : bytes
        Of an image; more bytes may follow the last of several stripes.
    n_stripes : int
        How many there are.
    height : int
        Of the image in samples, for messages.

    Raises
    ------
    CorruptPayloadError
        It ends in the table or before a stripe does.
    ChecksumError
        A stripe is not what the encoder wrote; the message names the first such.
    """
    if n_stripes == 1:
        return [payload]
    start = _RECORD.size * n_stripes
    if len(payload) < start:
        raise CorruptPayloadError("the payload ends before the table of its stripes does")
    stripes = []
    for index, (size, checksum) in enumerate(_RECORD.iter_unpack(payload[:start])):
        stripe = payload[start : start + size]
        name = name_of(index, height, n_stripes)
        if len(stripe) < size:
            raise CorruptPayloadError(
                f"the payload has {len(stripe)} bytes for {name}, where its table says {size}"
            )
        if zlib.crc32(stripe) != checksum:
            raise ChecksumError(f"{name}, was damaged: its checksum does not match")
        stripes.append(stripe)
        start += size
    return stripes
