"""Samples as they are, and no loss where loss takes more: no stream is larger than its image."""

import numpy as np
import pytest

import mmpc
from mmpc.coding_tools import Tools
from mmpc.errors import CorruptPayloadError
from mmpc.v2 import one_slice
from mmpc.v2.header_reading import read_header
from mmpc.v2.raw_samples import pack_raw, raw_size_bytes, unpack_raw
from mmpc.v2.search.lossless import may_be_smaller_lossless
from tests.v2.coding import compress

AROUND = 60  # bytes of headers


def noise(shape, dtype, bits=None):
    limits = np.iinfo(dtype)
    low, high = (limits.min, limits.max + 1) if bits is None else (0, 1 << bits)
    return np.random.default_rng(4).integers(low, high, shape).astype(dtype)


@pytest.mark.parametrize("limits", [(0, 0), (-1, 0), (-32768, 32767), (0, 4095), (3, 7), (0, 255)])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (7, 5), (600, 500)])
def test_samples_come_back(shape, limits):
    samples = np.random.default_rng(1).integers(limits[0], limits[1] + 1, shape)
    payload = pack_raw(samples, limits)
    assert len(payload) == raw_size_bytes(samples.size, limits)
    assert np.array_equal(unpack_raw(payload + b"more", shape, limits), samples)
    if payload:
        with pytest.raises(CorruptPayloadError, match="ends before"):
            unpack_raw(payload[:-1], shape, limits)


def test_bits_stand_with_the_highest_first():
    data = pack_raw(np.array([[5, 3, 6], [2, 2, 9]]), (2, 9))
    assert data == bytes([0b011_001_10, 0b0_000_000_1, 0b11_000000])


def test_nothing_is_beyond_the_limits():
    """Three bits could say 7 where 5 is the highest."""
    assert unpack_raw(b"\xff\xff", (1, 5), (0, 5)).tolist() == [[5] * 5]


@pytest.mark.parametrize("options", [{"step": 30}, {"step": 1 / 8}, {"max_error": 0}])
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16])
def test_noise_takes_no_more_than_its_samples(dtype, options):
    image = noise((65, 70), dtype)
    data = compress(image, preset="default", **options)
    assert len(data) <= image.nbytes + AROUND
    if options != {"step": 30}:
        np.testing.assert_array_equal(mmpc.decompress(data), image)


def test_twelve_bits_of_noise_take_twelve():
    image = noise((65, 70), np.uint16, bits=12)
    data = compress(image, step=1 / 8)
    assert len(data) <= image.size * 12 / 8 + AROUND
    np.testing.assert_array_equal(mmpc.decompress(data), image)


def test_a_fine_step_is_never_larger_than_no_loss(head_ct):
    image = head_ct[150:250, 200:330]
    lossless = compress(image, max_error=0)
    for step in (1 / 8, 1 / 2, 1, 2):
        assert len(compress(image, step=step, preset="fast")) <= len(lossless)
    data = compress(image, step=1 / 8, preset="fast")
    np.testing.assert_array_equal(mmpc.decompress(data), image)
    assert mmpc.read_header(data).details["largest_error"] == 0
    assert not read_header(compress(image, step=6, preset="fast")).bounded


def test_tools_that_are_named_are_used():
    """An ablation measures them, not another coder; no slice exceeds its samples all the same."""
    image = noise((40, 40), np.uint8)
    header = read_header(compress(image, step=1 / 8, tools=Tools(dst=False)))
    assert not header.bounded and header.slices[0].is_raw


def test_when_no_loss_is_worth_trying():
    smooth = np.add.outer(np.arange(64), np.arange(64)).astype(np.uint16) * 3
    assert not may_be_smaller_lossless(smooth, 3.0, 100)
    assert not may_be_smaller_lossless(np.full_like(smooth, 7), 1.0, 100)
    assert may_be_smaller_lossless(smooth, 3.0, smooth.nbytes)
    assert may_be_smaller_lossless(smooth, 1.0, 1000)
    some = noise((200, 200), np.uint8)
    assert may_be_smaller_lossless(some, 1.0, some.nbytes)
    assert not may_be_smaller_lossless(some, 1.0, 3 * some.nbytes // 4)


@pytest.mark.parametrize("goal", [{"step": 1 / 4}, {"max_error": 0}])
def test_slices_of_noise_within_a_volume(goal):
    """Others may refer to them; their models start where those of the noise started."""
    y, x = np.mgrid[:48, :50]
    volume = np.stack([(900 * np.sin((x + k) / 9) * np.cos(y / 11)) for k in range(5)]).astype(
        np.int16
    )
    volume[[2, 4]] = noise((2, 48, 50), np.int16)
    data = compress(volume, **goal, tools=None if "max_error" in goal else Tools())
    raw = {one.index: one.is_raw for one in read_header(data).slices}
    assert raw == {0: False, 1: False, 2: True, 3: False, 4: True}
    decoded = mmpc.decompress(data)
    np.testing.assert_array_equal(decoded[[2, 4]], volume[[2, 4]])
    opened = mmpc.open(data)
    for index in (3, 1):
        np.testing.assert_array_equal(opened[index], decoded[index])


@pytest.mark.parametrize("dtype", [np.uint8, np.int16])
@pytest.mark.parametrize("goal", [{"step": 1 / 8}, {"max_error": 0}])
@pytest.mark.parametrize("n_stripes", [1, 3])
def test_no_payload_is_larger_than_the_samples(dtype, goal, n_stripes):
    """The table of stripes and the mask of padding count, too."""
    image = noise((200, 70), dtype)
    low = np.iinfo(dtype).min
    image[image == low] = 1
    image.reshape(-1)[::1000] = low
    for named in (None, low):
        data = compress(image, **goal, n_stripes=n_stripes, padding_value=named)
        assert read_header(data).slices[0].payload_size_bytes <= image.nbytes
        np.testing.assert_array_equal(mmpc.decompress(data), image)


@pytest.mark.parametrize("spared", [24, 23])
def test_a_table_of_stripes_may_decide(monkeypatch, spared):
    """Three stripes that together spare the 24 bytes of their table, or one less."""
    image = noise((200, 70), np.uint8)
    encode_stripes = one_slice.encode_stripes

    def shortened(*arguments):
        _, coded = encode_stripes(*arguments)
        return [b"", b"", bytes(image.size - spared)], coded

    monkeypatch.setattr(one_slice, "encode_stripes", shortened)
    one = read_header(compress(image, step=9, n_stripes=3)).slices[0]
    assert (one.is_raw, one.n_stripes) == ((False, 3) if spared == 24 else (True, 1))
    assert one.payload_size_bytes == image.size


def test_noise_beside_padding():
    image = noise((64, 64), np.int16, bits=11)
    image[:, :20] = -32768
    image[:9] = -32768
    data = compress(image, max_error=0)
    one = read_header(data).slices[0]
    assert one.has_padding and one.minimum >= 0
    assert len(data) < 64 * 64 * 11 / 8 + 100
    np.testing.assert_array_equal(mmpc.decompress(data), image)
