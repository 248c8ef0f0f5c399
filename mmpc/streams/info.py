"""What a stream says of itself, the same for both bitstreams, without decoding samples."""

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from mmpc.streams.metadata import unpack_metadata
from mmpc.streams.reading import version_of

if TYPE_CHECKING:
    from mmpc.v2.header import Header


@dataclass(frozen=True)
class StreamInfo:
    """A stream's header, without its samples.

    Attributes
    ----------
    bitstream : int
        Version of the bitstream, 1 or 2.
    width, height : int
        Size of the image, or of each slice, in samples.
    dtype : numpy.dtype
        Of the decompressed image.
    step : float
        Quantization step ("quality"); larger is coarser.
    pixel_offset : int
        Added to the decoded samples to give the stored values.
    size_bytes, payload_bytes : int
        Length of the stream, and of its entropy-coded part.
    n_slices : int or None
        Number of slices of a volume; None for an image.
    metadata : dict
        What the metadata block holds; empty if there is none.
    details : dict
        Fields that only this version of the bitstream has.
    """

    bitstream: int
    width: int
    height: int
    dtype: np.dtype
    step: float
    pixel_offset: int
    size_bytes: int
    payload_bytes: int
    n_slices: int | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """Height and width; of a volume, the number of slices first."""
        size = self.height, self.width
        return size if self.n_slices is None else (self.n_slices, *size)

    @property
    def rate_bpp(self) -> float:
        """Bits of the whole stream for each pixel."""
        return 8 * self.size_bytes / math.prod(self.shape)

    @property
    def compression_ratio(self) -> float:
        """Bytes of the samples in memory for each byte of the stream."""
        return math.prod(self.shape) * self.dtype.itemsize / self.size_bytes

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain types, as ``mmpc.info --json`` prints it."""
        return {
            "bitstream": self.bitstream,
            "width": self.width,
            "height": self.height,
            "dtype": str(self.dtype),
            "step": self.step,
            "pixel_offset": self.pixel_offset,
            "size_bytes": self.size_bytes,
            "payload_bytes": self.payload_bytes,
            "rate_bpp": round(self.rate_bpp, 6),
            "compression_ratio": round(self.compression_ratio, 4),
            **self.details,
            "metadata": self.metadata,
        }


def read_header(data: bytes, *, prefix: bool = False) -> StreamInfo:
    """Read what a stream says of itself, without decoding its samples.

    Parameters
    ----------
    data : bytes
        The whole stream: its checksum stands at the end.
    prefix : bool
        `data` may end anywhere behind the header and the metadata; nothing is said of
        damage then. Bitstream 1 says its sample type behind the payload, so only a
        stream of bitstream 2 can be described without its end.

    Returns
    -------
    StreamInfo

    Raises
    ------
    StreamError
        As `mmpc.decompress`, but for what only decoding the payload can show.
    MetadataError
        If the metadata block is whole but cannot be read.
    """
    data = bytes(data)
    return _describe_v1(data) if version_of(data) == 1 else _describe_v2(data, prefix)


def _describe_v1(data: bytes) -> StreamInfo:
    from mmpc.v1.codec import read_stream

    stream = read_stream(data)
    header, trailer = stream.header, stream.trailer
    return StreamInfo(
        bitstream=1,
        width=header.width,
        height=header.height,
        dtype=trailer.dtype,
        step=header.quant_step,
        pixel_offset=trailer.pixel_offset,
        size_bytes=len(data),
        payload_bytes=header.payload_bytes,
        metadata=unpack_metadata(trailer.metadata) if trailer.metadata else {},
        details={"bit_depth": header.bit_depth, "block_size": header.block_size},
    )


def _describe_v2(data: bytes, prefix: bool) -> StreamInfo:
    from mmpc.v2 import header_reading as v2

    return describe_header(v2.read_header(data) if prefix else v2.read_stream(data))


def describe_header(header: "Header") -> StreamInfo:
    """Return what a header of bitstream 2 says."""
    coding = {"largest_error": header.largest_error} if header.bounded else asdict(header.tools)
    return StreamInfo(
        bitstream=2,
        width=header.width,
        height=header.height,
        dtype=header.dtype,
        step=header.step,
        pixel_offset=0,
        size_bytes=header.size_bytes,
        payload_bytes=header.payload_size_bytes,
        n_slices=header.n_slices if header.is_volume else None,
        metadata=unpack_metadata(header.metadata) if header.metadata else {},
        details={
            "slices": header.n_slices,
            "padded_slices": sum(one.has_padding for one in header.slices),
            "raw_slices": sum(one.is_raw for one in header.slices),
            "stripes": max(one.n_stripes for one in header.slices),
            **coding,
        },
    )
