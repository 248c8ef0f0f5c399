"""Streams with random damage: every outcome is an image of the declared shape or our error."""

import zlib

import numpy as np
import pytest

import mmpc
from tests.mutations import cut, extend, flip

MUTATIONS = 24_000


def streams():
    """Small streams of every kind: types, offsets, metadata, RLE on and off."""
    generator = np.random.default_rng(7)
    result = []
    for dtype in (np.uint8, np.int8, np.uint16, np.int16):
        limits = np.iinfo(dtype)
        for shape, quality in (((9, 17), 40), ((16, 16), 200), ((1, 3), 3000), ((24, 8), 100)):
            image = generator.integers(limits.min // 4, limits.max // 4, shape).astype(dtype)
            unsigned = limits.min == 0
            result += [
                mmpc.compress(image, bitstream=1, quality=quality, report_exact=unsigned),
                mmpc.compress(image, bitstream=1, quality=quality, rle=False),
                mmpc.compress(image, bitstream=1, quality=quality, metadata={"Modality": "CT"}),
            ]
    return result


def splice_header(data, generator, other):
    """Give the stream the header of another one, its own payload length kept half the time."""
    keep_length = generator.integers(2)
    return other[:13] + (data[13:17] if keep_length else other[13:17]) + data[17:]


def change_field(data, generator, _):
    """Overwrite one header field with random bytes."""
    start, end = [(4, 5), (5, 7), (7, 9), (9, 10), (10, 11), (11, 13), (13, 17)][
        generator.integers(7)
    ]
    data[start:end] = generator.integers(0, 256, end - start).astype(np.uint8).tobytes()
    return data


def repack(data, generator, _):
    """Change the inflated payload and deflate it again, so that zlib does not notice."""
    length = int.from_bytes(data[13:17], "big")
    inflated = bytearray(zlib.decompress(bytes(data[17 : 17 + length])))
    inflated[generator.integers(len(inflated))] = generator.integers(256)
    if generator.integers(2):
        inflated = inflated[: generator.integers(len(inflated))]
    payload = zlib.compress(bytes(inflated))
    return data[:13] + len(payload).to_bytes(4, "big") + payload


@pytest.mark.parametrize("mutate", [flip, cut, extend, splice_header, change_field, repack])
def test_mutated_streams(mutate):
    generator = np.random.default_rng(8)
    originals = streams()
    outcomes = {"image": 0, "error": 0}
    for _ in range(MUTATIONS // 6):
        data = bytearray(originals[generator.integers(len(originals))])
        other = originals[generator.integers(len(originals))]
        mutated = bytes(mutate(data, generator, other))
        try:
            image = mmpc.decompress(mutated)
            info = mmpc.read_header(mutated)
        except mmpc.MmpcError as error:
            assert str(error) and "\n" not in str(error)
            outcomes["error"] += 1
        else:
            assert (image.shape, image.dtype) == (info.shape, info.dtype)
            outcomes["image"] += 1
    assert outcomes["error"] > 0
