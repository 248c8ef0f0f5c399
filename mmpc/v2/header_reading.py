"""Take the bytes around the payload apart, and refuse what is illegal.

Every field is checked before any memory is taken for what it promises.
"""

import zlib
from dataclasses import fields

import numpy as np

from mmpc.errors import (
    ChecksumError,
    IllegalHeaderError,
    NotMmpcError,
    TruncatedStreamError,
    UnsupportedVersionError,
)
from mmpc.request import LARGEST_SIDE, Tools
from mmpc.v2.header import (
    BOUNDED_FLAG,
    CHECKSUM_SIZE,
    DTYPES,
    MAGIC,
    NO_REFERENCE,
    REGION_FLAG,
    SAMPLES_LIMIT,
    SAMPLES_PER_BYTE,
    SLICE_RECORD,
    STEP_ONE,
    STEP_RANGE,
    STREAM_RECORD,
    VERSION,
    Header,
    SliceHeader,
)


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
