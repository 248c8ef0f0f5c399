"""Streams with random damage: every outcome is an image of the declared shape or our error."""

import struct
import zlib

import numpy as np
import pytest

from mmpc.coding_tools import Tools
from mmpc.errors import CorruptPayloadError, MmpcError, SamplesChecksumError, StreamError
from mmpc.request import Region
from mmpc.v2.codec import decompress
from mmpc.v2.header import STREAM_RECORD, seal
from mmpc.v2.header_reading import read_stream
from mmpc.v2.slice_table import IMAGE_RECORD, STRIPES_SHIFT, VOLUME_RECORD
from tests.mutations import cut, extend, flip
from tests.v2.coding import compress
from tests.v2.test_vectors import path_of

MUTATIONS = 24_000


def slope(shape, limits, generator):
    """Return a slope over most of a type's range, with noise that is worth being coded."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    span = limits.max - limits.min
    noise = generator.normal(scale=span / 100, size=shape)
    return np.clip(limits.min + span * (y + 2 * x) / sum(shape) / 2 + noise, limits.min, limits.max)


def streams():
    """Small streams of every sample type, with and without metadata, tools, bounds and regions."""
    generator = np.random.default_rng(3)
    plain = Tools(dependent_quantization=False, wiener=False, mixing=False)
    result = []
    for dtype in (np.uint8, np.int8, np.uint16, np.int16):
        limits = np.iinfo(dtype)
        for shape, step in (((9, 17), 40), ((16, 16), 3), ((1, 3), 100), ((24, 8), 0.125)):
            image = slope(shape, limits, generator).astype(dtype)
            result.append(compress(image, step=step, preset="fast"))
            result.append(compress(image, step=step, preset="fast", metadata=b"some metadata"))
            result.append(compress(image, step=step, preset="fast", tools=plain))
            result.append(compress(image, max_error=int(step)))
            if dtype in (np.uint8, np.int16):
                pair = np.stack([image, image // 2 + 1])
                result.append(compress(pair, step=step, preset="fast"))
                result.append(compress(pair, max_error=int(step)))
            region = Region(generator.random(shape) < 0.1, 3.0)
            result.append(compress(image, step=step, preset="fast", region=region))
    padded = ("box", "box_bounded", "exact", "everywhere", "everywhere_bounded")
    names = [f"padding_{name}" for name in padded] + ["volume_padding", "volume_padding_bounded"]
    names += ["raw", "raw_padding", "volume_raw", "stripes", "stripes_bounded"]
    return result + 2 * [path_of(name).read_bytes() for name in names]


def repaired_stream(data):
    """Return the stream with the checksums that its damaged bytes would have."""
    if len(data) <= STREAM_RECORD.size or not data[9] & 0x20:
        return seal(with_repaired_stripes(data[:-4]))
    *_, n_slices, metadata_size = STREAM_RECORD.unpack_from(data)
    start = STREAM_RECORD.size + metadata_size
    end = start + n_slices * VOLUME_RECORD.size
    if len(data) < end + 4:
        return data
    records, place = b"", end + 4
    for *fields, size, _, samples_crc32 in VOLUME_RECORD.iter_unpack(data[start:end]):
        payload_crc32 = zlib.crc32(data[place : place + size])
        records += VOLUME_RECORD.pack(*fields, size, payload_crc32, samples_crc32)
        place += size
    return seal(data[:start] + records) + data[end + 4 :]


def with_repaired_stripes(data):
    """Return an image's stream whose table of stripes agrees with their damaged bytes."""
    if len(data) < STREAM_RECORD.size + IMAGE_RECORD.size:
        return data
    *_, metadata_size = STREAM_RECORD.unpack_from(data)
    start = STREAM_RECORD.size + metadata_size
    n_stripes = 1 + ((int.from_bytes(data[start + 8 : start + 12], "little") >> STRIPES_SHIFT) & 7)
    table = start + IMAGE_RECORD.size
    place = table + 8 * n_stripes
    if n_stripes == 1 or len(data) < place:
        return data
    records = b""
    for size, _ in struct.iter_unpack("<II", data[table:place]):
        records += struct.pack("<II", size, zlib.crc32(data[place : place + size]))
        place += size
    return data[:table] + records + data[table + len(records) :]


def change_field(data, generator, _):
    start, end = [(4, 5), (5, 6), (6, 8), (8, 12), (12, 16), (16, 20), (20, 24), (24, 52)][
        generator.integers(8)
    ]
    data[start:end] = generator.integers(0, 256, end - start).astype(np.uint8).tobytes()
    return data


def splice(data, generator, other):
    """Continue one stream with another one."""
    place = generator.integers(min(len(data), len(other)))
    return data[:place] + other[place:]


def scramble_payload(data, generator, _):
    """Replace some bytes behind the header."""
    start = generator.integers(52, max(53, len(data) - 4))
    length = generator.integers(1, 20)
    data[start : start + length] = generator.integers(0, 256, length).astype(np.uint8).tobytes()
    return data


def resize(data, generator, _):
    """Declare another small image, sometimes with another way of coding."""
    if generator.integers(2):
        data[9] = generator.choice([0, 0x20, 0x40, 0x80, 0xA0])
    data[10:14] = int(generator.integers(1, 65)).to_bytes(4, "little")
    data[14:18] = int(generator.integers(1, 65)).to_bytes(4, "little")
    return data


MUTATORS = [flip, cut, extend, change_field, splice, scramble_payload, resize]


def outcome(data):
    """Decode and check the result; return whether a payload was decoded, to its end or not."""
    try:
        image = decompress(data)
    except MmpcError as error:
        assert isinstance(error, StreamError)
        assert "\n" not in str(error)
        return isinstance(error, SamplesChecksumError | CorruptPayloadError)
    header = read_stream(data)
    assert image.shape == header.shape
    assert image.dtype == header.dtype
    return True


@pytest.mark.parametrize("repaired", [False, True])
def test_mutated_streams(repaired):
    generator = np.random.default_rng(11)
    sources = streams()
    decoded = 0
    for _ in range(MUTATIONS // 2):
        mutate = MUTATORS[generator.integers(len(MUTATORS))]
        data = bytearray(sources[generator.integers(len(sources))])
        data = bytes(mutate(data, generator, sources[generator.integers(len(sources))]))
        if repaired and len(data) > 4:
            data = repaired_stream(data)
        decoded += outcome(data)
    if repaired:
        assert decoded > MUTATIONS // 7  # the payload decoder was reached
    else:
        assert decoded < MUTATIONS // 50  # the checksum catches damage
