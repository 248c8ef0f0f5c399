"""One named file for each way a stream can be wrong, kept in tests/bad.

``python -m tests.test_bad_files`` writes the files again from the recipes below.
"""

import zlib

import numpy as np
import pytest

import mmpc
from mmpc import errors
from mmpc.v1.trailer import Trailer
from tests.conftest import BAD, VECTORS

GOOD = (VECTORS / "v1_exact_int16.mmpc").read_bytes()
SIGNED = (VECTORS / "v1_size_65x3.mmpc").read_bytes()  # with metadata in its trailer


def put(data, offset, value):
    return data[:offset] + value + data[offset + len(value) :]


def deflated(data):
    """Return a zlib stream that is the same whoever made the zlib: nothing is squeezed."""
    return zlib.compress(data, 0)


def with_payload(payload, data=GOOD):
    return data[:13] + len(payload).to_bytes(4, "big") + payload


def with_trailer(trailer):
    return trailer.append_to(GOOD)


LEVELS = zlib.decompress(GOOD[17:])
RECIPES = {
    "empty": (b"", errors.NotMmpcError),
    "foreign_png": (b"\x89PNG\r\n\x1a\n" + bytes(20), errors.NotMmpcError),
    "magic_lower_case": (put(GOOD, 0, b"mmpc"), errors.NotMmpcError),
    "magic_only": (b"MMPC", errors.TruncatedStreamError),
    "version_0": (put(GOOD, 4, b"\0"), errors.UnsupportedVersionError),
    "version_255": (put(GOOD, 4, b"\xff"), errors.UnsupportedVersionError),
    "header_cut": (GOOD[:16], errors.TruncatedStreamError),
    "width_0": (put(GOOD, 5, b"\0\0"), errors.IllegalHeaderError),
    "height_0": (put(GOOD, 7, b"\0\0"), errors.IllegalHeaderError),
    "bit_depth_12": (put(GOOD, 9, b"\x0c"), errors.IllegalHeaderError),
    "block_size_16": (put(GOOD, 10, b"\x10"), errors.IllegalHeaderError),
    "step_0": (put(GOOD, 11, b"\0\0"), errors.IllegalHeaderError),
    "payload_missing": (GOOD[:17], errors.TruncatedStreamError),
    "payload_cut": (GOOD[:-1], errors.TruncatedStreamError),
    "payload_length_too_small": (
        put(GOOD, 13, (len(GOOD) - 18).to_bytes(4, "big"))[:-1],
        errors.CorruptPayloadError,
    ),
    "payload_length_4_gib": (put(GOOD, 13, b"\xff" * 4), errors.TruncatedStreamError),
    "payload_no_zlib": (with_payload(b"no zlib stream"), errors.CorruptPayloadError),
    "payload_empty": (with_payload(b""), errors.CorruptPayloadError),
    "payload_bit_flip": (put(GOOD, 30, bytes([GOOD[30] ^ 4])), errors.CorruptPayloadError),
    "payload_bytes_behind_zlib": (with_payload(GOOD[17:] + b"\0"), errors.CorruptPayloadError),
    "inflates_to_nothing": (with_payload(deflated(b"")), errors.PayloadLengthError),
    "inflates_to_50_mb": (
        with_payload(zlib.compress(bytes(50_000_000), 9)),
        errors.PayloadLengthError,
    ),
    "run_length_odd": (with_payload(deflated(LEVELS[:-1])), errors.PayloadLengthError),
    "run_length_zero_count": (
        with_payload(deflated(b"\0" + LEVELS[1:])),
        errors.PayloadLengthError,
    ),
    "run_length_too_short": (with_payload(deflated(LEVELS[:-2])), errors.PayloadLengthError),
    "run_length_too_long": (
        with_payload(deflated(LEVELS + b"\1\0")),
        errors.PayloadLengthError,
    ),
    "claims_65535_x_65535": (put(GOOD, 5, b"\xff" * 4), errors.PayloadLengthError),
    "trailer_cut": (SIGNED[:-1], errors.IllegalTrailerError),
    "trailer_magic": (SIGNED.replace(b"MMPT", b"MMPX"), errors.IllegalTrailerError),
    "trailer_one_byte": (GOOD + b"M", errors.IllegalTrailerError),
    "trailer_checksum": (SIGNED[:-1] + bytes([SIGNED[-1] ^ 1]), errors.ChecksumError),
    "trailer_header_changed": (put(SIGNED, 12, b"\x08"), errors.ChecksumError),
    "trailer_type_of_8_bits": (with_trailer(Trailer(np.dtype("i1"))), errors.IllegalTrailerError),
    "trailer_offset_positive": (
        with_trailer(Trailer(np.dtype("i2"), 5)),
        errors.IllegalTrailerError,
    ),
    "trailer_offset_unsigned": (
        with_trailer(Trailer(np.dtype("u2"), -5)),
        errors.IllegalTrailerError,
    ),
}


def path_of(name):
    return BAD / f"v1_{name}.mmpc"


@pytest.mark.parametrize("name", RECIPES)
def test_bad_file(name):
    content, error = RECIPES[name]
    data = path_of(name).read_bytes()
    if name != "inflates_to_50_mb":  # which another zlib squeezes into other bytes
        assert data == content
    with pytest.raises(error) as raised:
        mmpc.decompress(data)
    assert type(raised.value) is error
    assert "\n" not in str(raised.value)


def test_files_and_recipes_agree():
    assert {path.name for path in BAD.glob("v1_*")} == {path_of(name).name for name in RECIPES}


if __name__ == "__main__":
    for recipe, (content, _) in RECIPES.items():
        path_of(recipe).write_bytes(content)
