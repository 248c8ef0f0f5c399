"""The header of version 1: 17 bytes, big-endian.

    offset  0        4   5       7       9   10  11      13            17
            | M M P C | 1 | width | height | D | 8 | step  | payload len | payload ...

D is the bit depth, 8 or 16: bits allocated, not bits stored. The header has no
sign, no offset and no metadata; see ``trailer`` for how those are said.
"""

import struct
from dataclasses import dataclass

from mmpc.errors import (
    IllegalHeaderError,
    NotMmpcError,
    TruncatedStreamError,
    UnsupportedVersionError,
)
from mmpc.v1.blocks import BLOCK_SIZE, blocks_along

MAGIC = b"MMPC"
VERSION = 1
_LAYOUT = struct.Struct(">4sBHHBBHI")
HEADER_BYTES = _LAYOUT.size
LARGEST_PAYLOAD = 2**32 - 1


@dataclass(frozen=True)
class Header:
    """What the 17 bytes say.

    Attributes
    ----------
    width, height : int
        Size of the image in samples, 1..65535.
    bit_depth : int
        Bits allocated for a sample, 8 or 16.
    quant_step : int
        Quantization step, 1..65535; larger is coarser.
    payload_bytes : int
        Length of the zlib stream after the header.
    block_size : int
        Side of a block in samples, always 8.
    """

    width: int
    height: int
    bit_depth: int
    quant_step: int
    payload_bytes: int
    block_size: int = BLOCK_SIZE

    @property
    def n_blocks(self) -> int:
        """Number of blocks that cover the image."""
        return blocks_along(self.width) * blocks_along(self.height)

    @property
    def coefficient_bytes(self) -> int:
        """Length of all coefficients as int16."""
        return self.n_blocks * BLOCK_SIZE * BLOCK_SIZE * 2

    def to_bytes(self) -> bytes:
        """Return the 17 bytes of this header."""
        return _LAYOUT.pack(
            MAGIC,
            VERSION,
            self.width,
            self.height,
            self.bit_depth,
            self.block_size,
            self.quant_step,
            self.payload_bytes,
        )

    @classmethod
    def from_bytes(cls, data: bytes) -> "Header":
        """Read the header at the start of a stream.

        Parameters
        ----------
        data : bytes
            The stream, at least its first 17 bytes.

        Raises
        ------
        NotMmpcError, UnsupportedVersionError, TruncatedStreamError
            If this is no MMPC stream of version 1, or fewer than 17 bytes.
        IllegalHeaderError
            If a field has an illegal value; the message names the field.
        """
        if data[: len(MAGIC)] != MAGIC[: len(data)] or not data:
            raise NotMmpcError("this is no MMPC stream: it does not start with 'MMPC'")
        if len(data) < HEADER_BYTES:
            raise TruncatedStreamError(
                f"the stream ends inside the header: {len(data)} of {HEADER_BYTES} bytes"
            )
        _, version, width, height, depth, block_size, step, payload = _LAYOUT.unpack_from(data)
        if version != VERSION:
            raise UnsupportedVersionError(f"bitstream version {version} is not version {VERSION}")
        header = cls(width, height, depth, step, payload, block_size)
        header._check()
        return header

    def _check(self) -> None:
        """Raise IllegalHeaderError for the first field that is not legal."""
        rules = (
            ("Width", self.width, self.width >= 1, "1 to 65535"),
            ("Height", self.height, self.height >= 1, "1 to 65535"),
            ("Bitdepth", self.bit_depth, self.bit_depth in (8, 16), "8 or 16"),
            ("BlockSize", self.block_size, self.block_size == BLOCK_SIZE, "8"),
            ("QuantStep", self.quant_step, self.quant_step >= 1, "1 to 65535"),
        )
        for name, value, legal, expected in rules:
            if not legal:
                raise IllegalHeaderError(f"header field {name} is {value}; legal: {expected}")
