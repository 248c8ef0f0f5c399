"""Observers whose success is known beforehand, and the same patches judged by LCD-CT's formulas."""

import numpy as np
import pytest

from mmpc.tasks import detectability
from mmpc.tasks.detectability import Detectability, Kept, auc, d_prime
from mmpc.tasks.lesions import Lesion
from mmpc.tasks.observers import (
    channelized_hotelling_template,
    eye_filtered_template,
    ideal_d_prime,
    ideal_template,
    laguerre_gauss_channels,
    ratings,
)
from mmpc.tasks.phantoms import fbp_spectrum, frequencies_per_mm, noise_of_spectrum

SIDE, SIGMA_HU, SPACING_MM = 24, 12.0, 0.5
GAUSSIAN_SD = 2.5


def gaussian_signal() -> np.ndarray:
    place = np.arange(SIDE) - (SIDE - 1) / 2
    squared = place[:, None] ** 2 + place**2
    return 8.0 * np.exp(-squared / (2 * GAUSSIAN_SD**2))


def white_patches(n: int, seed: int) -> np.ndarray:
    return SIGMA_HU * np.random.default_rng(seed).standard_normal((n, SIDE, SIDE))


@pytest.fixture(scope="module")
def patches() -> dict[str, np.ndarray]:
    """Return patches for training and testing, present and absent."""
    signal = gaussian_signal()
    noise = {
        part: white_patches(2 * n, seed).reshape(2, n, SIDE, SIDE)
        for part, n, seed in (("train", 2000, 1), ("test", 10_000, 2))
    }
    return {
        f"{part} {kind}": noise[part][index] + (signal if kind == "present" else 0)
        for part in noise
        for index, kind in enumerate(("present", "absent"))
    }


def matched_channels() -> np.ndarray:
    # The first channel is exp(-pi r^2 / a^2), which is the signal for this width.
    return laguerre_gauss_channels(SIDE, GAUSSIAN_SD * np.sqrt(2 * np.pi))


def known_d_prime() -> float:
    return float(np.sqrt((gaussian_signal() ** 2).sum()) / SIGMA_HU)


def test_the_ideal_observer_in_white_noise():
    power = np.full((SIDE, SIDE), SIGMA_HU**2 * SPACING_MM**2)
    assert ideal_d_prime(gaussian_signal(), power, SPACING_MM) == pytest.approx(known_d_prime())


@pytest.mark.parametrize("observer", ["ideal", "channelized"])
def test_a_gaussian_in_white_noise_is_seen_as_theory_says(patches, observer):
    if observer == "ideal":
        template = ideal_template(gaussian_signal(), np.ones((SIDE, SIDE)))
    else:
        template = channelized_hotelling_template(
            patches["train present"], patches["train absent"], matched_channels()
        )
    seen = [ratings(patches[f"test {kind}"], template) for kind in ("present", "absent")]
    assert d_prime(*seen) == pytest.approx(known_d_prime(), rel=0.02)


def test_the_ideal_observer_in_coloured_noise_is_the_best():
    shape = (SIDE, SIDE)
    shape_of_power = fbp_spectrum(frequencies_per_mm(shape, SPACING_MM)) + 0.02
    power = shape_of_power / shape_of_power.mean() * SIGMA_HU**2 * SPACING_MM**2
    signal = gaussian_signal()

    def theory(template: np.ndarray) -> float:
        noise = np.abs(np.fft.fft2(template)) ** 2 * power / SPACING_MM**2 / template.size
        return float((template * signal).sum() / np.sqrt(noise.sum()))

    best = ideal_d_prime(signal, power, SPACING_MM)
    assert theory(ideal_template(signal, power)) == pytest.approx(best)
    assert theory(eye_filtered_template(signal)) < best
    assert theory(eye_filtered_template(signal, with_eye=False)) < best


def test_channels_are_orthonormal_where_the_patch_holds_them():
    channels = laguerre_gauss_channels(151, 30).reshape(6, -1)
    assert channels @ channels.T == pytest.approx(np.eye(6), abs=1e-6)


def test_equal_classes_cannot_be_told_apart():
    one, other = white_patches(2000, 3), white_patches(2000, 4)
    template = channelized_hotelling_template(one[:1000], other[:1000], matched_channels())
    found = Detectability.of(ratings(one[1000:], template), ratings(other[1000:], template))
    assert found.auc == pytest.approx(0.5, abs=0.03)
    low, high = found.auc_interval
    assert low < 0.5 < high and high - low < 0.06
    assert found.d_prime_interval[0] < 0 < found.d_prime_interval[1]


def test_auc_counts_ties_half():
    assert auc(np.array([1.0, 2.0]), np.array([1.0, 0.0])) == pytest.approx(3.5 / 4)


