"""The codec ``mmpc`` for numcodecs, and so for zarr's format 2 and kerchunk."""

from typing import Any

import numpy as np
from numcodecs.abc import Codec
from numcodecs.compat import ensure_bytes, ensure_ndarray, ndarray_copy
from numcodecs.registry import register_codec

from mmpc.plugins.chunks import ChunkCoding, decode_chunk


class MmpcCodec(Codec):
    """Integers of 8 or 16 bits in chunks of two or three dimensions.

    Parameters
    ----------
    max_error, quality, preset
        As for :class:`mmpc.plugins.chunks.ChunkCoding`; without any, nothing is lost.

    Examples
    --------
    >>> import numpy as np
    >>> from mmpc.plugins.numcodecs_codec import MmpcCodec
    >>> codec, chunk = MmpcCodec(max_error=1), np.arange(64, dtype=np.int16).reshape(8, 8)
    >>> int(abs(codec.decode(codec.encode(chunk)) - chunk).max()) <= 1
    True
    """

    codec_id = "mmpc"

    def __init__(self, **configuration: Any):
        self.coding = ChunkCoding(**configuration)

    def encode(self, buf: Any) -> bytes:
        """Return the stream of an array."""
        return self.coding.encode_chunk(ensure_ndarray(buf))

    def decode(self, buf: Any, out: Any = None) -> np.ndarray:
        """Return the array of a stream, in `out` if that is given."""
        return ndarray_copy(decode_chunk(ensure_bytes(buf)), out)

    def get_config(self) -> dict[str, Any]:
        """Return what :meth:`from_config` needs."""
        return {"id": self.codec_id, **self.coding.configuration()}


register_codec(MmpcCodec)
