import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest

import mmpc
from mmpc import errors
from mmpc.v1.bitstream import LARGEST_PAYLOAD, Header
from mmpc.v1.trailer import Trailer

HEADER = Header(width=367, height=835, bit_depth=16, quant_step=30, payload_bytes=27435)
EXACT = bytes.fromhex("4d4d5043 01 016f 0343 10 08 001e 00006b2b")


def test_header_is_exactly_these_bytes():
    assert HEADER.to_bytes() == EXACT
    assert Header.from_bytes(EXACT) == HEADER
    assert HEADER.n_blocks == 46 * 105
    assert HEADER.coefficient_bytes == 46 * 105 * 128


@pytest.mark.parametrize(
    ("offset", "value", "field"),
    [
        (5, b"\0\0", "Width"),
        (7, b"\0\0", "Height"),
        (9, b"\x0c", "Bitdepth"),
        (10, b"\x10", "BlockSize"),
        (11, b"\0\0", "QuantStep"),
    ],
)
def test_illegal_fields_are_named(offset, value, field):
    data = EXACT[:offset] + value + EXACT[offset + len(value) :]
    with pytest.raises(errors.IllegalHeaderError, match=field):
        Header.from_bytes(data)


def test_another_version_is_refused():
    with pytest.raises(errors.UnsupportedVersionError, match="version 2 is not version 1"):
        Header.from_bytes(EXACT[:4] + b"\x02" + EXACT[5:])


def test_the_largest_payload_is_what_its_field_holds():
    header = replace(HEADER, payload_bytes=LARGEST_PAYLOAD)
    assert header.to_bytes() == EXACT[:-4] + b"\xff" * 4


@pytest.mark.parametrize("length", range(17))
def test_every_cut_of_the_header(length):
    with pytest.raises(errors.NotMmpcError if length == 0 else errors.TruncatedStreamError):
        mmpc.read_header(EXACT[:length])


def test_trailer_is_exactly_these_bytes():
    data = Trailer(np.dtype("i2"), -2000, b"meta").append_to(b"stream")
    assert data[:-4] == b"stream" + b"MMPT\x03" + struct.pack(">iI", -2000, 4) + b"meta"
    assert data[-4:] == zlib.crc32(data[:-4]).to_bytes(4, "big")
    assert Trailer.read(data, 6, 16) == Trailer(np.dtype("i2"), -2000, b"meta")


def test_no_trailer_means_plain_unsigned_samples():
    assert Trailer.read(b"stream", 6, 8) == Trailer(np.dtype("u1"))


@pytest.mark.parametrize(
    ("trailer", "bit_depth", "error"),
    [
        (Trailer(np.dtype("i2"), -5).append_to(b"")[:-1], 16, errors.IllegalTrailerError),
        (b"\0", 16, errors.IllegalTrailerError),
        (b"MMPX" + bytes(13), 16, errors.IllegalTrailerError),
        (Trailer(np.dtype("i2"), -5).append_to(b""), 8, errors.IllegalTrailerError),
        (Trailer(np.dtype("i1"), -129).append_to(b""), 8, errors.IllegalTrailerError),
        (Trailer(np.dtype("i2"), 1).append_to(b""), 16, errors.IllegalTrailerError),
        (Trailer(np.dtype("u2"), -1).append_to(b""), 16, errors.IllegalTrailerError),
        (b"MMPT\x07" + bytes(12), 16, errors.ChecksumError),
    ],
)
def test_wrong_trailers_are_refused(trailer, bit_depth, error):
    with pytest.raises(error):
        Trailer.read(trailer, 0, bit_depth)
