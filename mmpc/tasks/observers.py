"""Model observers: each is a template, and what it sees in a patch is one number, the rating.

A linear observer multiplies a patch with its template and adds up. They differ in what the
template knows: the ideal one the signal and the noise's spectrum, the channelized Hotelling one
only what some channels saw in a training set, the non-prewhitening one the signal alone, seen
through a human eye. Sources: Barrett and Myers, Foundations of Image Science (2004), chapter 14;
AAPM Report 233 (2019); the FDA's public-domain LCD-CT toolbox, whose ratings the tests compare.
"""

import numpy as np
from scipy.special import eval_laguerre

N_CHANNELS = 6
# Of Burgess, JOSA A 11 (1994): f^1.3 exp(-c f^2) with its peak at 4 cycles a degree.
_EYE_POWER, _EYE_FALL = 1.3, 1.3 / (2 * 4**2)
# As in LCD-CT: 128 pixels on 54 mm of a display that is looked at from half a metre.
_DISPLAY_PIXEL_MM = 54 / 128
_DISPLAY_MM_PER_DEGREE = 500 * np.pi / 180


def laguerre_gauss_channels(
    side: int, width_pixels: float, n_channels: int = N_CHANNELS
) -> np.ndarray:
    """Return Laguerre-Gauss functions, which look the same in every direction.

    Parameters
    ----------
    side : int
        Of a patch; the functions stand in its middle.
    width_pixels : float
        The ``a`` of exp(-pi r^2 / a^2) L_j(2 pi r^2 / a^2).
    n_channels : int
        How many, from the smoothest on.

    Returns
    -------
    ndarray of float64, shape (n_channels, side, side)
    """
    place = np.arange(side) - (side - 1) / 2
    squared = 2 * np.pi * (place[:, None] ** 2 + place**2) / width_pixels**2
    orders = np.arange(n_channels)[:, None, None]
    return np.sqrt(2) / width_pixels * np.exp(-squared / 2) * eval_laguerre(orders, squared)


def channelized_hotelling_template(
    present: np.ndarray, absent: np.ndarray, channels: np.ndarray
) -> np.ndarray:
    """Train the channelized Hotelling observer.

    Parameters
    ----------
    present, absent : ndarray of float, shape (n, side, side)
        Patches for training, with the lesion and without.
    channels : ndarray of float, shape (n_channels, side, side)
        Such as `laguerre_gauss_channels`.

    Returns
    -------
    ndarray of float64, shape (side, side)
        What the channels saw of the lesion, over what they saw of the noise.
    """
    seen = [_ratings(patches, channels) for patches in (present, absent)]
    signal = seen[0].mean(0) - seen[1].mean(0)
    covariance = (np.cov(seen[0], rowvar=False) + np.cov(seen[1], rowvar=False)) / 2
    weights = np.linalg.pinv(covariance, hermitian=True) @ signal
    return np.tensordot(weights, channels, 1)


def ideal_template(signal_hu: np.ndarray, power: np.ndarray) -> np.ndarray:
    """Return the template of the ideal observer: the signal, prewhitened twice.

    Parameters
    ----------
    signal_hu : ndarray of float, shape (side, side)
        The lesion.
    power : ndarray of float, shape (side, side)
        Of the stationary Gaussian noise, in the order of ``np.fft.fft2``, up to a factor.
    """
    return np.fft.ifft2(np.fft.fft2(signal_hu) / power).real


def ideal_d_prime(signal_hu: np.ndarray, power_hu2mm2: np.ndarray, pixel_spacing_mm: float):
    """Return the d' of the ideal observer, which no observer exceeds.

    The integral of the squared signal spectrum over the noise power; in white noise that is
    the root of sum(signal^2) / sigma^2.

    Parameters
    ----------
    signal_hu : ndarray of float, shape (side, side)
        The lesion.
    power_hu2mm2 : ndarray of float, shape (side, side)
        Noise power spectrum, in the order of ``np.fft.fft2``.
    pixel_spacing_mm : float
        Distance of neighbouring pixels.

    Returns
    -------
    float
    """
    spectrum = np.abs(np.fft.fft2(signal_hu)) ** 2 / signal_hu.size * pixel_spacing_mm**2
    return float(np.sqrt((spectrum / power_hu2mm2).sum()))


def eye_filtered_template(signal_hu: np.ndarray, with_eye: bool = True) -> np.ndarray:
    """Return the template of the non-prewhitening observer, with the filter of the eye.

    The patch is thought of on a display, pixel for pixel, as in LCD-CT.

    Parameters
    ----------
    signal_hu : ndarray of float, shape (side, side)
        The lesion, or the mean difference of training patches.
    with_eye : bool
        Without, the template is the signal.
    """
    if not with_eye:
        return signal_hu
    rows, columns = (np.fft.fftfreq(n, _DISPLAY_PIXEL_MM) for n in signal_hu.shape)
    per_degree = np.hypot(rows[:, None], columns) * _DISPLAY_MM_PER_DEGREE
    eye = per_degree**_EYE_POWER * np.exp(-_EYE_FALL * per_degree**2)
    return np.fft.ifft2(np.fft.fft2(signal_hu) * eye**2).real


def ratings(patches: np.ndarray, template: np.ndarray) -> np.ndarray:
    """Return what an observer sees in patches.

    Parameters
    ----------
    patches : ndarray of float, shape (n, side, side)
        To be judged.
    template : ndarray of float, shape (side, side)
        Of the observer.

    Returns
    -------
    ndarray of float64, shape (n,)
        Larger: more likely a lesion.
    """
    return _ratings(patches, template[None])[:, 0]


def _ratings(patches: np.ndarray, templates: np.ndarray) -> np.ndarray:
    return np.tensordot(patches, templates, ((1, 2), (1, 2)))
