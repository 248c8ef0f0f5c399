"""What doctors measure in a CT slice: densities, emphysema, calcium, body composition.

The thresholds are those of the literature; the regions are given, or found by ``masks``.
"""

from dataclasses import dataclass

import numpy as np
from skimage.measure import label, regionprops

EMPHYSEMA_HU, EMPHYSEMA_PERCENTILE = -950, 15
CALCIUM_HU, SMALLEST_CALCIUM_MM2 = 130, 1.0
MUSCLE_HU, FAT_HU = (-29, 150), (-190, -30)


@dataclass(frozen=True)
class Region:
    """Density of a region.

    Attributes
    ----------
    mean_hu, sd_hu : float
        Mean and standard deviation.
    area_mm2 : float
        Of the region.
    """

    mean_hu: float
    sd_hu: float
    area_mm2: float

    @classmethod
    def of(cls, image_hu: np.ndarray, mask: np.ndarray, pixel_spacing_mm: float) -> "Region":
        """Measure the pixels of a mask, ndarray of bool."""
        inside = image_hu[mask]
        return cls(
            float(inside.mean()), float(inside.std(ddof=1)), _area_mm2(mask, pixel_spacing_mm)
        )


@dataclass(frozen=True)
class Emphysema:
    """Density of the lung (Gevenois et al., AJRCCM 152, 1995; Parr et al., Thorax 61, 2006).

    Attributes
    ----------
    below_950_hu_percent : float
        Share of the lung below -950 HU.
    percentile_15_hu : float
        15 % of the lung are below this.
    """

    below_950_hu_percent: float
    percentile_15_hu: float

    @classmethod
    def of(cls, image_hu: np.ndarray, lung: np.ndarray) -> "Emphysema":
        """Measure the pixels of a lung mask, ndarray of bool with at least one pixel."""
        inside = image_hu[lung]
        return cls(
            100 * float((inside < EMPHYSEMA_HU).mean()),
            float(np.percentile(inside, EMPHYSEMA_PERCENTILE)),
        )


@dataclass(frozen=True)
class Calcium:
    """Calcium after Agatston et al., JACC 15 (1990), of one slice.

    Attributes
    ----------
    score : float
        Areas of all pieces, in mm2, times 1 to 4 by their largest value: from 130, 200, 300,
        400 HU on.
    area_mm2 : float
        Unweighted.
    """

    score: float
    area_mm2: float

    @classmethod
    def of(cls, image_hu: np.ndarray, mask: np.ndarray, pixel_spacing_mm: float) -> "Calcium":
        """Measure where a mask allows calcium; pieces below 1 mm2 do not count."""
        pieces = label((image_hu >= CALCIUM_HU) & mask, connectivity=2)
        score = total_mm2 = 0.0
        for piece in regionprops(pieces, intensity_image=image_hu):
            area_mm2 = piece.area * pixel_spacing_mm**2
            if area_mm2 >= SMALLEST_CALCIUM_MM2:
                total_mm2 += area_mm2
                score += area_mm2 * min(4, max(1, int(piece.intensity_max // 100)))
        return cls(score, total_mm2)


@dataclass(frozen=True)
class BodyComposition:
    """Areas of tissues in a slice (thresholds: Mitsiopoulos et al., J Appl Physiol 85, 1998).

    Attributes
    ----------
    muscle_mm2 : float
        -29 to 150 HU.
    fat_mm2 : float
        -190 to -30 HU.
    bone_mm2 : float
        Of the bone mask.
    """

    muscle_mm2: float
    fat_mm2: float
    bone_mm2: float

    @classmethod
    def of(
        cls, image_hu: np.ndarray, body: np.ndarray, bone: np.ndarray, pixel_spacing_mm: float
    ) -> "BodyComposition":
        """Measure inside a body mask; what the bone mask has is neither muscle nor fat."""
        soft = body & ~bone
        muscle, fat = (
            soft & (image_hu >= low) & (image_hu <= high) for low, high in (MUSCLE_HU, FAT_HU)
        )
        return cls(*(_area_mm2(mask, pixel_spacing_mm) for mask in (muscle, fat, bone)))


def _area_mm2(mask: np.ndarray, pixel_spacing_mm: float) -> float:
    return int(mask.sum()) * pixel_spacing_mm**2
