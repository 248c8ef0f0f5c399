"""Padding: its mask, what the encoder takes for it, exact values in every way of coding."""

import tracemalloc

import numpy as np
import pytest

import mmpc
from mmpc import errors
from mmpc.coding_tools import Tools
from mmpc.request import Region
from mmpc.streams.report import report_on
from mmpc.v2 import one_slice
from mmpc.v2.header_reading import read_header
from mmpc.v2.padding_mask import BOX, pack_mask, unpack_mask
from mmpc.v2.pixel_padding import Padding, read_padding
from mmpc.v2.search import padding as search
from tests.v2.coding import compress
from tests.v2.test_vectors import padded

GOALS = [{"step": 30}, {"max_error": 0}, {"max_error": 3}]


def circle(height, width, radius, y0=None, x0=None):
    """Return what lies outside a circle, in the middle unless said."""
    y, x = np.mgrid[:height, :width]
    y0, x0 = (height - 1) / 2 if y0 is None else y0, (width - 1) / 2 if x0 is None else x0
    return (y - y0) ** 2 + (x - x0) ** 2 > radius**2


def tissue(shape, dtype=np.int16, seed=1):
    """Return noise around the middle of the type's positive range."""
    noise = np.random.default_rng(seed).normal(size=shape) * 2
    return (np.iinfo(dtype).max // 2 + noise).astype(dtype)


def round_tissue(height, width):
    """Return noise in a circle, and padding of -2000 around it."""
    image = tissue((height, width)) // 8
    image += np.random.default_rng(6).normal(scale=20, size=image.shape).astype(np.int16)
    image[circle(height, width, min(height, width) / 2)] = -2000
    return image


def masks():
    generator = np.random.default_rng(5)
    for shape in ((1, 1), (1, 40), (40, 1), (7, 9), (8, 8), (17, 64), (70, 33)):
        yield np.zeros(shape, bool)
        for share in (0.02, 0.5, 0.98):
            mask = generator.random(shape) < share
            mask[generator.integers(shape[0]), generator.integers(shape[1])] = False
            yield mask
        one = np.ones(shape, bool)
        one[-1, 0] = False
        yield one
    yield circle(50, 60, 24)
    yield circle(61, 61, 33.3, 20, 41)
    yield ~circle(40, 40, 11)


@pytest.mark.parametrize("mask", list(masks()), ids=lambda mask: f"{mask.shape}")
def test_a_mask_comes_back(mask):
    assert np.array_equal(unpack_mask(pack_mask(mask), mask.shape), mask)


def test_large_masks_are_coded_in_pieces(monkeypatch):
    mask = circle(200, 150, 70)
    whole = pack_mask(mask)
    monkeypatch.setattr("mmpc.v2.padding_mask._SAMPLES_AT_A_TIME", 2000)
    assert pack_mask(mask) == whole
    assert np.array_equal(unpack_mask(whole, mask.shape), mask)


def test_what_a_mask_takes():
    """A rectangle its box; a circle some tens of bytes; one off its middle somewhat more."""
    box = np.ones((512, 512), bool)
    box[30:400, 10:] = False
    assert len(pack_mask(box)) <= BOX.size + 2
    assert len(pack_mask(circle(512, 512, 256))) <= 80
    assert len(pack_mask(circle(512, 512, 240.3, 250.2, 260.7))) <= 150


@pytest.mark.parametrize("goal", GOALS)
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16])
@pytest.mark.parametrize("end", ["lowest", "highest"])
def test_padding_is_exact(dtype, end, goal):
    limits = np.iinfo(dtype)
    image = tissue((70, 90), dtype)
    mask = circle(70, 90, 36)
    image[mask] = limits.min if end == "lowest" else limits.max
    if "step" in goal and image.itemsize == 1:
        goal = {"step": 2}
    data = compress(image, **goal)
    decoded = mmpc.decompress(data)
    without = compress(image, **goal, tools=Tools(padding=False))
    if not read_header(data).slices[0].has_padding:  # an edge so low and short does not pay
        assert image.itemsize == 1 and "max_error" in goal and len(data) == len(without)
        return
    assert np.array_equal(decoded[mask], image[mask])
    assert np.array_equal(mmpc.find_padding(data), mask)
    assert len(data) < len(without)


