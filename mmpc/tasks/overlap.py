"""How alike two masks are: the share they have in common, and how far their borders part."""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import binary_erosion, distance_transform_edt

PERCENTILE = 95


@dataclass(frozen=True)
class Overlap:
    """Two masks of one thing.

    Attributes
    ----------
    dice : float
        Twice the common area over the sum of the areas: 1 is the same, 0 nothing in common.
        Two empty masks are the same.
    hausdorff_mm : float
        95 % of the border pixels of either mask are at most this far from the other's border
        (the 95th percentile instead of the largest distance, which one pixel decides);
        infinite where one mask is empty.
    """

    dice: float
    hausdorff_mm: float

    @classmethod
    def of(cls, one: np.ndarray, other: np.ndarray, pixel_spacing_mm: float) -> "Overlap":
        """Compare two masks, ndarrays of bool of one shape."""
        areas = int(one.sum()), int(other.sum())
        if not any(areas):
            return cls(1.0, 0.0)
        dice = 2 * int((one & other).sum()) / sum(areas)
        if not all(areas):
            return cls(dice, float("inf"))
        borders = [mask & ~binary_erosion(mask) for mask in (one, other)]
        away_mm = [distance_transform_edt(~border, pixel_spacing_mm) for border in borders]
        distances_mm = np.concatenate((away_mm[1][borders[0]], away_mm[0][borders[1]]))
        return cls(dice, float(np.percentile(distances_mm, PERCENTILE)))
