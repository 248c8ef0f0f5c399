"""The bytes around the payload: what they mean.

All numbers are little-endian. One stream record, the metadata, one record for each slice, the
payloads, a CRC-32 over everything before it. See FORMAT.md; ``header_reading`` takes them apart.
"""

import struct
import zlib
from dataclasses import dataclass, fields

import numpy as np

from mmpc.request import Tools

MAGIC = b"MMPC"
VERSION = 2
# Magic, version, sample type, tools, width, height, number of slices, bytes of metadata.
STREAM_RECORD = struct.Struct("<4sBBIIIII")
# Index, reference slice, step, lowest and highest sample, bytes of payload, CRC-32 of the samples.
SLICE_RECORD = struct.Struct("<IIIiiII")
CHECKSUM_SIZE = 4
DTYPES = (np.dtype(np.uint8), np.dtype(np.int8), np.dtype(np.uint16), np.dtype(np.int16))
NO_REFERENCE = 0xFFFFFFFF
REGION_FLAG = 1 << 30  # of the tools: payloads start with a region of interest
BOUNDED_FLAG = 1 << 31  # of the tools: samples are coded with a promised largest error

SAMPLES_LIMIT = 1 << 26
SAMPLES_PER_BYTE = 4096  # a payload has at least one byte for so many samples
STEP_ONE = 1024  # fixed-point one of the step
STEP_RANGE = (1 / 8, 65536.0)


@dataclass(frozen=True)
class SliceHeader:
    """What is said of one slice.

    Attributes
    ----------
    index : int
        Place of the slice in the volume.
    step : float
        Quantization step, in sample units.
    minimum, maximum : int
        Range of the samples.
    payload_size_bytes : int
        Length of its payload.
    samples_crc32 : int
        What `samples_checksum` gives for the decoded samples.
    """

    index: int
    step: float
    minimum: int
    maximum: int
    payload_size_bytes: int
    samples_crc32: int

    def to_bytes(self) -> bytes:
        """Return the slice record."""
        return SLICE_RECORD.pack(
            self.index,
            NO_REFERENCE,
            round(self.step * STEP_ONE),
            self.minimum,
            self.maximum,
            self.payload_size_bytes,
            self.samples_crc32,
        )


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
        One for each slice.
    bounded : bool
        Whether samples are coded one by one with a promised largest error; the tools do
        not matter then, and the step is twice that error plus one.
    has_region : bool
        Whether payloads start with a region of interest.
    """

    width: int
    height: int
    dtype: np.dtype
    tools: Tools
    metadata: bytes
    slices: tuple[SliceHeader, ...]
    bounded: bool = False
    has_region: bool = False
    version: int = VERSION

    @property
    def n_slices(self) -> int:
        """Number of slices."""
        return len(self.slices)

    @property
    def step(self) -> float:
        """Quantization step of the first slice, in sample units."""
        return self.slices[0].step

    @property
    def largest_error(self) -> int | None:
        """The promised largest error of a sample, or None if none is promised."""
        return int(self.step) // 2 if self.bounded else None

    @property
    def offset(self) -> int:
        """Lowest sample of the first slice."""
        return self.slices[0].minimum

    @property
    def payload_size_bytes(self) -> int:
        """Length of all payloads together."""
        return sum(one.payload_size_bytes for one in self.slices)

    @property
    def size_bytes(self) -> int:
        """Length of the whole stream."""
        return self.payload_start + self.payload_size_bytes + CHECKSUM_SIZE

    @property
    def payload_start(self) -> int:
        """Where the first payload starts in the stream."""
        return STREAM_RECORD.size + len(self.metadata) + SLICE_RECORD.size * self.n_slices

    def _flags(self) -> int:
        if self.bounded:
            return BOUNDED_FLAG
        tools = sum(getattr(self.tools, f.name) << i for i, f in enumerate(fields(Tools)))
        return tools | (REGION_FLAG if self.has_region else 0)

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
        return record + self.metadata + b"".join(one.to_bytes() for one in self.slices)


def samples_checksum(samples: np.ndarray) -> int:
    """Return the CRC-32 of samples in their type, little-endian, in raster order."""
    little_endian = samples.dtype.newbyteorder("<")
    return zlib.crc32(np.ascontiguousarray(samples, little_endian).data)


def seal(data: bytes) -> bytes:
    """Return ``data`` with its CRC-32 behind it."""
    return data + struct.pack("<I", zlib.crc32(data))
