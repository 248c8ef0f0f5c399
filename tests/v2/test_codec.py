"""The whole codec: round trips over shapes, types, steps and tools; what it refuses."""

import dataclasses
import struct
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mmpc
from mmpc.coding_tools import Tools
from mmpc.errors import (
    InvalidParameterError,
    SamplesChecksumError,
    TruncatedStreamError,
    UnsupportedImageError,
)
from mmpc.request import PRESETS
from mmpc.v2 import one_slice
from mmpc.v2.codec import decompress
from mmpc.v2.header_reading import read_header
from mmpc.v2.parameters import EFFORTS
from mmpc.v2.slice_coder import decode_slice, encode_slice
from tests.v2.coding import compress

DTYPES = ["uint8", "int8", "uint16", "int16"]
# RMSE by step: uniform quantization, and 5 % for what filters and clipping do.
UNIFORM = 1.05 / 12**0.5
TOOL_NAMES = [field.name for field in dataclasses.fields(Tools)]


def smooth_image(height, width, dtype, seed=0):
    """Return a surface with an edge and some noise, over most of the range of its type."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    surface = np.sin(x / 9) + np.cos(y / 7) + (x > width // 2) + generator.normal(0, 0.05, x.shape)
    limits = np.iinfo(dtype)
    scaled = (surface + 2.2) / 5.6 * (int(limits.max) - int(limits.min)) + int(limits.min)
    return np.clip(scaled, limits.min, limits.max).astype(dtype)


def rmse(image, decoded):
    return float(np.sqrt(np.mean((image.astype(float) - decoded.astype(float)) ** 2)))


@settings(max_examples=150, deadline=None)
@given(
    height=st.integers(1, 80),
    width=st.integers(1, 80),
    dtype=st.sampled_from(DTYPES),
    step=st.floats(0.125, 5000),
    kind=st.sampled_from(["smooth", "noise", "extremes", "constant"]),
    seed=st.integers(0, 99),
)
def test_round_trip(height, width, dtype, step, kind, seed):
    limits = np.iinfo(dtype)
    generator = np.random.default_rng(seed)
    if kind == "smooth":
        image = smooth_image(height, width, dtype, seed)
    elif kind == "noise":
        image = generator.integers(limits.min, limits.max + 1, (height, width)).astype(dtype)
    elif kind == "extremes":
        image = generator.choice([limits.min, limits.max], (height, width)).astype(dtype)
    else:
        image = np.full((height, width), generator.integers(limits.min, limits.max + 1), dtype)
    decoded = decompress(compress(image, step=step, preset="fast"))
    assert decoded.shape == image.shape
    assert decoded.dtype == image.dtype
    assert decoded.min() >= image.min() and decoded.max() <= image.max()
    assert rmse(image, decoded) <= 0.6 * step + 0.5
    if kind == "constant":
        assert np.array_equal(decoded, image)


@pytest.mark.parametrize("shape", [(1, 1), (1, 200), (200, 1), (4, 4), (5, 3), (63, 65), (128, 64)])
@pytest.mark.parametrize("dtype", DTYPES)
def test_shapes_and_types(shape, dtype):
    image = smooth_image(*shape, dtype)
    decoded = decompress(compress(image, step=3))
    assert decoded.shape == shape and decoded.dtype == image.dtype
    assert rmse(image, decoded) < 2


def test_error_and_size_follow_the_step():
    image = smooth_image(96, 96, "int16")
    streams = [compress(image, step=step) for step in (20, 60, 200, 700, 2500)]
    errors = [rmse(image, decompress(data)) for data in streams]
    sizes = [len(data) for data in streams]
    assert errors == sorted(errors) and len(set(errors)) == 5
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("name", [None, *TOOL_NAMES])
def test_every_tool_can_be_off(name):
    image = smooth_image(70, 90, "uint16")
    tools = Tools(**({name: False} if name else {}))
    data = compress(image, step=300, preset="best", tools=tools)  # which leaves none out
    assert read_header(data).tools == tools
    assert rmse(image, decompress(data)) < UNIFORM * 300


@pytest.mark.parametrize("shape", [(24, 24), (2, 24, 24)])
def test_a_stream_says_whether_its_step_is_deblocked(shape):
    image = np.resize(smooth_image(24, 24, "uint16"), shape)
    fine, coarse = (read_header(compress(image, step=step)).tools for step in (60, 70))
    assert (fine.deblocking, coarse.deblocking) == (False, True)


def test_all_tools_off():
    tools = Tools(**dict.fromkeys(TOOL_NAMES, False))
    image = smooth_image(70, 90, "int16")
    data = compress(image, step=300, tools=tools)
    assert rmse(image, decompress(data)) < UNIFORM * 300
    assert len(data) > 1.08 * len(compress(image, step=300))


@pytest.mark.parametrize("preset", PRESETS)
def test_presets(preset):
    image = smooth_image(64, 64, "int16")
    assert rmse(image, decompress(compress(image, step=300, preset=preset))) < UNIFORM * 300


def test_encoding_is_deterministic():
    image = smooth_image(64, 80, "int16")
    assert compress(image, step=30) == compress(image, step=30)


def test_decoder_makes_what_the_encoder_saw():
    plane = smooth_image(70, 100, "int16").astype(np.int32)
    payload, seen = encode_slice(plane, 40 << 10, Tools(), EFFORTS["default"])
    limits = (int(plane.min()), int(plane.max()))
    decoded = decode_slice(payload, plane.shape, limits, 40 << 10, Tools())
    assert np.array_equal(decoded.samples, seen.samples)


@pytest.mark.parametrize(
    ("options", "decoder"), [({"step": 30}, "decode_slice"), ({"max_error": 1}, "decode_plane")]
)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_decoder_gone_wrong_is_noticed(monkeypatch, options, decoder, dtype):
    """One sample off by one, as a stale kernel may make it, in a stream that is whole."""
    data = compress(smooth_image(20, 30, dtype), **options)
    decode = getattr(one_slice, decoder)

    def gone_wrong(*arguments):
        coded = decode(*arguments)
        coded.samples[11, 17] ^= 1
        return coded

    monkeypatch.setattr(one_slice, decoder, gone_wrong)
    with pytest.raises(SamplesChecksumError, match="delete the kernel cache"):
        decompress(data)


def test_samples_checksum_is_that_of_their_little_endian_bytes():
    image = np.array([[1, -2], [3, -2000]], np.int16)
    record = compress(image, max_error=0)[26:54]
    expected = zlib.crc32(b"\x01\x00\xfe\xff\x03\x00\x30\xf8")
    assert int.from_bytes(record[-4:], "little") == expected


def test_core_takes_planes_of_20_bits():
    plane = smooth_image(64, 64, "int16").astype(np.int32) * 16
    plane[10:20, 10:20] = (1 << 19) - 1
    plane[30:40, 10:20] = -(1 << 19)
    payload, seen = encode_slice(plane, 64 << 10, Tools(), EFFORTS["default"])
    limits = (int(plane.min()), int(plane.max()))
    decoded = decode_slice(payload, plane.shape, limits, 64 << 10, Tools())
    assert np.array_equal(decoded.samples, seen.samples)
    assert rmse(plane, decoded.samples) < 64


def test_header_says_what_was_compressed():
    image = smooth_image(20, 30, "int16")
    header = read_header(compress(image, step=12.345, metadata=b"opaque"))
    assert (header.version, header.width, header.height, header.n_slices) == (2, 30, 20, 1)
    assert header.dtype == np.int16
    assert header.metadata == b"opaque"
    assert header.step == pytest.approx(12.345, abs=1 / 2048)
    assert header.slices[0].minimum == image.min()


def test_other_layouts_and_byte_orders():
    image = smooth_image(40, 50, "int16")
    data = compress(image, step=9)
    assert compress(np.asfortranarray(image), step=9) == data
    assert compress(image.astype(">i2"), step=9) == data
    assert compress(np.repeat(image, 2, axis=1)[:, ::2], step=9) == data


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((0, 4), np.uint8),
        np.zeros(9, np.uint8),
        np.zeros((4, 4, 3, 1), np.uint8),
        np.zeros((4, 4), np.int32),
        np.zeros((4, 4), np.float32),
        np.zeros((4, 4), bool),
        np.broadcast_to(np.uint8(0), (1, 65536)),
        np.broadcast_to(np.uint8(0), (8193, 8193)),
        [[1, 2]],
    ],
)
def test_refuses_other_images(image):
    with pytest.raises(UnsupportedImageError):
        compress(image, step=10)


@pytest.mark.parametrize("step", [0, -1, 0.1, 65537, float("nan"), float("inf")])
def test_refuses_illegal_steps(step):
    with pytest.raises(InvalidParameterError):
        compress(np.zeros((4, 4), np.uint8), step=step)


def test_refuses_unknown_presets():
    with pytest.raises(InvalidParameterError):
        compress(np.zeros((4, 4), np.uint8), step=10, preset="slow")


def test_flat_images_have_a_byte_for_each_ctu():
    data = compress(np.zeros((512, 512), np.uint8), step=10)
    assert read_header(data).payload_size_bytes == 64
    assert struct.unpack_from("<I", data, 10)[0] == 512


def test_the_header_is_read_without_what_follows():
    image = smooth_image(20, 30, "int16")
    data = mmpc.compress(image, quality=50, metadata={"Modality": "CT"})
    whole = mmpc.read_header(data)
    end = len(data) - whole.payload_bytes - 4
    assert mmpc.read_header(data[:end], prefix=True) == whole
    assert whole.size_bytes == len(data)
    for cut in (end - 1, 26, 25, 5):
        with pytest.raises(TruncatedStreamError):
            mmpc.read_header(data[:cut], prefix=True)
    with pytest.raises(TruncatedStreamError):
        mmpc.read_header(data[:-1])
    with pytest.raises(TruncatedStreamError):  # bitstream 1 says its type behind the payload
        mmpc.read_header(mmpc.compress(image, bitstream=1, quality=50)[:40], prefix=True)
