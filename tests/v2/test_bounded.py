import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mmpc
from mmpc import errors
from mmpc.v2.bounded.neighbours import LOG_BUCKET
from mmpc.v2.bounded.plane_coder import decode_plane, encode_plane, nearest
from mmpc.v2.bounded.prediction import divide
from mmpc.v2.bounded.surroundings import SHIFT
from tests.test_streams import images


def largest_error(image, data):
    decoded = mmpc.decompress(data)
    assert (decoded.dtype, decoded.shape) == (image.dtype, image.shape)
    return int(abs(decoded.astype(int) - image).max())


@settings(max_examples=150, deadline=None)
@given(images(), st.integers(0, 40) | st.sampled_from([255, 32767, 40000, 65535]))
def test_no_sample_is_off_by_more(image, bound):
    data = mmpc.compress(image, bitstream=2, max_error=bound)
    assert largest_error(image, data) <= bound
    assert mmpc.read_header(data).details["largest_error"] == min(bound, 32767)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16])
def test_lossless_at_the_extremes(dtype):
    limits = np.iinfo(dtype)
    generator = np.random.default_rng(1)
    for image in (
        generator.choice([limits.min, limits.max], (37, 23)).astype(dtype),
        generator.integers(limits.min, limits.max, (40, 33), endpoint=True).astype(dtype),
        np.full((9, 70), limits.max, dtype),
    ):
        data = mmpc.compress(image, bitstream=2, max_error=0)
        np.testing.assert_array_equal(mmpc.decompress(data), image)


@pytest.mark.parametrize("bound", [0, 2, 5])
def test_real_ct_is_smaller_than_jpeg_ls(head_ct, bound):
    imagecodecs = pytest.importorskip("imagecodecs")
    data = mmpc.compress(head_ct, bitstream=2, max_error=bound)
    assert largest_error(head_ct, data) <= bound
    unsigned = (head_ct.astype(int) + 2000).astype(np.uint16)
    assert len(data) < len(imagecodecs.jpegls_encode(unsigned, level=bound))


def test_planes_of_20_bits():
    """What volumes will hand over: signed planes of more than 16 bits."""
    plane = np.random.default_rng(2).integers(-(2**19), 2**19, (30, 40)).astype(np.int32)
    for bound in (0, 100):
        payload, coded = encode_plane(plane, bound)
        assert abs(coded.samples - plane).max() <= bound
        limits = int(plane.min()), int(plane.max())
        decoded = decode_plane(payload, plane.shape, limits, bound)
        np.testing.assert_array_equal(decoded.samples, coded.samples)


@pytest.mark.parametrize(
    ("difference", "step", "expected"),
    [(0, 1, 0), (-7, 1, -7), (2, 5, 0), (3, 5, 1), (-2, 5, 0), (-3, 5, -1), (8, 5, 2), (7, 5, 1)],
)
def test_nearest(difference, step, expected):
    assert nearest(difference, step) == expected


def test_log_buckets():
    expected = np.rint(2 * np.log2(np.arange(1, 4097)))
    np.testing.assert_array_equal(LOG_BUCKET, expected)


@given(st.integers(-(2**52) + 1, 2**52 - 1), st.integers(1, 2**47), st.integers(-1, 1))
def test_quotients_in_double_precision_are_exact(value, divisor, beside):
    for numerator in (value, value // divisor * divisor + beside):
        assert divide(numerator, divisor) == numerator // divisor


def test_shift_leaves_less_than_eleven():
    for half in (0, 10, 11, 21, 22, 11263, 11264):
        shifts = [shift for shift in range(12) if half >> shift < 11]
        assert SHIFT[half] == min(shifts, default=11)
    assert SHIFT[-1] == 11 and np.all(np.diff(SHIFT) >= 0)


def test_same_samples_same_bytes(head_ct):
    crop = head_ct[200:260, 180:250]
    streams = {mmpc.compress(crop, bitstream=2, max_error=3) for _ in range(2)}
    assert len(streams) == 1


def test_parameters_are_checked(head_ct):
    with pytest.raises(errors.InvalidParameterError, match="max_error -1"):
        mmpc.compress(head_ct, max_error=-1)
    largest = mmpc.compress(head_ct[:8, :8], max_error=40000)
    assert mmpc.read_header(largest).details["largest_error"] == 32767