def test_a_head_is_smaller_with_the_same_error(head_ct):
    """The circle takes 14 % of the bytes at quality 30, and its value was lost."""
    with_padding = compress(head_ct, step=30, preset="fast")
    without = compress(head_ct, step=30, preset="fast", tools=Tools(padding=False))
    assert len(with_padding) < 0.86 * len(without)
    mask = mmpc.find_padding(with_padding)
    assert np.array_equal(mask, head_ct == -2000)
    both = [mmpc.Distortion.between(head_ct, mmpc.decompress(data), mask).rmse
            for data in (with_padding, without)]  # fmt: skip
    assert both[0] < 1.02 * both[1]
    assert not np.array_equal(mmpc.decompress(without)[mask], head_ct[mask])


@pytest.mark.parametrize("goal", GOALS)
def test_islands_of_the_value(goal):
    """Whether its value within the body counts as padding or not, every decoded sample is right."""
    image = round_tissue(90, 90)
    image[24:64, 32:56] = -2000
    image[10, 40] = image[73, 61] = -2000
    data = compress(image, **goal)
    mask, decoded = mmpc.find_padding(data), mmpc.decompress(data)
    assert mask[circle(90, 90, 46)].all() and mask[24:64, 32:56].all()
    assert np.array_equal(decoded[mask], image[mask])
    if "max_error" in goal:
        assert abs(decoded.astype(int) - image).max() <= goal["max_error"]


def test_scattered_samples_of_the_value_are_kept_out():
    """Air that is clipped at the value of padding: its mask would cost more than it gives."""
    image = tissue((128, 128))
    image[np.random.default_rng(2).random(image.shape) < 0.1] = image.min()
    mask = circle(128, 128, 62)
    image[mask] = image.min()
    image[~mask] += (np.mgrid[:128, :128][1][~mask] > 64).astype(np.int16) * 900
    found = search.find_padding(image, 20)
    if found is not None:
        assert np.count_nonzero(found.mask & ~mask) < 20
    edge = search.find_padding(padded(128, 128), 20)
    assert np.array_equal(edge.mask, padded(128, 128) == -2000)


@pytest.mark.parametrize("goal", [{"step": 30}, {"max_error": 3}])
def test_a_named_value_comes_back_exactly_where_nothing_else_would_show_it(goal):
    """Within the body, on a slice whose border is tissue: no lowest value fills a border."""
    image = tissue((80, 70))
    image[20:31, 40:52] = 77
    assert mmpc.find_padding(compress(image, **goal)) is None
    data = compress(image, **goal, padding_value=77)
    assert np.array_equal(mmpc.find_padding(data), image == 77)
    decoded = mmpc.decompress(data)
    assert np.array_equal(decoded == 77, image == 77)
    volume = mmpc.compress(np.stack([image] * 3), padding_value=77, max_error=3)
    assert np.array_equal(mmpc.find_padding(volume), [image == 77] * 3)


