"""The bytes around the payload: what they mean, and what makes them illegal.

All numbers are little-endian. One stream record, the metadata, one record for each slice, the
payloads, a CRC-32 over everything before it. See FORMAT.md.
"""

import struct
import zlib
from dataclasses import dataclass, fields

import numpy as np

from mmpc.errors import (
    ChecksumError,
    IllegalHeaderError,
    NotMmpcError,
    TruncatedStreamError,
    UnsupportedVersionError,
)
from mmpc.request import LARGEST_SIDE, Tools

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


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise IllegalHeaderError(message)


def _read_slice(record: tuple[int, ...], place: int, dtype: np.dtype) -> SliceHeader:
    """Check one slice record."""
    index, reference, step, minimum, maximum, size, samples_crc32 = record
    _require(index == place, f"slice {place} says that it is slice {index}")
    _require(
        reference == NO_REFERENCE,
        f"slice {place} refers to another slice, which this version does not know",
    )
    lowest, highest = (round(edge * STEP_ONE) for edge in STEP_RANGE)
    _require(lowest <= step <= highest, f"the step {step}/{STEP_ONE} of slice {place} is illegal")
    limits = np.iinfo(dtype)
    _require(
        limits.min <= minimum <= maximum <= limits.max,
        f"the sample range {minimum}..{maximum} of slice {place} does not fit into {dtype}",
    )
    return SliceHeader(index, step / STEP_ONE, minimum, maximum, size, samples_crc32)


def read_stream(data: bytes) -> Header:
    """Check a version 2 stream from end to end, but for its payload, and describe it.

    Parameters
    ----------
    data : bytes
        The whole stream.

    Raises
    ------
    StreamError
        As `read_header`; also ChecksumError where it is damaged.
    """
    header = read_header(data)
    total = header.size_bytes
    if len(data) < total:
        raise TruncatedStreamError(f"the stream has {len(data)} of {total} bytes")
    _require(len(data) == total, f"{len(data) - total} bytes follow the end of the stream")
    if zlib.crc32(data[:-CHECKSUM_SIZE]) != int.from_bytes(data[-CHECKSUM_SIZE:], "little"):
        raise ChecksumError("the checksum does not match: the stream was damaged")
    return header


def read_header(data: bytes) -> Header:
    """Read what precedes the payloads of a version 2 stream.

    Parameters
    ----------
    data : bytes
        The stream; it may end anywhere behind the slice records.

    Returns
    -------
    Header
        All fields, each within its legal range; nothing is allocated for the image.

    Raises
    ------
    NotMmpcError, UnsupportedVersionError
        It is no stream, or of another version.
    TruncatedStreamError
        It ends in its header.
    IllegalHeaderError
        A field has an illegal value.
    """
    if data[:4] != MAGIC:
        raise NotMmpcError("the data do not start with 'MMPC': this is not an MMPC stream")
    if len(data) < 5:
        raise TruncatedStreamError("the stream ends before its version byte")
    if data[4] != VERSION:
        raise UnsupportedVersionError(f"bitstream version {data[4]} where 2 was expected")
    if len(data) < STREAM_RECORD.size:
        raise TruncatedStreamError(
            f"the stream has {len(data)} bytes, fewer than its header alone needs"
        )
    _, _, dtype_code, flags, width, height, n_slices, metadata_size = STREAM_RECORD.unpack_from(
        data
    )
    _require(dtype_code < len(DTYPES), f"sample type {dtype_code} is unknown")
    bounded, has_region = flags == BOUNDED_FLAG, bool(flags & REGION_FLAG)
    flags &= ~REGION_FLAG
    _require(
        bounded or flags < 1 << len(fields(Tools)),
        f"tool flags {flags:#x} are unknown",
    )
    _require(
        1 <= min(width, height) <= max(width, height) <= LARGEST_SIDE
        and width * height <= SAMPLES_LIMIT,
        f"the image size {width} x {height} is not within the limits",
    )
    _require(n_slices == 1, f"{n_slices} slices, where this version knows exactly 1")
    start = STREAM_RECORD.size + metadata_size
    end = start + n_slices * SLICE_RECORD.size
    if len(data) < end:
        raise TruncatedStreamError(f"the stream has {len(data)} bytes and ends in its header")
    dtype = DTYPES[dtype_code]
    records = SLICE_RECORD.iter_unpack(data[start:end])
    slices = tuple(_read_slice(record, place, dtype) for place, record in enumerate(records))
    metadata = bytes(data[STREAM_RECORD.size : start])
    for one in slices:
        _require(
            not bounded or one.step % 2 == 1, f"the step {one.step} is not odd, in bounded coding"
        )
        _require(
            one.payload_size_bytes * SAMPLES_PER_BYTE >= width * height,
            f"{one.payload_size_bytes} bytes of payload are too few for {width} x {height} samples",
        )
    # The flags do not matter where samples are bounded: no tool is at work.
    on = {f.name: not bounded and bool(flags >> i & 1) for i, f in enumerate(fields(Tools))}
    return Header(width, height, dtype, Tools(**on), metadata, slices, bounded, has_region)
