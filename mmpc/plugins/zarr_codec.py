"""The codec ``mmpc`` for zarr's format 3: it turns a chunk into bytes, as a serializer."""

import asyncio
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from zarr.abc.codec import ArrayBytesCodec
from zarr.core.common import parse_named_configuration
from zarr.registry import register_codec

from mmpc.plugins.chunks import ChunkCoding, check_chunk, decode_chunk

if TYPE_CHECKING:
    from zarr.core.array_spec import ArraySpec
    from zarr.core.buffer import Buffer, NDBuffer


class MmpcCodec(ChunkCoding, ArrayBytesCodec):
    """Integers of 8 or 16 bits in chunks of two or three dimensions.

    Parameters
    ----------
    max_error, quality, preset
        As for :class:`mmpc.plugins.chunks.ChunkCoding`; without any, nothing is lost.
    """

    is_fixed_size = False

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """Return the codec that an array's metadata name."""
        _, configuration = parse_named_configuration(data, "mmpc", require_configuration=False)
        return cls(**(configuration or {}))

    def to_dict(self) -> dict[str, Any]:
        """Return what an array's metadata say of the codec."""
        return {"name": "mmpc", "configuration": self.configuration()}

    def validate(self, *, shape: tuple[int, ...], dtype: Any, chunk_grid: Any) -> None:
        """Refuse an array whose chunks no stream holds."""
        check_chunk(getattr(chunk_grid, "chunk_shape", ()), dtype.to_native_dtype())

    async def _encode_single(self, chunk_array: "NDBuffer", chunk_spec: "ArraySpec") -> "Buffer":
        data = await asyncio.to_thread(self.encode_chunk, chunk_array.as_numpy_array())
        return chunk_spec.prototype.buffer.from_bytes(data)

    async def _decode_single(self, chunk_bytes: "Buffer", chunk_spec: "ArraySpec") -> "NDBuffer":
        data, shape = chunk_bytes.to_bytes(), tuple(chunk_spec.shape)
        samples = await asyncio.to_thread(decode_chunk, data, shape)
        dtype: np.dtype = chunk_spec.dtype.to_native_dtype()
        return chunk_spec.prototype.nd_buffer.from_numpy_array(samples.astype(dtype, copy=False))

    def compute_encoded_size(self, input_byte_length: int, chunk_spec: "ArraySpec") -> int:
        """Nobody knows how long a stream will be."""
        raise NotImplementedError


register_codec("mmpc", MmpcCodec)
