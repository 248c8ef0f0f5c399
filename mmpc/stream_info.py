"""What a stream says of itself, the same for both bitstreams."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass(frozen=True)
class StreamInfo:
    """A stream's header, without its samples.

    Attributes
    ----------
    bitstream : int
        Version of the bitstream, 1 or 2.
    width, height : int
        Size of the image in samples.
    dtype : numpy.dtype
        Of the decompressed image.
    step : float
        Quantization step ("quality"); larger is coarser.
    pixel_offset : int
        Added to the decoded samples to give the stored values.
    size_bytes, payload_bytes : int
        Length of the stream, and of its entropy-coded part.
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
    metadata: dict[str, Any] = field(default_factory=dict)
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return self.height, self.width

    @property
    def rate_bpp(self) -> float:
        """Bits of the whole stream for each pixel."""
        return 8 * self.size_bytes / (self.width * self.height)

    @property
    def compression_ratio(self) -> float:
        """Bytes of the samples in memory for each byte of the stream."""
        return self.width * self.height * self.dtype.itemsize / self.size_bytes

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
