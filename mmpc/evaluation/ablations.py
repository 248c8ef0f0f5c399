"""The ablation table: what each stage of version 1 is worth, over all images measured.

Changing the order or the entropy stage leaves the error as it is, so sizes compare directly.
Block size and rounding change the error too; therefore every variant is also compared at
equal RMSE, on the curve of version 1 at several steps.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from mmpc.evaluation.bd_rate import RateCurve
from mmpc.evaluation.v1_variants import BASELINE, VARIANTS

QUALITIES = (10, 30, 60)
# Version 1 alone is measured at these too, for its curve.
CURVE_QUALITIES = (4, 6, 8, 10, 15, 20, 30, 45, 60, 80, 100, 140)
ABLATION_COLUMNS = (
    "variant",
    "quality",
    "images",
    "mean_rate_bpp",
    "mean_rmse",
    "size_percent",
    "size_at_equal_rmse_percent",
)


def ablation_points(qualities: Iterable[float] = QUALITIES) -> tuple[tuple[str, float], ...]:
    """Return the operating points to be measured: (variant, quality)."""
    curve = [(BASELINE.name, float(q)) for q in sorted({*CURVE_QUALITIES, *qualities})]
    others = [name for name in VARIANTS if name != BASELINE.name]
    return (*curve, *((name, float(q)) for name in others for q in qualities))


def ablation_table(
    rows: Iterable[dict[str, str]], qualities: Iterable[float] = QUALITIES
) -> list[dict[str, Any]]:
    """Compare the variants with version 1.

    Parameters
    ----------
    rows : iterable of dict of str
        Rows of the table of measurements.
    qualities : iterable of float
        The quantization steps to list.

    Returns
    -------
    list of dict
        Keys `ABLATION_COLUMNS`; the percentages are means over the images of the change
        of the size: at the same step, and at the same RMSE (PCHIP through version 1's
        points); an image whose RMSE version 1 does not reach is left out of the latter.
    """
    measured: dict[tuple, dict[float, tuple[float, float, float]]] = defaultdict(dict)
    for row in rows:
        point = tuple(float(row[name]) for name in ("size_bytes", "rmse", "rate_bpp"))
        image = (row["image"], row["frame"])
        measured[row["codec"], image][float(row["quality"])] = point
    images = sorted({image for _, image in measured})
    table = []
    for name, variant in VARIANTS.items():
        for quality in qualities:
            have = [
                image
                for image in images
                if quality in measured[name, image] and quality in measured[BASELINE.name, image]
            ]
            if not have:
                continue
            points = np.array([measured[name, image][quality] for image in have])
            base = np.array([measured[BASELINE.name, image][quality] for image in have])
            same_rmse = [
                measured[name, image][quality][0] / at
                for image in have
                if (
                    at := _size_at(
                        measured[BASELINE.name, image], measured[name, image][quality][1]
                    )
                )
            ]
            table.append(
                {
                    "variant": variant.title,
                    "quality": f"{quality:g}",
                    "images": len(have),
                    "mean_rate_bpp": float(points[:, 2].mean()),
                    "mean_rmse": float(points[:, 1].mean()),
                    "size_percent": _percent(points[:, 0] / base[:, 0]),
                    "size_at_equal_rmse_percent": _percent(np.array(same_rmse)),
                }
            )
    return table


def _size_at(points: dict[float, tuple[float, float, float]], rmse: float) -> float | None:
    """Return the size of version 1 at an RMSE, None if it is out of the measured range."""
    curve = RateCurve.from_points(
        [point[1] for point in points.values()], [point[0] for point in points.values()]
    )
    size = float(curve.rate_at(rmse))
    return None if np.isnan(size) else size


def _percent(ratios: np.ndarray) -> float | None:
    # The tiny part that interpolating a curve at its own point leaves is rounded away.
    return round(float(100 * (ratios.mean() - 1)), 3) + 0.0 if len(ratios) else None
