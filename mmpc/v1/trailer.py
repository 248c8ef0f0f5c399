"""What version 1 cannot say in its header, after the payload.

A decoder of plain version 1 does not read past the payload, so bytes there are
invisible to it. They say the type of signed samples and their offset, carry metadata,
and protect the whole file; only the report's exact bytes are written without them.

    | M M P T | type | offset (int32) | metadata length (uint32) | metadata ... | CRC-32 |

Big-endian like the header. The checksum covers everything before it: header,
payload and trailer.
"""

import struct
import zlib
from dataclasses import dataclass

import numpy as np

from mmpc.errors import ChecksumError, IllegalTrailerError

MAGIC = b"MMPT"
_LAYOUT = struct.Struct(">4sBiI")
_CHECKSUM = struct.Struct(">I")
_DTYPES = {0: np.dtype(np.uint8), 1: np.dtype(np.int8), 2: np.dtype("u2"), 3: np.dtype("i2")}
_CODES = {dtype: code for code, dtype in _DTYPES.items()}


@dataclass(frozen=True)
class Trailer:
    """The sample type, the offset and the metadata of a stream.

    Attributes
    ----------
    dtype : numpy.dtype
        uint8, int8, uint16 or int16: the type of the image.
    pixel_offset : int
        Added to the decoded samples: 0, or the (negative) smallest pixel.
    metadata : bytes
        A packed metadata block (see ``mmpc.streams.metadata``), or empty.
    """

    dtype: np.dtype
    pixel_offset: int = 0
    metadata: bytes = b""

    def append_to(self, stream: bytes) -> bytes:
        """Return `stream` (header and payload) with this trailer behind it."""
        fields = _LAYOUT.pack(MAGIC, _CODES[self.dtype], self.pixel_offset, len(self.metadata))
        body = b"".join((stream, fields, self.metadata))
        return body + _CHECKSUM.pack(zlib.crc32(body))

    @classmethod
    def read(cls, data: bytes, start: int, bit_depth: int) -> "Trailer":
        """Read the trailer of a stream, or make up the one that plain v1 implies.

        Parameters
        ----------
        data : bytes
            The whole stream.
        start : int
            Where the payload ends.
        bit_depth : int
            From the header; the sample type must agree with it.

        Returns
        -------
        Trailer
            For a plain v1 stream: unsigned samples, no offset, no metadata.

        Raises
        ------
        IllegalTrailerError
            If there are bytes after the payload that are no legal trailer. They
            might be a damaged one, and then the pixels would come out wrong.
        ChecksumError
            If header, payload or trailer were changed.
        """
        size = len(data) - start
        if size == 0:
            return cls(np.dtype(f"u{bit_depth // 8}"))
        overhead = _LAYOUT.size + _CHECKSUM.size
        if size < overhead or data[start : start + len(MAGIC)] != MAGIC:
            raise IllegalTrailerError(
                f"the {size} bytes after the payload are no MMPC trailer; if they are not part "
                f"of the file, cut it at byte {start}"
            )
        _, code, pixel_offset, metadata_bytes = _LAYOUT.unpack_from(data, start)
        if size != overhead + metadata_bytes:
            raise IllegalTrailerError(
                f"the trailer has {size} bytes; its fields ask for {overhead + metadata_bytes}"
            )
        end = len(data) - _CHECKSUM.size
        if zlib.crc32(data[:end]) != _CHECKSUM.unpack_from(data, end)[0]:
            raise ChecksumError("the checksum of the stream does not match: the file is damaged")
        dtype = _DTYPES.get(code)
        if dtype is None or dtype.itemsize * 8 != bit_depth:
            raise IllegalTrailerError(
                f"trailer field type is {code}, not legal at {bit_depth} bits"
            )
        if not np.iinfo(dtype).min <= pixel_offset <= 0:
            raise IllegalTrailerError(
                f"trailer field offset is {pixel_offset}; legal: {np.iinfo(dtype).min} to 0"
            )
        return cls(dtype, pixel_offset, bytes(data[start + _LAYOUT.size : end]))
