"""The task transfer function: how sharp the edge of a disc still is, at its own contrast.

After AAPM Report 233 (2019) and Richard et al., Medical Physics 39 (2012): the pixels around a
disc, sorted by their distance from its centre, are the edge spread, finer than the pixel grid;
its derivative is the line spread, whose Fourier transform is the transfer. A codec is not
linear: a faint edge may be blurred more than a strong one.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal.windows import tukey

_BINS_PER_PIXEL = 4
# Where exp(-2 pi^2 s^2 f^2) is one half, times s.
_HALF_OF_GAUSSIAN = float(np.sqrt(np.log(2) / 2) / np.pi)


@dataclass(frozen=True)
class TransferFunction:
    """How much of each frequency comes through an edge.

    Attributes
    ----------
    frequency_per_mm : ndarray of float64, shape (n,)
        From 0 on.
    transfer : ndarray of float64, shape (n,)
        1 at the frequency 0.
    """

    frequency_per_mm: np.ndarray
    transfer: np.ndarray

    @property
    def half_per_mm(self) -> float:
        """The frequency of which half comes through."""
        below = int(np.argmax(self.transfer < 0.5))
        pair = slice(below - 1, below + 1)
        # Falling, so both reversed for np.interp.
        return float(np.interp(0.5, self.transfer[pair][::-1], self.frequency_per_mm[pair][::-1]))

    @property
    def blur_mm(self) -> float:
        """The standard deviation of a Gaussian that lets half of that frequency through."""
        return _HALF_OF_GAUSSIAN / self.half_per_mm


def task_transfer_function(
    disc_hu: np.ndarray, diameter_mm: float, pixel_spacing_mm: float, reach_mm: float
) -> TransferFunction:
    """Measure the edge of a disc in the middle of an image.

    Parameters
    ----------
    disc_hu : ndarray of float, shape (side, side)
        The disc on uniform ground; where there is noise, the mean of many.
    diameter_mm : float
        Of the disc, which is much larger than the blur: only then is its edge a straight one.
    pixel_spacing_mm : float
        Distance of neighbouring pixels.
    reach_mm : float
        How far from the edge pixels are looked at, to both sides.

    Returns
    -------
    TransferFunction
    """
    place_mm = (np.arange(disc_hu.shape[0]) - (disc_hu.shape[0] - 1) / 2) * pixel_spacing_mm
    from_edge_mm = (np.hypot(place_mm[:, None], place_mm) - diameter_mm / 2).ravel()
    bin_mm = pixel_spacing_mm / _BINS_PER_PIXEL
    n_bins = 2 * int(reach_mm / bin_mm)
    bins = np.floor(from_edge_mm / bin_mm).astype(int) + n_bins // 2
    inside = (bins >= 0) & (bins < n_bins)
    counts = np.bincount(bins[inside], minlength=n_bins)
    sums = np.bincount(bins[inside], disc_hu.ravel()[inside], minlength=n_bins)
    filled = np.flatnonzero(counts)
    edge_spread = np.interp(np.arange(n_bins), filled, sums[filled] / counts[filled])
    # Far from the edge there is only noise, which must not end abruptly.
    line_spread = np.diff(edge_spread) * tukey(n_bins - 1)
    length = 8 * n_bins
    frequency = np.fft.rfftfreq(length, bin_mm)
    transfer = np.abs(np.fft.rfft(line_spread, length))
    # A bin's mean, and the difference of two neighbours, each blur by a bin.
    shown = frequency <= 0.5 / pixel_spacing_mm
    blurred = np.sinc(frequency[shown] * bin_mm) ** 2
    return TransferFunction(frequency[shown], transfer[shown] / transfer[0] / blurred)
