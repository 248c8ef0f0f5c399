"""Backgrounds whose noise is known: of a given spectrum, or as filtered back-projection makes it.

All are seeded: the same seed gives the same image.
"""

from collections.abc import Callable

import numpy as np
from skimage.transform import iradon

WATER_PER_MM = 0.0192  # attenuation of water at 70 keV (NIST)


def white_spectrum(frequency_per_mm: np.ndarray) -> np.ndarray:
    """Return the power of white noise, up to a factor: the same everywhere."""
    return np.ones_like(frequency_per_mm)


def fbp_spectrum(frequency_per_mm: np.ndarray, cutoff_per_mm: float = 0.8) -> np.ndarray:
    """Return the power of noise as filtered back-projection makes it, up to a factor.

    A ramp filter over white noise in the projections makes power that rises with the frequency
    (Riederer, Pelc and Chesler, Physics in Medicine and Biology 23, 1978); a Hann window, which
    most soft kernels resemble, takes it down again.

    Parameters
    ----------
    frequency_per_mm : ndarray of float
        Distance from the origin of the frequency plane.
    cutoff_per_mm : float
        Where the Hann window ends.
    """
    inside = np.minimum(frequency_per_mm / cutoff_per_mm, 1)
    return frequency_per_mm * (0.5 + 0.5 * np.cos(np.pi * inside)) ** 2


def frequencies_per_mm(shape: tuple[int, int], pixel_spacing_mm: float) -> np.ndarray:
    """Return how far each term of ``np.fft.fft2`` is from the origin."""
    rows, columns = (np.fft.fftfreq(side, pixel_spacing_mm) for side in shape)
    return np.hypot(rows[:, None], columns)


def noise_of_spectrum(
    shape: tuple[int, int],
    pixel_spacing_mm: float,
    spectrum: Callable[[np.ndarray], np.ndarray],
    sigma_hu: float,
    seed: int,
) -> np.ndarray:
    """Make Gaussian noise of a spectrum.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    pixel_spacing_mm : float
        Distance of neighbouring pixels.
    spectrum : callable
        Power over frequency (per mm), up to a factor.
    sigma_hu : float
        Standard deviation, that of the process: one image's own differs a little.
    seed : int
        Of the generator.

    Returns
    -------
    ndarray of float64, shape `shape`
        Mean 0.
    """
    power = spectrum(frequencies_per_mm(shape, pixel_spacing_mm))
    white = np.random.default_rng(seed).standard_normal(shape)
    coloured = np.fft.fft2(white) * np.sqrt(power / power.mean())
    return sigma_hu * np.fft.ifft2(coloured).real


def fbp_of_poisson(
    side: int,
    pixel_spacing_mm: float,
    photons: float,
    seed: int,
    n_angles: int = 360,
    filter_name: str = "hann",
) -> np.ndarray:
    """Scan a cylinder of water with counted photons and reconstruct it.

    Parameters
    ----------
    side : int
        Rows and columns; the cylinder fills 90 % of them.
    pixel_spacing_mm : float
        Distance of neighbouring pixels.
    photons : float
        For each ray, before the cylinder.
    seed : int
        Of the Poisson noise.
    n_angles : int
        Projections over half a turn.
    filter_name : str
        Of `skimage.transform.iradon`.

    Returns
    -------
    ndarray of float64, shape (side, side)
        Hounsfield units: water is 0.
    """
    # Every projection of a cylinder is the same: how much of it a ray meets.
    from_axis = np.arange(side) - side // 2
    chord = 2 * np.sqrt(np.maximum((0.45 * side) ** 2 - from_axis**2, 0))
    per_pixel = WATER_PER_MM * pixel_spacing_mm
    expected = np.tile(photons * np.exp(-per_pixel * chord)[:, None], n_angles)
    counts = np.random.default_rng(seed).poisson(expected)
    angles = np.linspace(0, 180, n_angles, endpoint=False)
    measured = -np.log(np.maximum(counts, 1) / photons)
    reconstructed = iradon(measured, angles, filter_name=filter_name, circle=True) / per_pixel
    return 1000 * (reconstructed - 1)
