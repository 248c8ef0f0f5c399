"""Volumes: 3-D arrays to bytes and back, and `mmpc.open`, which decodes what is looked at."""

import pickle

import numpy as np
import pytest

import mmpc
from mmpc.errors import (
    ChecksumError,
    InvalidParameterError,
    StreamError,
    TruncatedStreamError,
    UnreadableFileError,
    UnsupportedImageError,
)
from mmpc.v2 import volume_reader
from mmpc.v2.header_reading import read_header
from tests.conftest import VECTORS
from tests.v2.test_vectors import volume

THIN = VECTORS / "v2_volume_thin.mmpc"  # 19 slices


@pytest.fixture(scope="module")
def thin():
    return mmpc.decompress(THIN.read_bytes())


def damaged(index):
    """Return the bytes of the thin volume with a bit of one slice's payload flipped."""
    data = bytearray(THIN.read_bytes())
    start, end = read_header(bytes(data)).payload_places[index]
    data[(start + end) // 2] ^= 4
    return bytes(data)


@pytest.mark.parametrize("goal", [{"quality": 40}, {"max_error": 0}, {"max_error": 3}])
def test_round_trip(goal):
    original = volume(6, 20, 33, 1)
    data = mmpc.compress(original, **goal)
    decoded = mmpc.decompress(data)
    assert decoded.shape == original.shape and decoded.dtype == original.dtype
    assert abs(decoded - original).max() <= goal.get("max_error", 100)
    assert mmpc.read_header(data).shape == original.shape
    assert len(data) < sum(len(mmpc.compress(one, **goal)) for one in original)


def test_a_volume_of_one_slice_stays_a_volume():
    original = volume(1, 9, 12, 1)
    assert mmpc.decompress(mmpc.compress(original, max_error=0)).shape == (1, 9, 12)


@pytest.mark.parametrize("goal", [{"quality": 40}, {"max_error": 1}])
def test_jobs_change_no_byte(goal):
    original = volume(18, 17, 20, 1)
    data = mmpc.compress(original, **goal)
    assert mmpc.compress(original, **goal, jobs=3) == data
    np.testing.assert_array_equal(mmpc.decompress(data, jobs=3), mmpc.decompress(data))


@pytest.mark.parametrize(
    ("goal", "bound"), [({"rmse": 9.0}, 9.0), ({"psnr_db": 75.0}, 65535 * 10**-3.75)]
)
def test_targets_hold_for_the_whole_volume(goal, bound):
    original = volume(3, 24, 40, 1)
    error = mmpc.decompress(mmpc.compress(original, **goal)) - original.astype(float)
    assert 0.9 * bound < np.sqrt(np.mean(error**2)) <= bound


def test_a_rate_holds_for_the_whole_volume():
    original = volume(3, 24, 40, 1)
    data = mmpc.compress(original, rate_bpp=4)
    assert 3.8 < 8 * len(data) / original.size <= 4
    assert mmpc.read_header(data).rate_bpp == 8 * len(data) / original.size


def test_region_is_a_mask_of_the_volume():
    original = volume(3, 24, 40, 1)
    mask = np.zeros(original.shape, bool)
    mask[1, 8:16, 8:24] = True
    data = mmpc.compress(original, quality=90, region=mmpc.Region(mask, 8))
    error = mmpc.decompress(data) - original.astype(float)
    assert np.std(error[mask]) < np.std(error[~mask]) / 2
    with pytest.raises(InvalidParameterError, match="mask"):
        mmpc.compress(original, region=mmpc.Region(mask[1], 8))


def test_other_arrays_are_refused():
    with pytest.raises(UnsupportedImageError, match="4 dimensions"):
        mmpc.compress(np.zeros((2, 2, 2, 2), np.int16))
    with pytest.raises(UnsupportedImageError, match="one 2-D slice"):
        mmpc.compress(np.zeros((2, 8, 8), np.int16), bitstream=1)
    with pytest.raises(UnsupportedImageError, match="0 x 8 x 8"):
        mmpc.compress(np.zeros((0, 8, 8), np.int16))


@pytest.mark.parametrize("jobs", [0, -2, 1.5, "2"])
def test_what_is_no_number_of_jobs_is_refused(jobs):
    for work in (
        lambda: mmpc.compress(np.zeros((2, 8, 8), np.int16), jobs=jobs),
        lambda: mmpc.decompress(THIN.read_bytes(), jobs=jobs),
        lambda: mmpc.open(THIN, jobs=jobs),
    ):
        with pytest.raises(InvalidParameterError, match="is not a number of jobs"):
            work()


@pytest.mark.parametrize("source", [THIN, str(THIN), THIN.read_bytes()])
def test_open_indexes_like_an_array(source, thin):
    opened = mmpc.open(source)
    assert (opened.shape, opened.dtype, opened.ndim) == (thin.shape, thin.dtype, 3)
    assert len(opened) == 19 and opened.info.n_slices == 19
    for key in (
        *(0, 7, -1, np.int64(3)),
        *(slice(2, 9), slice(None, None, -5), slice(4, 4), slice(17, 99)),
        *((3, 5), (3, slice(2, 5), 7), (slice(3, 5), slice(None), slice(1, 4))),
        *(..., (..., 2), (2, ...), (slice(1, 3), ..., 2)),
    ):
        found = opened[key]
        np.testing.assert_array_equal(found, thin[key])
        assert np.shape(found) == thin[key].shape
    np.testing.assert_array_equal(np.asarray(opened), thin)
    assert np.asarray(opened, np.float32).dtype == np.float32
    with pytest.raises(ValueError, match="without being decoded"):
        opened.__array__(copy=False)
    assert all((one == other).all() for one, other in zip(opened, thin, strict=True))
    for wrong, error in ((19, IndexError), (-20, IndexError), ("a", TypeError), (1.0, TypeError)):
        with pytest.raises(error):
            opened[wrong]


def test_a_slice_may_be_written_to_without_harm(thin):
    opened = mmpc.open(THIN)
    opened[4][:] = 0
    np.testing.assert_array_equal(opened[4], thin[4])


def count_decoded(monkeypatch):
    decoded = []
    decode_one = volume_reader.decode_one

    def counted(header, one, *others):
        decoded.append(one.index)
        return decode_one(header, one, *others)

    monkeypatch.setattr(volume_reader, "decode_one", counted)
    return decoded


def test_a_slice_takes_six_at_most(monkeypatch):
    decoded = count_decoded(monkeypatch)
    for index in range(19):
        decoded.clear()
        mmpc.open(THIN)[index]
        assert len(decoded) <= 6 and index in decoded


def test_slices_in_rising_order_are_decoded_once(monkeypatch):
    decoded = count_decoded(monkeypatch)
    assert len(list(mmpc.open(mmpc.compress(np.zeros((70, 4, 4), np.uint8), max_error=0)))) == 70
    assert sorted(decoded) == list(range(70))


def test_few_slices_are_kept():
    opened = mmpc.open(THIN, slices_kept=2)  # six are needed, so six are kept
    np.testing.assert_array_equal(opened[::-1], mmpc.decompress(THIN.read_bytes())[::-1])
    reader = opened._decode.__self__
    assert len(reader._kept) == 6


def test_only_the_bytes_that_are_needed_are_read(monkeypatch):
    opened = mmpc.open(THIN)
    reader = opened._decode.__self__
    read, pieces = reader._read, []

    def noted(start, end):
        pieces.append((start, end))
        return read(start, end)

    monkeypatch.setattr(reader, "_read", noted)
    opened[16]
    places = read_header(THIN.read_bytes()).payload_places
    assert pieces == [places[16]]  # a key
    opened[8]
    assert pieces == [places[16], places[0], places[8]]


def test_opened_under_dask(thin):
    array = pytest.importorskip("dask.array")
    stacked = array.from_array(mmpc.open(THIN), chunks=(16, -1, -1))
    np.testing.assert_array_equal(stacked[3:18, 2:9].compute(scheduler="threads"), thin[3:18, 2:9])


def test_opened_travels_to_other_processes(thin):
    for source in (THIN, THIN.read_bytes()):
        again = pickle.loads(pickle.dumps(mmpc.open(source)))
        np.testing.assert_array_equal(again[5], thin[5])


def test_an_image_opens_as_one_slice(tmp_path):
    image = volume(1, 20, 30, 1)[0]
    for version in (1, 2):
        data = mmpc.compress(image, bitstream=version, quality=12)
        path = tmp_path / "image.mmpc"
        path.write_bytes(data)
        for source in (data, path):
            opened = mmpc.open(source)
            assert opened.shape == (1, 20, 30)
            np.testing.assert_array_equal(opened[0], mmpc.decompress(data))


def test_damage_is_named_and_spares_what_does_not_depend_on_it(tmp_path, thin):
    path = tmp_path / "damaged.mmpc"
    path.write_bytes(damaged(4))
    with pytest.raises(ChecksumError, match="slice 4"):
        mmpc.decompress(path.read_bytes())
    opened = mmpc.open(path)
    for index in (0, 8, 6 + 2, 12, 16, 17, 18, 9, 15):
        np.testing.assert_array_equal(opened[index], thin[index])
    for index in range(1, 8):
        with pytest.raises(ChecksumError, match=r"damaged.mmpc: the checksum of slice 4"):
            opened[index]
    with pytest.raises(StreamError, match=r"slice 6 refers to it"):
        opened[6]
    with pytest.raises(ChecksumError, match=r"^the checksum of slice 4"):  # bytes have no name
        mmpc.open(damaged(4))[4]


def test_what_is_left_of_a_cut_file_is_there(tmp_path, thin):
    data = THIN.read_bytes()
    path = tmp_path / "cut.mmpc"
    path.write_bytes(data[:-3])
    opened = mmpc.open(path)
    last = read_header(data).slices[-1].index
    for index in range(19):
        if index == last:
            with pytest.raises(TruncatedStreamError, match=f"within slice {last}"):
                opened[index]
        else:
            np.testing.assert_array_equal(opened[index], thin[index])
    with pytest.raises(TruncatedStreamError):
        mmpc.decompress(data[:-3])


def test_what_cannot_be_opened(tmp_path):
    with pytest.raises(UnreadableFileError, match="no such file"):
        mmpc.open(tmp_path / "nothing.mmpc")
    with pytest.raises(UnreadableFileError, match="cannot be read"):
        mmpc.open(tmp_path)
    with pytest.raises(StreamError):
        mmpc.open(b"no stream at all, but long enough to be one")
    with pytest.raises(TruncatedStreamError):
        mmpc.open(THIN.read_bytes()[:100])