def test_the_interval_holds_the_truth_as_often_as_it_says(monkeypatch):
    """Of a hundred experiments, 95 % of the intervals hold the known d' (4 standard errors)."""
    monkeypatch.setattr(detectability, "N_RESAMPLES", 300)
    generator = np.random.default_rng(5)
    hits = 0
    for seed in range(100):
        found = Detectability.of(generator.normal(2, 1, 150), generator.normal(0, 1, 150), seed)
        hits += found.d_prime_interval[0] <= 2 <= found.d_prime_interval[1]
    assert hits >= 86


def test_what_is_kept_is_surer_than_what_is_there():
    generator = np.random.default_rng(6)
    before = generator.normal(3, 1, 400), generator.normal(0, 1, 400)
    after = tuple(one + generator.normal(0, 0.1, 400) for one in before)
    same, less = Kept.of(before, before), Kept.of(before, after)
    assert (same.share, same.interval) == (1, (1, 1))
    width = less.interval[1] - less.interval[0]
    low, high = Detectability.of(*before).d_prime_interval
    assert width < (high - low) / 3 / 3


def lcd_ct_hotelling(present, absent, test_present, test_absent, width, n_channels):
    """Rate as LCD-CT's ``conv_LG_CHO_2d`` without convolution (public domain), written anew."""
    side = present.shape[1]
    x = np.arange(side) - (side - 1) / 2
    r = np.sqrt(x[:, None] ** 2 + x[None, :] ** 2).ravel()
    argument = 2 * np.pi * r**2 / width**2
    laguerre = [np.ones_like(r), 1 - argument]
    for j in range(1, n_channels - 1):
        laguerre.append(((2 * j + 1 - argument) * laguerre[j] - j * laguerre[j - 1]) / (j + 1))
    channels = [np.sqrt(2) / width * np.exp(-np.pi * r**2 / width**2) * one for one in laguerre]
    ch = np.stack(channels, axis=1)
    vectors = [one.reshape(len(one), -1) @ ch for one in (present, absent)]
    s_ch = vectors[0].mean(0) - vectors[1].mean(0)
    k = (np.cov(vectors[1].T) + np.cov(vectors[0].T)) / 2
    w = s_ch @ np.linalg.pinv(k)
    t_sp, t_sa = (one.reshape(len(one), -1) @ ch @ w for one in (test_present, test_absent))
    snr = (t_sp.mean() - t_sa.mean()) / np.sqrt((t_sp.std(ddof=1) ** 2 + t_sa.std(ddof=1) ** 2) / 2)
    above = (t_sp[:, None] > t_sa).mean() + 0.5 * (t_sp[:, None] == t_sa).mean()
    return t_sp, t_sa, snr, above


def test_lcd_ct_finds_the_same_on_the_same_patches():
    """A 5 mm lesion in noise like that of filtered back-projection, 200 patches of each."""
    lesion = Lesion(5, -12)
    noise = np.stack(
        [
            noise_of_spectrum((40, 40), SPACING_MM, fbp_spectrum, SIGMA_HU, seed)
            for seed in range(400)
        ]
    )
    present, absent = noise[:200] + lesion.draw_hu(40, SPACING_MM), noise[200:]
    width = 2 / 3 * lesion.diameter_mm / 2 / SPACING_MM * 2
    t_sp, t_sa, snr, area = lcd_ct_hotelling(
        present[:100], absent[:100], present[100:], absent[100:], width, 5
    )
    channels = laguerre_gauss_channels(40, width, 5)
    template = channelized_hotelling_template(present[:100], absent[:100], channels)
    seen = ratings(present[100:], template), ratings(absent[100:], template)
    assert seen[0] == pytest.approx(t_sp, rel=1e-9)
    assert seen[1] == pytest.approx(t_sa, rel=1e-9)
    assert d_prime(*seen) == pytest.approx(snr, rel=1e-9)
    assert auc(*seen) == pytest.approx(area, rel=1e-12)


def test_the_eye_looks_for_structures_not_for_a_shift_of_the_mean():
    template = eye_filtered_template(gaussian_signal())
    assert template.sum() == pytest.approx(0, abs=1e-9)
    assert template[SIDE // 2, SIDE // 2] == template.max()


def test_the_eye_sees_best_at_four_cycles_a_degree():
    """Of a point, 128 pixels on 54 mm and half a metre away, where a degree takes 8.7 mm."""
    point = np.zeros((128, 128))
    point[0, 0] = 1
    eye = np.fft.fft2(eye_filtered_template(point)).real[0, :64]
    cycles_per_degree = np.arange(64) / 54 * 500 * np.pi / 180
    expected = (cycles_per_degree**1.3 * np.exp(-1.3 * cycles_per_degree**2 / 32)) ** 2
    assert eye == pytest.approx(expected, abs=1e-12)
    assert cycles_per_degree[eye.argmax()] == pytest.approx(4, abs=0.1)
