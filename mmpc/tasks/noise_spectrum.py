"""The noise power spectrum: how much of the noise is coarse, and how much fine.

After the ICRU's report 87 (2012): the mean of each uniform region is taken away, the squared
Fourier transforms are averaged. Compression eats the fine noise first, which looks waxy.
"""

from dataclasses import dataclass

import numpy as np

from mmpc.tasks.phantoms import frequencies_per_mm


@dataclass(frozen=True)
class NoiseSpectrum:
    """Noise power over frequency.

    Attributes
    ----------
    power_hu2mm2 : ndarray of float64, shape (side, side)
        In the order of ``np.fft.fft2``.
    pixel_spacing_mm : float
        Distance of neighbouring pixels.
    """

    power_hu2mm2: np.ndarray
    pixel_spacing_mm: float

    @classmethod
    def of(cls, patches_hu: np.ndarray, pixel_spacing_mm: float) -> "NoiseSpectrum":
        """Measure patches of uniform regions, shape (n, side, side)."""
        residue = patches_hu - patches_hu.mean((1, 2), keepdims=True)
        power = (np.abs(np.fft.fft2(residue)) ** 2).mean(0)
        side = patches_hu.shape[-1]
        return cls(power * pixel_spacing_mm**2 / side**2, pixel_spacing_mm)

    @property
    def variance_hu2(self) -> float:
        """The integral over the frequency plane, which is the variance (Parseval)."""
        side_mm = self.power_hu2mm2.shape[0] * self.pixel_spacing_mm
        return float(self.power_hu2mm2.sum() / side_mm**2)

    def radial(self) -> tuple[np.ndarray, np.ndarray]:
        """Return frequency (per mm, up to Nyquist) and the mean power of each ring."""
        side = self.power_hu2mm2.shape[0]
        frequency = frequencies_per_mm(self.power_hu2mm2.shape, self.pixel_spacing_mm)
        ring = np.rint(frequency * side * self.pixel_spacing_mm).astype(int).ravel()
        counts = np.bincount(ring)
        power = np.bincount(ring, self.power_hu2mm2.ravel()) / counts
        rings = np.arange(1, side // 2 + 1)
        return rings / (side * self.pixel_spacing_mm), power[rings]
