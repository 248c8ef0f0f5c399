"""Are the measurements still right? Before against after, slice by slice and as agreement."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from skimage.morphology import isotropic_dilation, isotropic_erosion

from mmpc.evaluation.tasks_codecs import FAST_AV1, Found, find_task_codec
from mmpc.evaluation.tasks_detection import task_label
from mmpc.tasks.agreement import Agreement
from mmpc.tasks.masks import body_mask, bone_mask, lung_mask
from mmpc.tasks.measurements import BodyComposition, Calcium, Emphysema, Region
from mmpc.tasks.overlap import Overlap

SLICE_SETTINGS = {
    "mmpc-v1": (10, 40),
    "mmpc-v2-fast": (10, 40),
    "openjpeg": (2, 7),
    "libjxl": (0.03, 0.25),
    "x265": (0, 9),
    FAST_AV1: (1, 4),
}
SMALLEST_LUNG_MM2 = 2000.0
_SOFT_TISSUE_HU = (0, 100)
_BONE_MARGIN_MM = 3.0  # calcium nearer to bone is bone
COLUMNS = ("codec", "quality", "image", "rate_bpp", "rmse_hu", "measure", "before", "after")
AGREEMENT_COLUMNS = (
    "label",
    "quality",
    "rate_bpp",
    "rmse_hu",
    "measure",
    "n",
    "mean",
    "bias",
    "bias_from",
    "bias_to",
    "limit_from",
    "limit_to",
    "repeatability",
)
# What repeated scans of one patient differ by, without any compression.
REPEATABILITY = {
    "15th percentile of the lung (HU)": "9.7 to 14.7 % of the density (Diciotti et al., Academic "
    "Radiology 18, 2011)",
    "calcium score": "66 at a score of 100 and a BMI of 25 (MESA, AJR 190, 2008)",
}


class Slice(NamedTuple):
    """A CT slice that is measured."""

    name: str
    pixels: np.ndarray
    slope: float
    intercept: float
    pixel_spacing_mm: float

    def hounsfield(self, pixels: np.ndarray) -> np.ndarray:
        """Return stored values of this slice, original or decoded, in Hounsfield units."""
        return pixels * self.slope + self.intercept


class Regions(NamedTuple):
    """Where is measured: what is found in the original counts before and after."""

    body: np.ndarray
    lung: np.ndarray
    bone: np.ndarray
    soft: np.ndarray
    away_from_bone: np.ndarray

    @classmethod
    def of(cls, image_hu: np.ndarray, spacing_mm: float) -> "Regions":
        """Find them."""
        body, bone = body_mask(image_hu, spacing_mm), bone_mask(image_hu, spacing_mm)
        low, high = _SOFT_TISSUE_HU
        dense = (image_hu > low) & (image_hu < high) & body
        margin = _BONE_MARGIN_MM / spacing_mm
        near_bone = isotropic_dilation(bone, margin) if bone.any() else bone
        return cls(
            body,
            lung_mask(image_hu, spacing_mm),
            bone,
            isotropic_erosion(dense, 1),
            body & ~near_bone,
        )


def measure(image_hu: np.ndarray, where: Regions, spacing_mm: float) -> dict[str, float]:
    """Return what is measured in a slice, by name; masks that are measured are found in it."""
    found = {}
    if where.soft.sum() > 1:
        soft = Region.of(image_hu, where.soft, spacing_mm)
        found["mean of soft tissue (HU)"] = soft.mean_hu
        found["SD of soft tissue (HU)"] = soft.sd_hu
    if where.lung.sum() * spacing_mm**2 >= SMALLEST_LUNG_MM2:
        lung = Emphysema.of(image_hu, where.lung)
        found["lung below -950 HU (%)"] = lung.below_950_hu_percent
        found["15th percentile of the lung (HU)"] = lung.percentile_15_hu
        # Elsewhere what is as dense is mostly contrast medium.
        calcium = Calcium.of(image_hu, where.away_from_bone, spacing_mm)
        found["calcium score"] = calcium.score
    bone = bone_mask(image_hu, spacing_mm)
    tissues = BodyComposition.of(image_hu, body_mask(image_hu, spacing_mm), bone, spacing_mm)
    for name in ("muscle", "fat", "bone"):
        found[f"{name} (cm2)"] = getattr(tissues, f"{name}_mm2") / 100
    return found


@dataclass(frozen=True)
class SliceCoding:
    """One slice to be coded by one codec at its settings, and measured before and after."""

    codec: str
    qualities: tuple[float, ...]
    slice: Slice

    def carry_out(self) -> Found:
        """Return the rows of `measurement_rows`."""
        before, rows = Measured.of(self.slice), []
        for quality in self.qualities:
            trip = find_task_codec(self.codec).round_trip(self.slice.pixels, quality)
            rows += measurement_rows(before, self.codec, quality, trip.size_bytes, trip.decoded)
        return Found(rows, {})


class Measured(NamedTuple):
    """A slice as it was, and what was measured in it."""

    slice: Slice
    image_hu: np.ndarray
    where: Regions
    values: dict[str, float]

    @classmethod
    def of(cls, one: Slice) -> "Measured":
        """Measure."""
        image_hu = one.hounsfield(one.pixels)
        where = Regions.of(image_hu, one.pixel_spacing_mm)
        return cls(one, image_hu, where, measure(image_hu, where, one.pixel_spacing_mm))


def measurement_rows(
    before: Measured, codec: str, quality: float, size_bytes: int, decoded: np.ndarray
) -> list[dict[str, Any]]:
    """Return a row for each measure, keys `COLUMNS`; of masks the ideal stands for before."""
    one, where = before.slice, before.where
    after_hu, spacing_mm = one.hounsfield(decoded), one.pixel_spacing_mm
    values = measure(after_hu, where, spacing_mm)
    pairs = {name: (before.values[name], values[name]) for name in before.values}
    again = Regions.of(after_hu, spacing_mm)
    for name in ("body", "lung", "bone"):
        mask = getattr(where, name)
        if mask.any():
            overlap = Overlap.of(mask, getattr(again, name), spacing_mm)
            pairs[f"Dice of {name}"] = (1.0, overlap.dice)
            pairs[f"95 % Hausdorff of {name} (mm)"] = (0.0, overlap.hausdorff_mm)
    shared = {
        "codec": codec,
        "quality": quality,
        "image": one.name,
        "rate_bpp": 8 * size_bytes / one.pixels.size,
        "rmse_hu": float(np.sqrt(((after_hu - before.image_hu) ** 2).mean())),
    }
    return [
        shared | {"measure": name, "before": old, "after": new}
        for name, (old, new) in pairs.items()
    ]


def agreement_rows(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the agreement over the slices for each codec, setting and measure."""
    groups = defaultdict(list)
    for row in rows:
        groups[row["codec"], row["quality"], row["measure"]].append(row)
    table = []
    for (codec, quality, name), group in groups.items():
        if len(group) < 2:
            continue
        before, after, rate, rmse = (
            np.array([row[column] for row in group])
            for column in ("before", "after", "rate_bpp", "rmse_hu")
        )
        found = Agreement.between(before, after)
        table.append(
            {
                "label": task_label(codec),
                "quality": quality,
                "rate_bpp": float(rate.mean()),
                "rmse_hu": float(rmse.mean()),
                "measure": name,
                "n": found.n,
                "mean": float(before.mean()),
                "bias": found.bias,
                "bias_from": found.bias_interval[0],
                "bias_to": found.bias_interval[1],
                "limit_from": found.limits[0],
                "limit_to": found.limits[1],
                "repeatability": REPEATABILITY.get(name),
            }
        )
    return table
