"""A lesion as an observer knows it: a disc of some contrast, blurred by the imaging system."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter

_FINER = 8  # a pixel on the rim is so many times so many smaller ones


@dataclass(frozen=True)
class Lesion:
    """A disc.

    Attributes
    ----------
    diameter_mm : float
        Before blurring.
    contrast_hu : float
        Above (or, negative, below) its surroundings, before blurring.
    blur_mm : float
        Standard deviation of the Gaussian by which the system blurs it.
    """

    diameter_mm: float
    contrast_hu: float
    blur_mm: float = 0.6

    def __str__(self) -> str:
        return f"{self.diameter_mm:g} mm, {self.contrast_hu:+g} HU"

    def draw_hu(self, side: int, pixel_spacing_mm: float) -> np.ndarray:
        """Return the lesion in the middle of nothing.

        Parameters
        ----------
        side : int
            Of the image, in pixels; the centre is that of the image, between pixels if even.
        pixel_spacing_mm : float
            Distance of neighbouring pixels.

        Returns
        -------
        ndarray of float64, shape (side, side)
            Hounsfield units above the surroundings; each pixel is the mean over its area.
        """
        fine_mm = pixel_spacing_mm / _FINER
        place_mm = (np.arange(side * _FINER) - (side * _FINER - 1) / 2) * fine_mm
        inside = np.hypot(place_mm[:, None], place_mm) <= self.diameter_mm / 2
        blurred = gaussian_filter(inside.astype(np.float64), self.blur_mm / fine_mm)
        pixels = blurred.reshape(side, _FINER, side, _FINER).mean((1, 3))
        return self.contrast_hu * pixels
