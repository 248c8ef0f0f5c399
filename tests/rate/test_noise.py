"""The estimate of the noise: of known noise, of real slices, of what has none; and as a target."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

import mmpc
from mmpc.errors import InvalidParameterError, NoNoiseError, TargetUnreachableError
from mmpc.images.samples import sample
from mmpc.rate.noise import Noise, estimate
from mmpc.request import Goal, Request
from mmpc.streams.sample_volume import sample_volume
from mmpc.tasks.phantoms import fbp_of_poisson, fbp_spectrum, noise_of_spectrum, white_spectrum

# Rows and columns, chosen by eye before any figure was looked at: as large as fits into what looks
# uniform in a window for soft tissue, three or so a slice. None was exchanged afterwards; the eye
# missed edges in some, and `without_edges` tells which.
BY_HAND = {
    "head_ct": [
        (280, 320, 350, 378),
        (250, 290, 235, 262),
        (275, 325, 352, 378),
        (155, 195, 290, 315),
        (345, 380, 285, 315),
    ],
    "skull_base_ct": [
        (325, 355, 310, 345),
        (325, 355, 190, 215),
        (335, 375, 290, 345),
        (335, 375, 175, 225),
        (225, 250, 330, 380),
    ],
    "spine_ct": [
        (60, 120, 40, 100),
        (360, 400, 60, 120),
        (20, 80, 20, 110),
        (180, 280, 20, 90),
        (340, 400, 320, 420),
    ],
    "abdomen_ct": [
        (240, 290, 160, 200),
        (255, 300, 140, 178),
        (180, 215, 360, 390),
        (135, 152, 195, 240),
    ],
    6: [(125, 165, 150, 190), (170, 205, 135, 165), (228, 245, 140, 162)],
    12: [(175, 210, 130, 165), (130, 165, 112, 130), (115, 140, 160, 185)],
}


def noisy(spectrum, sigma: float, seed: int, spacing_mm: float = 0.7) -> np.ndarray:
    """Return a bright square of tissue in darkness, with noise over all."""
    image = noise_of_spectrum((256, 256), spacing_mm, spectrum, sigma, seed)
    image[40:216, 40:216] += 1000
    return np.rint(image).astype(np.int16)


@pytest.mark.parametrize("sigma", [3, 12, 60])
@pytest.mark.parametrize("spectrum", [white_spectrum, fbp_spectrum])
def test_known_noise_is_found_within_5_percent(spectrum, sigma):
    for seed in range(3):
        found = Noise.of(noisy(spectrum, sigma, seed)).sigma
        assert found == pytest.approx(sigma, rel=0.05)


@pytest.mark.parametrize("filter_name", ["hann", "ramp"])
def test_noise_of_a_scan_is_found_within_5_percent(filter_name):
    """The noise of a cylinder is known from four scans of it; it is stronger in the middle."""
    scans = np.array([fbp_of_poisson(256, 0.8, 1e5, seed, 180, filter_name) for seed in range(4)])
    place = np.arange(256) - 127.5
    inside = np.hypot(place[:, None], place) < 0.43 * 256
    known = np.sqrt((scans.var(0, ddof=1)[inside]).mean())
    found = [estimate(np.rint(scan).astype(np.int16))[0] for scan in scans]
    assert np.mean(found) == pytest.approx(known, rel=0.05)


def body(seed: int, side: int = 512) -> np.ndarray:
    """Return a body with organs, bones and lesions, blurred: nothing that the estimate knows."""
    generator = np.random.default_rng(seed)
    y, x = (np.mgrid[:side, :side] - (side - 1) / 2) / (side / 2)
    image = np.full((side, side), -1000.0)

    def ellipse(row, column, height, width):
        return ((y - row) / height) ** 2 + ((x - column) / width) ** 2 <= 1

    for where, hu in (
        ((0, 0, 0.62, 0.85), -90),
        ((0, 0, 0.55, 0.77), 50),
        ((0, -0.3, 0.35, 0.38), 95),
        ((-0.1, 0.4, 0.25, 0.22), 75),
        ((0.38, 0, 0.1, 0.11), 500),
    ):
        image[ellipse(*where)] = hu
    for _ in range(25):
        place = generator.uniform((-0.35, -0.6, 0.01, 0.01), (0.35, 0.6, 0.04, 0.04))
        image[ellipse(*place)] += generator.uniform(-40, 40)
    return gaussian_filter(image, 0.8)


@pytest.mark.parametrize("cutoff_per_mm", [None, 0.6, 1.2])
def test_noise_in_another_body_is_found_within_5_percent(cutoff_per_mm):
    def spectrum(frequency):
        if cutoff_per_mm is None:
            return white_spectrum(frequency)
        return fbp_spectrum(frequency, cutoff_per_mm)

    for seed, sigma in ((3001, 5), (3002, 20)):
        image = body(seed)
        image += noise_of_spectrum(image.shape, 0.7, spectrum, sigma, seed + 50)
        found, _ = estimate(np.rint(image).astype(np.int16))
        assert found == pytest.approx(sigma, rel=0.05)


def test_the_quieter_tissue_counts_whichever_is_larger():
    """Two halves of a body, of which one is twice as noisy: the estimate does not jump."""
    found = []
    for share in (0.35, 0.65):
        image = noise_of_spectrum((256, 256), 0.7, fbp_spectrum, 10, 8)
        image[:, : int(256 * share)] *= 2
        found.append(estimate(np.rint(image + 1000).astype(np.int16))[0])
    assert found == pytest.approx([10, 10], rel=0.1)


def without_edges(pixels: np.ndarray, regions: list) -> list[float]:
    """Return the standard deviations of regions, their planes taken away.

    Those of regions that have an edge in them are left out: there the deviation is more than a
    fifth above what the quartiles say, which are equal for a normal distribution.
    """
    found = []
    for top, bottom, left, right in regions:
        region = pixels[top:bottom, left:right].astype(float)
        rows, columns = np.indices(region.shape)
        plane = np.stack((np.ones(region.size), rows.ravel(), columns.ravel()), axis=1)
        rest = region.ravel() - plane @ np.linalg.lstsq(plane, region.ravel(), rcond=None)[0]
        quartiles = np.subtract(*np.percentile(rest, (75, 25))) / 1.349
        if rest.std(ddof=3) <= 1.2 * quartiles:
            found.append(rest.std(ddof=3))
    return found


@pytest.mark.parametrize("name", BY_HAND)
def test_real_slices_agree_with_what_the_eye_finds_uniform(name):
    """Within 10 % of the range of the hand-chosen regions; slices by number are of the chest."""
    pixels = sample(name).pixels if isinstance(name, str) else sample_volume()[name]
    by_hand = without_edges(pixels, BY_HAND[name])
    assert 0.9 * min(by_hand) < Noise.of(pixels).sigma < 1.1 * max(by_hand)


def segmentation() -> np.ndarray:
    image = np.zeros((96, 96), np.uint8)
    image[20:70, 30:80] = 1
    image[40:60, 10:40] = 2
    return image


def smooth() -> np.ndarray:
    rows, columns = np.ogrid[:96, :96]
    return (3000 * np.sin(rows / 30) * np.cos(columns / 40)).astype(np.int16)


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.full((64, 64), 7, np.uint8), "nothing in the image changes"),
        (np.zeros((9, 300), np.uint8), "too small"),
        (segmentation(), "a segmentation or synthetic"),
        (smooth(), "smooth"),
        (np.add.outer(np.arange(96), np.arange(96)).astype(np.uint16) // 3, "smooth"),
        (sample("test_pattern").pixels, "a segmentation or synthetic"),
    ],
    ids=["flat", "small", "segmentation", "waves", "ramp", "test pattern"],
)
def test_what_has_no_noise_is_refused_with_the_reason(image, reason):
    with pytest.raises(NoNoiseError, match=reason):
        mmpc.compress(image, noise_share=0.25)


@pytest.mark.parametrize(("side", "enough"), [(28, True), (24, False)])
def test_twelve_uniform_windows_are_enough(side, enough):
    """Windows of 16 pixels lie in 24 x 28 at 3 x 4 places, in 24 x 24 at 9."""
    image = np.zeros((64, 64), np.int16)
    tissue = np.random.default_rng(3).normal(2000, 10, (24, side))
    image[16:40, 16 : 16 + side] = np.rint(tissue)
    if enough:
        assert estimate(image)[0] == pytest.approx(10, rel=0.1)
    else:
        with pytest.raises(NoNoiseError, match="no part of the image is uniform"):
            estimate(image)


@pytest.mark.parametrize("seed", range(60))
def test_any_image_is_estimated_or_refused(seed):
    """Every lossy encode asks, so nothing else may come of an image, however odd."""
    generator = np.random.default_rng(seed)
    shape = generator.integers(1, 70, 2)
    dtype = (np.uint8, np.int8, np.uint16, np.int16)[seed % 4]
    limits = np.iinfo(dtype)
    image = generator.integers(limits.min, limits.max, shape, endpoint=True).astype(dtype)
    if seed % 3 == 1:
        image[:, shape[1] // 2 :] = limits.max
    if seed % 3 == 2:
        image = np.repeat(np.repeat(image, 9, 0), 9, 1)[:80, :80]
    try:
        sigma, tissue = estimate(image)
    except NoNoiseError:
        return
    assert 0.5 <= sigma < np.inf and tissue.shape == image.shape and tissue.any()


def test_padding_and_air_do_not_dilute_the_share():
    image = noisy(white_spectrum, 10, 1)
    noise = Noise.of(image)
    assert noise.tissue[0, 44:212, 44:212].all()
    assert not noise.tissue[0, :30].any()
    off = image.copy()
    off[44:212, 44:212] += 5
    share = noise.share(image, off)
    assert share == pytest.approx(0.5 * np.sqrt(168**2 / noise.tissue.sum()) * 10 / noise.sigma)


def test_a_volume_pools_its_slices_or_keeps_each():
    volume = np.stack([noisy(white_spectrum, sigma, 7) for sigma in (5, 10, 20)])
    volume = np.concatenate((volume, np.full((1, 256, 256), -1000, np.int16)))
    noise = Noise.of(volume)
    assert noise.sigmas[:3] == pytest.approx([5, 10, 20], rel=0.05)
    assert noise.sigma == pytest.approx(np.sqrt(525 / 3), rel=0.05) == noise.sigmas[3]
    off = volume.copy()
    off[0] += 2
    by_slice = noise.share(volume, off, by_slice=True)
    assert by_slice == pytest.approx(2 / 5, rel=0.05)
    counts = noise.tissue.sum((1, 2))
    pooled = np.sqrt(4 * counts[0] / counts.sum()) / noise.sigma
    assert noise.share(volume, off) == pytest.approx(pooled)


@pytest.mark.parametrize("bitstream", [1, 2])
def test_the_share_is_kept_and_nearly_reached(bitstream):
    image = noisy(fbp_spectrum, 12, 2)[:128, :128]
    options = {"preset": "fast"} if bitstream == 2 else {}
    for share in (0.25, 0.6):
        data = mmpc.compress(image, noise_share=share, bitstream=bitstream, **options)
        found = Noise.of(image).share(image, mmpc.decompress(data))
        assert 0.9 * share < found <= share


def test_every_slice_keeps_the_share_where_that_is_asked():
    volume = np.stack([noisy(white_spectrum, sigma, 7)[30:110, 30:110] for sigma in (5, 20)])
    noise = Noise.of(volume)
    shares = []
    for by_slice in (False, True):
        request = Request(Goal("noise_share", 0.4), preset="fast", noise_by_slice=by_slice)
        decoded = mmpc.decompress(mmpc.compress(volume, request=request))
        shares.append(noise.share(volume, decoded, by_slice=True))
    assert shares[1] <= 0.4 < shares[0]


def test_a_share_that_no_step_keeps():
    with pytest.raises(TargetUnreachableError, match="of the noise, which has"):
        mmpc.compress(noisy(white_spectrum, 3, 1)[:96, :96], noise_share=1e-3, bitstream=1)


def test_slices_need_a_share():
    with pytest.raises(InvalidParameterError, match="nothing without noise_share"):
        Request(noise_by_slice=True)
