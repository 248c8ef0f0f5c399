"""Phantoms and spectra with known answers."""

import numpy as np
import pytest

from mmpc.tasks.lesions import Lesion
from mmpc.tasks.noise_spectrum import NoiseSpectrum
from mmpc.tasks.phantoms import (
    fbp_of_poisson,
    fbp_spectrum,
    frequencies_per_mm,
    noise_of_spectrum,
    white_spectrum,
)
from mmpc.tasks.sharpness import task_transfer_function

SPACING_MM = 0.5


def test_a_lesion_holds_its_contrast_and_its_area():
    drawn = Lesion(10, -6, blur_mm=0.6).draw_hu(64, SPACING_MM)
    assert drawn.min() == pytest.approx(-6, rel=1e-6)
    assert drawn.sum() * SPACING_MM**2 == pytest.approx(-6 * np.pi * 25, rel=0.002)
    assert drawn == pytest.approx(drawn[::-1, ::-1], abs=1e-9)
    assert str(Lesion(3, 25)) == "3 mm, +25 HU"


@pytest.mark.parametrize("spectrum", [white_spectrum, fbp_spectrum])
def test_noise_has_the_spectrum_and_the_sigma_it_was_made_of(spectrum):
    made = [noise_of_spectrum((64, 64), SPACING_MM, spectrum, 12, seed) for seed in range(400)]
    measured = NoiseSpectrum.of(np.stack(made), SPACING_MM)
    assert np.sqrt(measured.variance_hu2) == pytest.approx(12, rel=0.01)
    wanted = spectrum(frequencies_per_mm((64, 64), SPACING_MM))
    wanted = NoiseSpectrum(wanted / wanted.mean() * 144 * SPACING_MM**2, SPACING_MM)
    frequency, power = measured.radial()
    known = wanted.radial()[1]
    # A ring of n terms, each over 400 images, is sure to 1 / sqrt(400 n).
    well_known = known > 0.02 * known.max()
    assert power[well_known] == pytest.approx(known[well_known], rel=0.1)
    assert frequency[-1] == pytest.approx(1.0)


def test_the_integral_of_the_spectrum_is_the_variance():
    patches = np.random.default_rng(0).normal(40, 9, (7, 32, 32)).cumsum(axis=1)
    residue = patches - patches.mean((1, 2), keepdims=True)
    found = NoiseSpectrum.of(patches, 0.7).variance_hu2
    assert found == pytest.approx((residue**2).mean(), rel=1e-12)


def test_the_same_seed_makes_the_same_noise():
    same = [noise_of_spectrum((8, 8), 1, fbp_spectrum, 1, seed) for seed in (1, 1, 2)]
    assert np.array_equal(same[0], same[1])
    assert not np.array_equal(same[0], same[2])


def test_back_projection_of_counted_photons():
    image = fbp_of_poisson(96, 2.0, photons=1e5, seed=1, n_angles=180)
    middle = image[24:72, 24:72]
    assert middle.mean() == pytest.approx(0, abs=20)
    assert image[:8, :8].mean() == pytest.approx(-1000, abs=20)
    half_dose = fbp_of_poisson(96, 2.0, photons=5e4, seed=1, n_angles=180)[24:72, 24:72]
    assert half_dose.std() / middle.std() == pytest.approx(np.sqrt(2), rel=0.1)
    other = [fbp_of_poisson(96, 2.0, 1e5, seed, n_angles=180)[24:72, 24:72] for seed in (2, 3, 4)]
    # What is the same in all scans is no noise.
    frequency, power = NoiseSpectrum.of(np.stack(other) - middle, 2.0).radial()
    # Less noise where the ramp begins than in its middle.
    assert power[0] < 0.5 * power[np.abs(frequency - 0.08) < 0.03].mean()


@pytest.mark.parametrize("blur_mm", [0.5, 0.8, 1.5])
def test_an_edge_of_known_blur_gives_that_blur(blur_mm):
    disc = Lesion(40, 80, blur_mm).draw_hu(128, SPACING_MM)
    found = task_transfer_function(disc, 40, SPACING_MM, reach_mm=8)
    # A pixel is the mean over its area, which is a blur too.
    blur_mm = np.hypot(blur_mm, SPACING_MM / np.sqrt(12))
    assert found.blur_mm == pytest.approx(blur_mm, rel=0.03)
    known = np.exp(-2 * (np.pi * blur_mm * found.frequency_per_mm) ** 2)
    assert found.transfer == pytest.approx(known, abs=0.04)
    assert found.frequency_per_mm[-1] == pytest.approx(0.5 / SPACING_MM, rel=0.01)  # no further


def test_an_edge_in_noise_gives_nearly_that_blur():
    noise = noise_of_spectrum((128, 128), SPACING_MM, fbp_spectrum, 2, seed=4)
    disc = Lesion(40, 80, 0.8).draw_hu(128, SPACING_MM) + noise
    found = task_transfer_function(disc, 40, SPACING_MM, reach_mm=6)
    assert found.blur_mm == pytest.approx(0.8, rel=0.1)
