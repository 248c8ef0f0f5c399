"""Take the bytes around the payload apart, and refuse what is illegal.

Every field is checked before any memory is taken for what it promises.
"""

import zlib
from contextlib import suppress
from dataclasses import fields

from mmpc.coding_tools import Tools
from mmpc.errors import (
    ChecksumError,
    CorruptPayloadError,
    NotMmpcError,
    TruncatedStreamError,
    UnsupportedVersionError,
)
from mmpc.request import LARGEST_SIDE
from mmpc.v2.header import (
    BOUNDED_FLAG,
    CHECKSUM_SIZE,
    DTYPES,
    MAGIC,
    REGION_FLAG,
    SAMPLES_LIMIT,
    STREAM_RECORD,
    VERSION,
    VOLUME_FLAG,
    Header,
    header_size,
)
from mmpc.v2.slice_table import (
    MOST_SLICES,
    SAMPLES_PER_BYTE,
    SliceHeader,
    read_image_record,
    read_volume_table,
    require,
)
from mmpc.v2.stripes import most_stripes, split_stripes


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
    require(len(data) == total, f"{len(data) - total} bytes follow the end of the stream")
    if header.is_volume:
        places = header.payload_places
        for one in header.slices:
            check_payload(one, data[slice(*places[one.index])])
    elif not is_sealed(data):
        with suppress(CorruptPayloadError):  # or the damage is in the table of stripes
            payload = data[slice(*header.payload_places[0])]
            split_stripes(payload, header.slices[0].n_stripes, header.height)
        raise ChecksumError("the checksum does not match: the stream was damaged")
    return header


def is_sealed(data: bytes) -> bool:
    """Tell whether the bytes end with the CRC-32 of what precedes it."""
    return zlib.crc32(data[:-CHECKSUM_SIZE]) == int.from_bytes(data[-CHECKSUM_SIZE:], "little")


def check_payload(one: SliceHeader, payload: bytes) -> None:
    """Refuse the payload of a slice of a volume that is not whole.

    Raises
    ------
    TruncatedStreamError, ChecksumError
        It is too short, or not what the encoder wrote; the message names the slice.
    """
    if len(payload) < one.payload_size_bytes:
        raise TruncatedStreamError(
            f"the stream ends within slice {one.index}, after {len(payload)} of its "
            f"{one.payload_size_bytes} bytes"
        )
    if zlib.crc32(payload) != one.payload_crc32:
        raise ChecksumError(f"the checksum of slice {one.index} does not match: it was damaged")


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
    ChecksumError
        It is a volume, and its header was damaged.
    """
    is_volume, end = find_header(data)
    if len(data) < end:
        raise TruncatedStreamError(f"the stream has {len(data)} bytes and ends in its header")
    if is_volume and not is_sealed(data[:end]):
        raise ChecksumError("the checksum of the header does not match: the stream was damaged")
    _, _, dtype_code, flags, width, height, _, metadata_size = STREAM_RECORD.unpack_from(data)
    require(dtype_code < len(DTYPES), f"sample type {dtype_code} is unknown")
    flags &= ~VOLUME_FLAG
    bounded, has_region = flags == BOUNDED_FLAG, bool(flags & REGION_FLAG)
    flags &= ~REGION_FLAG
    require(
        bounded or flags < 1 << len(fields(Tools)),
        f"tool flags {flags:#x} are unknown",
    )
    require(
        1 <= min(width, height) <= max(width, height) <= LARGEST_SIDE
        and width * height <= SAMPLES_LIMIT,
        f"the image size {width} x {height} is not within the limits",
    )
    start = STREAM_RECORD.size + metadata_size
    metadata, dtype = bytes(data[STREAM_RECORD.size : start]), DTYPES[dtype_code]
    if is_volume:
        slices = read_volume_table(data[start : end - CHECKSUM_SIZE], dtype)
    else:
        slices = (read_image_record(data[start:end], dtype),)
    for one in slices:
        most = 1 if is_volume or one.is_raw else most_stripes(height)
        require(
            one.n_stripes <= most,
            f"slice {one.index} is cut into {one.n_stripes} stripes; at most {most} are legal",
        )
        require(
            not bounded or one.step % 2 == 1, f"the step {one.step} is not odd, in bounded coding"
        )
        require(
            one.payload_size_bytes * SAMPLES_PER_BYTE >= width * height,
            f"{one.payload_size_bytes} bytes of payload are too few for {width} x {height} samples",
        )
    # The flags do not matter where samples are bounded: no tool is at work.
    on = {f.name: not bounded and bool(flags >> i & 1) for i, f in enumerate(fields(Tools))}
    return Header(
        width, height, dtype, Tools(**on), metadata, slices, bounded, has_region, is_volume
    )


def find_header(data: bytes) -> tuple[bool, int]:
    """Read the first bytes of a version 2 stream, `STREAM_RECORD.size` of them at least.

    Returns
    -------
    is_volume : bool
        Whether it is a volume.
    size_bytes : int
        How long its header is: all that precedes the payloads.

    Raises
    ------
    StreamError
        As `read_header`.
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
    *_, flags, _, _, n_slices, metadata_size = STREAM_RECORD.unpack_from(data)
    is_volume = bool(flags & VOLUME_FLAG)
    most = MOST_SLICES if is_volume else 1
    require(1 <= n_slices <= most, f"{n_slices} slices, where {most} is the most that is legal")
    return is_volume, header_size(metadata_size, n_slices, is_volume)
