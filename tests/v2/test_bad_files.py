"""One named file for each way a version 2 stream can be wrong, kept in tests/bad.

``python -m tests.v2.test_bad_files`` writes the files again from the recipes below.
"""

import struct
from pathlib import Path

import pytest

from mmpc import errors
from mmpc.v2.codec import decompress
from mmpc.v2.header import SLICE_RECORD, STREAM_RECORD, seal
from tests.v2.test_vectors import path_of

BAD = Path(__file__).resolve().parents[1] / "bad"
SLICE = STREAM_RECORD.size  # where the slice record starts: the files have no metadata


def good():
    """Return a small legal stream, so that collecting the tests compiles nothing."""
    return path_of("size_33x31").read_bytes()


def put(data, offset, value):
    return data[:offset] + value + data[offset + len(value) :]


def put_number(data, offset, number):
    return put(data, offset, struct.pack("<I", number))


def resealed(data):
    return seal(data[:-4])


def recipes():
    """Return for each name the bytes and the error that they must cause."""
    data = good()
    illegal = errors.IllegalHeaderError
    payload = SLICE + SLICE_RECORD.size
    return {
        "magic_only": (data[:4], errors.TruncatedStreamError),
        "header_cut": (data[:20], errors.TruncatedStreamError),
        "slice_record_cut": (resealed(data[: SLICE + 10]), errors.TruncatedStreamError),
        "payload_cut": (data[:-9], errors.TruncatedStreamError),
        "payload_bit_flip": (
            put(data, payload, bytes([data[payload] ^ 1])),
            errors.ChecksumError,
        ),
        "checksum": (put_number(data, len(data) - 4, 0), errors.ChecksumError),
        "bytes_behind_the_end": (data + b"abc", illegal),
        "sample_type_4": (resealed(put(data, 5, b"\x04")), illegal),
        "tools_unknown": (resealed(put(data, 6, b"\xff\xff\xff\xff")), illegal),
        "width_0": (resealed(put_number(data, 10, 0)), illegal),
        "height_0": (resealed(put_number(data, 14, 0)), illegal),
        "width_65536": (resealed(put_number(data, 10, 65536)), illegal),
        "claims_8192_x_8192": (
            resealed(put_number(put_number(data, 10, 8192), 14, 8192)),
            illegal,
        ),
        "claims_65535_x_65535": (
            resealed(put_number(put_number(data, 10, 65535), 14, 65535)),
            illegal,
        ),
        "no_slices": (resealed(put_number(data, 18, 0)), illegal),
        "two_slices": (resealed(put_number(data, 18, 2)), illegal),
        "metadata_4_gib": (resealed(put_number(data, 22, 0xFFFFFFFF)), errors.TruncatedStreamError),
        "slice_index_1": (resealed(put_number(data, SLICE, 1)), illegal),
        "slice_reference_0": (resealed(put_number(data, SLICE + 4, 0)), illegal),
        "step_0": (resealed(put_number(data, SLICE + 8, 0)), illegal),
        "step_4194303": (resealed(put_number(data, SLICE + 8, 0xFFFFFFFF)), illegal),
        "minimum_above_maximum": (resealed(put_number(data, SLICE + 12, 5000)), illegal),
        "minimum_below_type": (
            resealed(put(data, SLICE + 12, struct.pack("<i", -40000))),
            illegal,
        ),
        "payload_length_4_gib": (
            resealed(put_number(data, SLICE + 20, 0xFFFFFFFF)),
            errors.TruncatedStreamError,
        ),
        "samples_checksum": (
            resealed(put_number(data, SLICE + 24, 0)),
            errors.SamplesChecksumError,
        ),
        "payload_ends_early": (
            resealed(put_number(data[: payload + 9], SLICE + 20, 5)),
            errors.CorruptPayloadError,
        ),
    }


NAMES = sorted(recipes())


@pytest.mark.parametrize("name", NAMES)
def test_bad_file(name):
    expected = recipes()[name][1]
    data = (BAD / f"v2_{name}.mmpc").read_bytes()
    assert data == recipes()[name][0]
    with pytest.raises(errors.StreamError) as caught:
        decompress(data)
    assert type(caught.value) is expected
    assert "\n" not in str(caught.value)


def test_good_stream_is_good():
    assert decompress(good()).shape == (33, 31)


def test_folder_has_exactly_these_files():
    assert sorted(path.stem[3:] for path in BAD.glob("v2_*.mmpc")) == NAMES


if __name__ == "__main__":
    for name, (data, _) in recipes().items():
        (BAD / f"v2_{name}.mmpc").write_bytes(data)
