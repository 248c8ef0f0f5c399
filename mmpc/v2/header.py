"""The bytes around the payload: what they mean.

All numbers are little-endian. An image: one stream record, the metadata, the slice's record, its
payload, a CRC-32 over everything before it. A volume: one stream record, the metadata, one record
for each slice, a CRC-32 over everything before it, the payloads, each of which has a CRC-32 in its
record. See FORMAT.md; ``header_reading`` takes them apart, ``slice_table`` the records.
"""

import itertools
import struct
import zlib
from dataclasses import dataclass, fields

import numpy as np

from mmpc.coding_tools import Tools
from mmpc.v2.slice_table import IMAGE_RECORD, VOLUME_RECORD, SliceHeader

MAGIC = b"MMPC"
VERSION = 2
# Magic, version, sample type, tools, width, height, number of slices, bytes of metadata.
STREAM_RECORD = struct.Struct("<4sBBIIIII")
CHECKSUM_SIZE = 4
DTYPES = (np.dtype(np.uint8), np.dtype(np.int8), np.dtype(np.uint16), np.dtype(np.int16))
VOLUME_FLAG = 1 << 29  # of the tools: the stream is a volume, with a longer record a slice
REGION_FLAG = 1 << 30  # of the tools: payloads start with a region of interest
BOUNDED_FLAG = 1 << 31  # of the tools: samples are coded with a promised largest error

SAMPLES_LIMIT = 1 << 26


@dataclass(frozen=True)
class Header:
    """What is said of the stream, with its slices.

    Attributes
    ----------
    width, height : int
        Size of every slice in samples.
    dtype : numpy.dtype
        Sample type of the image.
    tools : Tools
        The coding tools that are on.
    metadata : bytes
        Opaque block that is carried along.
    slices : tuple of SliceHeader
        One for each slice, in the order of coding, which is that of the payloads.
    bounded : bool
        Whether samples are coded one by one with a promised largest error; the tools do
        not matter then, and the step is twice that error plus one.
    has_region : bool
        Whether payloads start with a region of interest.
    is_volume : bool
        Whether the stream holds a volume, perhaps of one slice, and not an image.
    """

    width: int
    height: int
    dtype: np.dtype
    tools: Tools
    metadata: bytes
    slices: tuple[SliceHeader, ...]
    bounded: bool = False
    has_region: bool = False
    is_volume: bool = False
    version: int = VERSION

    @property
    def n_slices(self) -> int:
        """Number of slices."""
        return len(self.slices)

    @property
    def shape(self) -> tuple[int, ...]:
        """Height and width; of a volume, the number of slices first."""
        size = self.height, self.width
        return (self.n_slices, *size) if self.is_volume else size

    @property
    def step(self) -> float:
        """Quantization step of the first slice, in sample units."""
        return self.slices[0].step

    @property
    def largest_error(self) -> int | None:
        """The promised largest error of a sample, or None if none is promised."""
        return int(self.step) // 2 if self.bounded else None

    @property
    def payload_size_bytes(self) -> int:
        """Length of all payloads together."""
        return sum(one.payload_size_bytes for one in self.slices)

    @property
    def size_bytes(self) -> int:
        """Length of the whole stream."""
        behind = 0 if self.is_volume else CHECKSUM_SIZE
        return self.payload_start + self.payload_size_bytes + behind

    @property
    def payload_start(self) -> int:
        """Where the first payload starts in the stream: the length of all that is before it."""
        return header_size(len(self.metadata), self.n_slices, self.is_volume)

    @property
    def payload_places(self) -> dict[int, tuple[int, int]]:
        """Where the payload of each slice starts and ends in the stream, by index."""
        ends = itertools.accumulate(
            (one.payload_size_bytes for one in self.slices), initial=self.payload_start
        )
        pairs = itertools.pairwise(ends)
        return {one.index: pair for one, pair in zip(self.slices, pairs, strict=True)}

    def _flags(self) -> int:
        tools = sum(getattr(self.tools, f.name) << i for i, f in enumerate(fields(Tools)))
        if self.has_region:
            tools |= REGION_FLAG
        flags = BOUNDED_FLAG if self.bounded else tools
        return flags | (VOLUME_FLAG if self.is_volume else 0)

    def to_bytes(self) -> bytes:
        """Return everything that precedes the payloads."""
        record = STREAM_RECORD.pack(
            MAGIC,
            VERSION,
            DTYPES.index(self.dtype),
            self._flags(),
            self.width,
            self.height,
            self.n_slices,
            len(self.metadata),
        )
        data = record + self.metadata + b"".join(one.to_bytes() for one in self.slices)
        return seal(data) if self.is_volume else data


def header_size(metadata_size_bytes: int, n_slices: int, is_volume: bool) -> int:
    """Return how many bytes precede the payloads."""
    before = STREAM_RECORD.size + metadata_size_bytes
    if not is_volume:
        return before + IMAGE_RECORD.size
    return before + n_slices * VOLUME_RECORD.size + CHECKSUM_SIZE


def samples_checksum(samples: np.ndarray) -> int:
    """Return the CRC-32 of samples in their type, little-endian, in raster order."""
    little_endian = samples.dtype.newbyteorder("<")
    return zlib.crc32(np.ascontiguousarray(samples, little_endian).data)


def seal(data: bytes) -> bytes:
    """Return ``data`` with its CRC-32 behind it."""
    return data + struct.pack("<I", zlib.crc32(data))
