"""Bytes to an image, with the codec that the version byte names."""

from typing import TYPE_CHECKING

import numpy as np

from mmpc.errors import NotMmpcError, TruncatedStreamError, UnsupportedVersionError
from mmpc.request import BITSTREAMS, check_jobs

if TYPE_CHECKING:
    from mmpc.v2.pieces import Progress

MAGIC = b"MMPC"


def decompress(data: bytes, progress: "Progress | None" = None, *, jobs: int = 1) -> np.ndarray:
    """Decompress a stream of any known version.

    Parameters
    ----------
    data : bytes
        The whole stream.
    progress : callable, optional
        Called now and then with how much is done, and of how much; bitstream 1 is too
        quick for that.
    jobs : int
        How many slices of a volume, or stripes of a large image, are decoded at a time.

    Returns
    -------
    ndarray, shape (height, width) or (slices, height, width)
        With the shape and dtype of the image or the volume that was compressed.

    Raises
    ------
    StreamError
        A subclass says what is wrong with the stream. No other exception comes
        out of bad bytes, and no memory beyond a small multiple of a true image.
    InvalidParameterError
        If `jobs` is no number of jobs.
    """
    check_jobs(jobs)
    data = bytes(data)
    if version_of(data) == 1:
        from mmpc.v1 import codec

        return codec.decompress(data)
    from mmpc.v2 import codec

    return codec.decompress(data, progress, jobs)


def find_padding(data: bytes) -> np.ndarray | None:
    """Return which samples a stream says are padding: no measurement, and exact.

    Parameters
    ----------
    data : bytes
        The whole stream.

    Returns
    -------
    ndarray of bool or None
        Of the shape of the image or the volume; None if no sample is, as in bitstream 1.

    Raises
    ------
    StreamError
        As `decompress`.
    """
    if version_of(data) == 1:
        return None
    from mmpc.v2 import codec

    return codec.find_padding(data)


def version_of(data: bytes) -> int:
    """Return the version of the bitstream, one of `BITSTREAMS`, from its first five bytes.

    Raises
    ------
    NotMmpcError, TruncatedStreamError, UnsupportedVersionError
        If they are no start of a known stream.
    """
    if not data or data[:4] != MAGIC[: len(data)]:
        raise NotMmpcError("this is no MMPC stream: it does not start with 'MMPC'")
    if len(data) <= len(MAGIC):
        raise TruncatedStreamError(f"the stream ends after {len(data)} bytes, inside the header")
    version = data[len(MAGIC)]
    if version not in BITSTREAMS:
        raise UnsupportedVersionError(
            f"bitstream version {version} is not known to this release, which reads "
            f"{', '.join(map(str, BITSTREAMS))}"
        )
    return version
