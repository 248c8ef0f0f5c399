"""Large images in stripes: the same bytes for any number of jobs, and damage named."""

import threading
import time

import numpy as np
import pytest

import mmpc
from mmpc.errors import ChecksumError, CorruptPayloadError
from mmpc.request import Region
from mmpc.v2 import one_slice
from mmpc.v2.codec import decompress, find_padding
from mmpc.v2.header_reading import read_stream
from mmpc.v2.partition import CTU_SIZE
from mmpc.v2.slice_table import STRIPES_SHIFT
from mmpc.v2.stripes import (
    MOST_STRIPES,
    ROWS_APART,
    join_stripes,
    most_stripes,
    rows_of_stripes,
    split_stripes,
    usual_stripes,
)
from mmpc.v2.threads import in_threads
from tests.v2.coding import compress
from tests.v2.test_vectors import padded, path_of, picture

GOALS = [{"step": 500}, {"max_error": 0}, {"max_error": 3}]


def test_small_images_stay_whole():
    assert {usual_stripes(*shape) for shape in ((1, 1), (512, 512), (1024, 1024))} == {1}


def test_large_images_are_cut_into_an_even_number():
    assert usual_stripes(1024, 1025) == 2
    assert usual_stripes(1955, 1841) == 4
    assert usual_stripes(2500, 2048) == 4
    assert usual_stripes(8192, 8192) == MOST_STRIPES == 8
    assert usual_stripes(700, 65535) == 1, "stripes of few rows know too little"


def test_stripes_are_whole_rows_of_ctus_and_cover_the_image():
    assert ROWS_APART == CTU_SIZE
    for height in (65, 128, 129, 500, 1955, 65535):
        for n_stripes in range(1, most_stripes(height) + 1):
            rows = rows_of_stripes(height, n_stripes)
            assert [row for one in rows for row in range(height)[one]] == list(range(height))
            assert all(one.start % CTU_SIZE == 0 and one.stop > one.start for one in rows)


def test_the_number_of_stripes_stands_above_the_largest_step():
    assert 1 << STRIPES_SHIFT > (65536 << 10)
    image = picture(130, 20, np.uint16)
    one = read_stream(compress(image, step=65536, n_stripes=3)).slices[0]
    assert (one.step, one.n_stripes) == (65536, 3)


@pytest.mark.parametrize("goal", GOALS)
@pytest.mark.parametrize(("height", "width", "n_stripes"), [(65, 9, 2), (203, 31, 3)])
def test_jobs_change_no_byte(goal, height, width, n_stripes):
    image = picture(height, width, np.int16)
    data = compress(image, n_stripes=n_stripes, **goal)
    assert read_stream(data).slices[0].n_stripes == n_stripes
    for jobs in (2, 5):
        assert compress(image, n_stripes=n_stripes, jobs=jobs, **goal) == data
    decoded = decompress(data)
    assert np.array_equal(decompress(data, jobs=2), decoded)
    assert np.array_equal(mmpc.open(data, jobs=2)[0], decoded)
    if "max_error" in goal:
        assert abs(decoded.astype(int) - image).max() <= goal["max_error"]


def test_a_stripe_is_an_image_of_its_own():
    image = picture(192, 40, np.uint8)
    stripes = split_stripes(_payload(compress(image, step=9, n_stripes=3)), 3, 192)
    with_limits = image[64:128].copy()
    assert (with_limits.min(), with_limits.max()) == (image.min(), image.max())
    assert stripes[1] == _payload(compress(with_limits, step=9))


def test_region_and_padding_in_stripes():
    image = padded(150, 150)
    mask = np.zeros(image.shape, bool)
    mask[50:90, 40:100] = True
    data = compress(image, step=80, region=Region(mask, 16), n_stripes=2)
    decoded = decompress(data, jobs=2)
    assert np.array_equal(find_padding(data), image == -2000)
    assert np.all(decoded[image == -2000] == -2000)
    plain = decompress(compress(image, step=80, n_stripes=2))
    errors = [(one - image)[mask].astype(float).std() for one in (decoded, plain)]
    assert errors[0] < 0.6 * errors[1]


def test_a_volume_and_an_image_without_samples_have_no_stripes():
    for image in (np.full((200, 9), -2000, np.int16), picture(130, 9, np.int16)[None]):
        data = compress(image, step=9, n_stripes=2)
        assert read_stream(data).slices[0].n_stripes == 1
        assert decompress(data).shape == image.shape


def test_noise_is_raw_and_in_one_piece():
    image = np.random.default_rng(3).integers(0, 256, (130, 20)).astype(np.uint8)
    one = read_stream(compress(image, max_error=0, n_stripes=3)).slices[0]
    assert (one.is_raw, one.n_stripes) == (True, 1)


def test_a_damaged_stripe_is_named():
    data = bytearray(path_of("stripes").read_bytes())
    data[-9] ^= 16
    with pytest.raises(ChecksumError, match="stripe 3 of 3, rows 128 to 199, was damaged"):
        decompress(bytes(data))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_stripe_that_ends_early_is_named(jobs, monkeypatch):
    data = path_of("stripes").read_bytes()
    split = one_slice.split_stripes

    def shortened(*arguments):
        first, second, third = split(*arguments)
        return [first, second[:3], third]

    monkeypatch.setattr(one_slice, "split_stripes", shortened)
    with pytest.raises(CorruptPayloadError, match="stripe 2 of 3, rows 64 to 127"):
        decompress(data, jobs=jobs)


def test_a_table_survives():
    parts = [b"abc", b"", b"d"]
    payload = join_stripes(parts) + bytes(5)  # zeros of which a legal payload may need some
    assert split_stripes(payload, 3, 192) == parts
    assert join_stripes([b"one"]) == b"one" and split_stripes(b"one", 1, 64) == [b"one"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_progress_counts_rows_of_all_stripes(jobs):
    image, told = picture(200, 30, np.int16), []
    compress(image, step=500, n_stripes=3, jobs=jobs, progress=lambda *counts: told.append(counts))
    done, totals = zip(*told, strict=True)
    assert set(totals) == {200} and done[-1] == 200 and list(done) == sorted(done)


def test_ctrl_c_ends_all_parts_at_their_next_piece():
    started, began, ended = threading.Barrier(2, timeout=60), [], []

    def work(index, tell):
        started.wait()
        began.append(index)
        try:
            while True:  # for ever, if nothing ended it
                time.sleep(0.01)
                tell(0, 1)
        finally:
            ended.append(index)

    def interrupted(done, total):
        if began:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        in_threads(work, [1, 1], jobs=2, progress=interrupted)
    assert sorted(ended) == [0, 1]


def test_an_error_of_one_part_ends_the_others():
    started, ended = threading.Barrier(2, timeout=60), []

    def work(index, tell):
        started.wait()
        if index == 0:
            raise CorruptPayloadError("the first")
        try:
            while True:
                time.sleep(0.01)
                tell(0, 1)
        finally:
            ended.append(index)

    with pytest.raises(CorruptPayloadError, match="the first"):
        in_threads(work, [1, 1], jobs=2)
    assert ended == [1]


def _payload(data):
    header = read_stream(data)
    return data[slice(*header.payload_places[0])]