@pytest.mark.parametrize("place", [np.s_[20:40, 30:44], np.s_[33:34, 33:34]])
def test_a_named_value_is_exact_in_small_images_and_near_to_what_is_measured(place):
    """Its edge is lower than a step here, so that a mask gains nothing, and costs what it costs."""
    image = np.clip(tissue((64, 64)) // 8, 30, 90).astype(np.uint8)
    image[place] = 0
    decoded = mmpc.decompress(compress(image, step=60, padding_value=0))
    assert np.array_equal(decoded == 0, image == 0)


def test_a_named_value_that_is_scattered_or_absent_changes_nothing():
    image = tissue((64, 64))
    plain = compress(image, step=9)
    value = int(np.median(image))
    assert 200 < np.count_nonzero(image == value) < 2000
    assert compress(image, step=9, padding_value=value) == plain
    assert compress(image, step=9, padding_value=-70000) == plain
    with pytest.raises(errors.InvalidParameterError, match="padding"):
        mmpc.compress(image, padding_value=1.5)
    with pytest.raises(errors.InvalidParameterError, match="padding_value is for bitstream 2"):
        mmpc.compress(image, bitstream=1, padding_value=0)


@pytest.mark.parametrize("goal", GOALS)
def test_one_sample_of_a_named_value_does_not_shut_out_a_circle(goal):
    image = round_tissue(200, 200)
    mask = image == -2000
    image[100, 90] = 77
    for named in (None, 77):
        data = compress(image, **goal, padding_value=named)
        assert np.array_equal(mmpc.find_padding(data), mask)
        assert np.array_equal(mmpc.decompress(data)[mask], image[mask])


def test_a_named_value_gives_way_to_nothing_that_saves_little():
    """A low border, and a short one: what they would save is worth less than a named value."""
    for side, value in ((200, 1940), (40, -2000)):
        image = round_tissue(side, side)
        image[image == -2000] = value
        image[side // 2, side // 2 : side // 2 + 2] = 77
        assert search.find_padding(image, 30).value == value
        assert np.array_equal(search.find_padding(image, 30, named=77).mask, image == 77)


@pytest.mark.parametrize("goal", GOALS)
def test_each_slice_of_a_volume_may_name_a_value_of_its_own(tmp_path, goal):
    volume = np.stack([tissue((70, 80), seed=seed) for seed in range(4)])
    volume[:, 20:31, 40:52] = 77
    volume[1:, 50:61, 10:22] = 99
    named = [77, 99, None, 77]
    expected = np.stack([image == value for image, value in zip(volume, named, strict=True)])
    data = compress(volume, **goal, padding_value=named)
    assert np.array_equal(mmpc.find_padding(data), expected)
    assert np.array_equal(mmpc.decompress(data)[expected], volume[expected])
    assert mmpc.read_header(data).details["padded_slices"] == 3
    if "step" in goal:
        goal = {"quality": goal["step"]}
    mmpc.compress_slices(iter(volume), tmp_path / "a", n_slices=4, padding_value=named, **goal)
    assert (tmp_path / "a").read_bytes() == data
    for image, word in ((volume[:3], "the volume has 3"), (volume[0], "give one value")):
        with pytest.raises(errors.InvalidParameterError, match=word):
            mmpc.compress(image, padding_value=named)


def test_connected_to_the_border():
    mask = np.array(
        [[1, 1, 0, 0, 0], [0, 1, 1, 1, 0], [0, 0, 0, 1, 0], [0, 1, 0, 1, 0], [0, 0, 0, 0, 0]], bool
    )
    expected = mask.copy()
    expected[3, 1] = False
    assert np.array_equal(search.connected_to_border(mask), expected)
    assert not search.connected_to_border(np.pad([[True]], 2)).any()


@pytest.mark.parametrize("goal", GOALS)
def test_it_is_left_out_where_it_does_not_pay(goal):
    """Where the lowest value is one of many, and where its edge is a low one."""
    for image in (tissue((64, 64)), np.maximum(tissue((64, 64)), tissue((64, 64)).max() - 9)):
        data = compress(image, **goal)
        assert not read_header(data).slices[0].has_padding
        assert mmpc.find_padding(data) is None
        assert len(data) == len(compress(image, **goal, tools=Tools(padding=False)))


@pytest.mark.parametrize("goal", GOALS)
def test_a_slice_of_padding_is_free(monkeypatch, goal):
    """Neither time nor memory nor bytes follow its size: no sample is coded."""

    def refuse(*_):
        raise AssertionError("samples are coded")

    for name in ("encode_slice", "decode_slice", "encode_plane", "decode_plane"):
        monkeypatch.setattr(one_slice, name, refuse)
    image = np.full((3001, 2999), -1024, np.int16)
    tracemalloc.start()
    data = compress(image, **goal)
    decoded = mmpc.decompress(data)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert np.array_equal(decoded, image)
    assert len(data) < 100 + image.size // 4096
    assert peak < 4 * image.nbytes
    assert mmpc.find_padding(data).all()


def test_errors_count_what_is_measured():
    image = padded(60, 60)
    data = compress(image, step=30)
    decoded, mask = mmpc.decompress(data), mmpc.find_padding(data)
    error = (decoded.astype(float) - image)[~mask]
    distortion = mmpc.Distortion.between(image, decoded, mask)
    assert distortion.rmse == pytest.approx(np.sqrt((error**2).mean()))
    assert distortion.rmse > 1.05 * mmpc.Distortion.between(image, decoded).rmse
    assert distortion.peak_error == abs(error).max()
    report = report_on(image, data)
    assert report.distortion == distortion
    assert f"{mask.sum()} pixels of padding left out" in report.to_text("name")
    assert report.to_dict()["padding_pixels"] == mask.sum()
    everything = np.ones(image.shape, bool)
    assert mmpc.Distortion.between(image, image, everything).rmse == 0


def test_a_target_counts_what_is_measured(head_ct):
    image = head_ct[::4, ::4]
    data = mmpc.compress(image, rmse=8.0, preset="fast")
    mask = mmpc.find_padding(data)
    assert mask is not None
    assert 7.7 <= mmpc.Distortion.between(image, mmpc.decompress(data), mask).rmse <= 8


def test_a_region_of_interest_beside_padding():
    image = round_tissue(90, 90)
    region = Region(~circle(90, 90, 50, 0, 0), 3.0)  # a corner of padding, and some of the body
    data = compress(image, step=60, region=region)
    decoded, mask = mmpc.decompress(data), mmpc.find_padding(data)
    assert np.array_equal(decoded[mask], image[mask])
    error = abs(decoded.astype(int) - image)
    assert error[region.mask & ~mask].mean() < 0.7 * error[~region.mask & ~mask].mean()
    only_padding = Region(circle(90, 90, 50), 3.0)
    assert np.array_equal(mmpc.decompress(compress(image, step=60, region=only_padding))[mask],
                          image[mask])  # fmt: skip


def volume_of_circles():
    """Return slices with one circle of padding, one without, and one that is all padding."""
    volume = np.stack([round_tissue(60, 70) for _ in range(7)])
    mask = volume == -2000
    noise = np.random.default_rng(3).integers(-9, 10, volume.shape)
    volume[~mask] = (volume + noise)[~mask]
    volume[3] = tissue((60, 70))
    volume[5] = -2000
    return volume.astype(np.int16)


@pytest.mark.parametrize("goal", GOALS)
def test_volumes(goal):
    volume = volume_of_circles()
    data = compress(volume, **goal)
    mask, decoded = mmpc.find_padding(data), mmpc.decompress(data)
    assert mask.shape == volume.shape
    assert not mask[3].any() and mask[5].all()
    assert np.array_equal(mask[0], volume[0] == -2000)
    assert np.array_equal(decoded[mask], volume[mask])
    opened = mmpc.open(data)
    for index in (6, 1, 5, 2):
        assert np.array_equal(opened[index], decoded[index])
    if "max_error" in goal:
        assert abs(decoded.astype(int) - volume).max() <= goal["max_error"]


def test_a_mask_like_that_of_the_reference_takes_no_bytes():
    mask = circle(60, 60, 30)
    reference, padding = Padding(-2000, mask.copy()), Padding(-1999, mask)
    data = padding.to_bytes(reference)
    assert len(data) == 5 < len(padding.to_bytes(None))
    found, rest = read_padding(data + b"more", mask.shape, np.dtype(np.int16), reference)
    assert found.value == -1999 and np.array_equal(found.mask, mask) and rest == b"more"


def test_bytes_of_padding_that_end_early():
    data = Padding(-2000, circle(60, 60, 30)).to_bytes(None)
    for place in range(len(data)):
        with pytest.raises(errors.CorruptPayloadError):
            read_padding(data[:place], (60, 60), np.dtype(np.int16), None)


def test_random_bytes_of_padding():
    generator = np.random.default_rng(8)
    good = Padding(-2000, circle(40, 40, 20)).to_bytes(None)
    decoded = 0
    for _ in range(500):
        data = bytearray(good)
        for _ in range(generator.integers(1, 4)):
            data[generator.integers(len(data))] = generator.integers(256)
        try:
            padding, _ = read_padding(bytes(data), (40, 40), np.dtype(np.int16), None)
        except errors.CorruptPayloadError as error:
            assert "\n" not in str(error)
        else:
            assert padding.mask.shape == (40, 40)
            decoded += 1
    assert decoded > 30
