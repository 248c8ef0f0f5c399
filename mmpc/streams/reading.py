"""Bytes to an image, with the codec that the version byte names."""

import numpy as np

from mmpc.errors import NotMmpcError, TruncatedStreamError, UnsupportedVersionError
from mmpc.request import BITSTREAMS

MAGIC = b"MMPC"


def decompress(data: bytes) -> np.ndarray:
    """Decompress a stream of any known version.

    Parameters
    ----------
    data : bytes
        The whole stream.

    Returns
    -------
    ndarray, shape (height, width)
        With the shape and dtype of the image that was compressed.

    Raises
    ------
    StreamError
        A subclass says what is wrong with the stream. No other exception comes
        out of bad bytes, and no memory beyond a small multiple of a true image.
    """
    data = bytes(data)
    if version_of(data) == 1:
        from mmpc.v1 import codec
    else:
        from mmpc.v2 import codec
    return codec.decompress(data)


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
