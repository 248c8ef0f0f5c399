"""One named file for each way a version 2 stream can be wrong, kept in tests/bad.

``python -m tests.v2.test_bad_files`` writes the files again from the recipes below.
"""

import struct
import zlib
from pathlib import Path

import pytest

from mmpc import errors
from mmpc.v2.codec import decompress
from mmpc.v2.header import STREAM_RECORD, seal
from mmpc.v2.header_reading import read_stream
from mmpc.v2.slice_table import IMAGE_RECORD, STRIPES_SHIFT, VOLUME_RECORD
from tests.v2.test_vectors import path_of

BAD = Path(__file__).resolve().parents[1] / "bad"
SLICE = STREAM_RECORD.size  # where the slice record starts: the files have no metadata


def good():
    """Return a small legal stream, so that collecting the tests compiles nothing."""
    return path_of("size_33x31").read_bytes()


def good_volume():
    """Return a legal volume of three slices, coded in the order 0, 2, 1."""
    return path_of("volume_3x5x7").read_bytes()


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
    payload = SLICE + IMAGE_RECORD.size
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
        "tools_unknown": (resealed(put(data, 6, b"\xff\xff\xff\xdf")), illegal),
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


def volume_recipes():
    """Return the same for each way in which the records of a volume can be wrong."""
    data = good_volume()
    illegal = errors.IllegalHeaderError
    end = STREAM_RECORD.size + 3 * VOLUME_RECORD.size

    def record(position, data=data, n_slices=3, **fields):
        """Return a volume with other fields in the record at a position, and a new checksum."""
        start = STREAM_RECORD.size + position * VOLUME_RECORD.size
        names = ("index", "before", "after", "step", "low", "high", "size", "payload", "samples")
        values = dict(zip(names, VOLUME_RECORD.unpack_from(data, start), strict=True)) | fields
        return sealed(put(data, start, VOLUME_RECORD.pack(*values.values())), n_slices)

    def sealed(changed, n_slices=3):
        end = STREAM_RECORD.size + n_slices * VOLUME_RECORD.size
        return seal(changed[:end]) + changed[end + 4 :]

    return {
        "volume_header_cut": (data[: end - 3], errors.TruncatedStreamError),
        "volume_header_bit_flip": (put(data, 30, bytes([data[30] ^ 1])), errors.ChecksumError),
        "volume_payload_cut": (data[:-1], errors.TruncatedStreamError),
        "volume_payload_bit_flip": (
            put(data, len(data) - 1, bytes([data[-1] ^ 1])),
            errors.ChecksumError,
        ),
        "volume_bytes_behind_the_end": (data + b"abc", illegal),
        "volume_without_slices": (sealed(put_number(data, 18, 0)), illegal),
        "volume_of_65536_slices": (sealed(put_number(data, 18, 65536)), illegal),
        "volume_claims_65535_slices": (
            sealed(put_number(data, 18, 65535)),
            errors.TruncatedStreamError,
        ),
        "volume_payload_length_4_gib": (
            record(1, size=0xFFFFFFFF),
            errors.TruncatedStreamError,
        ),
        "volume_payload_length_0": (record(1, size=0), illegal),
        "volume_slice_unknown": (record(1, index=3), illegal),
        "volume_slice_twice": (record(1, index=0, before=0xFFFF), illegal),
        "volume_refers_to_itself": (record(1, before=2), illegal),
        "volume_before_is_after": (record(2, before=2), illegal),
        "volume_after_is_before": (record(2, after=0), illegal),
        "volume_refers_to_later": (record(0, after=1), illegal),
        "volume_refers_to_unknown": (record(2, after=7), illegal),
        # Slice 3 of 19 comes seventh in the order of coding; slice 1 needs six slices already.
        "volume_needs_seven": (
            record(6, path_of("volume_thin").read_bytes(), 19, before=1),
            illegal,
        ),
        "volume_step_0": (record(0, step=0), illegal),
        "volume_minimum_above_maximum": (record(0, low=9999), illegal),
        "volume_samples_checksum": (record(2, samples=0), errors.SamplesChecksumError),
        "volume_references_gone": (
            record(2, before=0xFFFF, after=0xFFFF),
            errors.SamplesChecksumError,
        ),
    }


def padding_recipes():
    """Return the same for each way in which the padding at a payload's start can be wrong."""
    data = path_of("padding_exact").read_bytes()
    corrupt = errors.CorruptPayloadError
    start = SLICE + IMAGE_RECORD.size
    box = start + 9

    def changed(offset, value):
        return resealed(put(data, offset, value))

    def cut(size):
        short = put_number(data[: start + size], SLICE + 20, size)
        return seal(short)

    raw = path_of("raw").read_bytes()
    size = len(raw) - start - 5  # a byte of the payload less, and the checksum
    raw_cut = seal(put_number(raw[: start + size], SLICE + 20, size))
    volume = path_of("volume_padding").read_bytes()
    first = STREAM_RECORD.size + 5 * VOLUME_RECORD.size + 4
    wrong_payload = put(volume, first, b"\x01")  # a mask as in the reference, of a key
    size = read_stream(volume).slices[0].payload_size_bytes
    checksum = zlib.crc32(wrong_payload[first : first + size])
    head = put_number(wrong_payload[: first - 4], STREAM_RECORD.size + 22, checksum)
    return {
        # The mask is taken for blocks: they end too late or are wrong, as it happens.
        "padding_of_a_slice_without_any": (
            resealed(put_number(data, SLICE + 8, 30 << 10)),
            (errors.CorruptPayloadError, errors.SamplesChecksumError),
        ),
        "padding_from_nowhere": (changed(start, b"\x03"), corrupt),
        "padding_as_in_no_reference": (changed(start, b"\x01"), corrupt),
        "padding_below_type": (changed(start + 1, struct.pack("<i", -32769)), corrupt),
        "padding_value_cut": (cut(4), corrupt),
        "padding_mask_size_cut": (cut(8), corrupt),
        "padding_mask_cut": (cut(20), corrupt),
        "padding_mask_4_gib": (changed(start + 5, b"\xff\xff\xff\xff"), corrupt),
        "padding_mask_without_box": (changed(start + 5, struct.pack("<I", 7)), corrupt),
        "padding_mask_ends_early": (changed(start + 5, struct.pack("<I", 10)), corrupt),
        "padding_box_outside": (changed(box + 4, struct.pack("<H", 45)), corrupt),
        "padding_box_upside_down": (changed(box, struct.pack("<H", 45)), corrupt),
        "raw_samples_cut": (raw_cut, corrupt),
        "volume_padding_as_in_no_reference": (
            seal(head) + wrong_payload[first:],
            corrupt,
        ),
    }


def stripes_recipes():
    """Return the same for each way in which the table of stripes can be wrong."""
    data = path_of("stripes").read_bytes()
    one = read_stream(data).slices[0]
    start, corrupt = SLICE + IMAGE_RECORD.size, errors.CorruptPayloadError

    def cut_into(n_stripes, data=data):
        (step,) = struct.unpack_from("<I", data, SLICE + 8)
        rest = step & ~(7 << STRIPES_SHIFT)
        return resealed(put_number(data, SLICE + 8, rest | (n_stripes - 1) << STRIPES_SHIFT))

    def sizes(*numbers):
        changed = data
        for i, number in enumerate(numbers):
            changed = put_number(changed, start + 8 * i, number)
        return resealed(changed)

    last = start + one.payload_size_bytes - 1
    everywhere = path_of("padding_everywhere").read_bytes()
    payload = everywhere[start:-4]
    tables = struct.pack("<IIII", len(payload), zlib.crc32(payload), 0, 0)
    padded = everywhere[:start] + tables + payload
    padded = put_number(padded, SLICE + 20, len(tables + payload))
    short = struct.pack("<II", 1, zlib.crc32(data[start + 24 : start + 25]))
    volume = path_of("volume_1").read_bytes()
    (step,) = struct.unpack_from("<I", volume, SLICE + 6)
    head = put_number(volume[: SLICE + VOLUME_RECORD.size], SLICE + 6, step | 1 << STRIPES_SHIFT)
    raw = path_of("raw").read_bytes()
    table_cut = put_number(data[: start + 20], SLICE + 20, 20)
    return {
        "stripes_more_than_ctu_rows": (cut_into(5), errors.IllegalHeaderError),
        "stripes_of_raw_samples": (cut_into(2, raw), errors.IllegalHeaderError),
        "stripes_in_a_volume": (
            seal(head) + volume[len(head) + 4 :],
            errors.IllegalHeaderError,
        ),
        "stripes_one_less": (cut_into(2), errors.ChecksumError),
        "stripes_not_said": (
            cut_into(1),
            (errors.CorruptPayloadError, errors.SamplesChecksumError),
        ),
        "stripes_table_cut": (seal(table_cut), corrupt),
        "stripes_first_4_gib": (sizes(0xFFFFFFFF), corrupt),
        "stripes_last_beyond_the_end": (
            resealed(put_number(data, start + 16, one.payload_size_bytes)),
            corrupt,
        ),
        "stripes_all_4_gib": (sizes(*[0xFFFFFFFF] * 3), corrupt),
        "stripes_first_empty": (sizes(0), errors.ChecksumError),
        "stripes_checksum": (resealed(put_number(data, start + 12, 0)), errors.ChecksumError),
        "stripes_last_bit_flip": (put(data, last, bytes([data[last] ^ 1])), errors.ChecksumError),
        # A stripe of one byte, and a checksum that agrees.
        "stripes_first_ends_early": (resealed(put(data, start, short)), errors.ChecksumError),
        "stripes_of_nothing_but_padding": (seal(cut_into(2, padded + bytes(4))[:-4]), corrupt),
    }


def all_recipes():
    return recipes() | volume_recipes() | padding_recipes() | stripes_recipes()


NAMES = sorted(all_recipes())


@pytest.mark.parametrize("name", NAMES)
def test_bad_file(name):
    wrong, expected = all_recipes()[name]
    data = (BAD / f"v2_{name}.mmpc").read_bytes()
    assert data == wrong
    with pytest.raises(errors.StreamError) as caught:
        decompress(data)
    assert type(caught.value) in (expected if isinstance(expected, tuple) else (expected,))
    assert "\n" not in str(caught.value)


def test_good_stream_is_good():
    assert decompress(good()).shape == (33, 31)
    assert decompress(good_volume()).shape == (3, 5, 7)


def test_folder_has_exactly_these_files():
    assert sorted(path.stem[3:] for path in BAD.glob("v2_*.mmpc")) == NAMES


if __name__ == "__main__":
    for name, (data, _) in all_recipes().items():
        (BAD / f"v2_{name}.mmpc").write_bytes(data)
