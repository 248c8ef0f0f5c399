"""Many images in a few numbers: mean, spread, median and worst at each operating point."""

from array import array
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from mmpc.evaluation.metrics import MEASURES

# Worst is the largest, but for these.
_SMALL_IS_BAD = {"psnr_db", "psnr_range_db", "ssim"}
SUMMED_UP = (
    "size_bytes",
    "rate_bpp",
    *MEASURES,
    "blocking_ratio",
    "body_rmse",
    "body_ssim",
    "skull_interior_rmse",
    "skull_interior_ssim",
    "mask_rmse",
    "mask_ssim",
    "encode_seconds",
    "decode_seconds",
)
AGGREGATE_COLUMNS = (
    "codec",
    "quality",
    "measure",
    "images",
    "mean",
    "standard_deviation",
    "median",
    "worst",
    "worst_image",
)


def aggregate(rows: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """Sum up a table of images and operating points.

    Parameters
    ----------
    rows : iterable of dict of str
        Rows of ``summary.csv``, as text; read once, only the numbers are kept.

    Returns
    -------
    list of dict
        One row for each codec, quality and measure, keys `AGGREGATE_COLUMNS`: the standard
        deviation is that of the sample (n - 1; empty for one image), ``worst_image`` says
        which image (and frame) has the largest error or the smallest PSNR. Errorless
        images, whose PSNR is infinite, do not count for that measure.
    """
    values: dict[tuple, array] = defaultdict(lambda: array("d"))
    worst: dict[tuple, tuple[float, str]] = {}
    for row in rows:
        for measure in SUMMED_UP:
            value = float(row.get(measure) or "nan")
            if not np.isfinite(value):
                continue
            key = (row["codec"], row["quality"], measure)
            values[key].append(value)
            badness = -value if measure in _SMALL_IS_BAD else value
            if key not in worst or badness > worst[key][0]:
                frame = f" frame {row['frame']}" if row["frame"] != "0" else ""
                worst[key] = (badness, row["image"] + frame)
    return [
        {
            "codec": key[0],
            "quality": key[1],
            "measure": key[2],
            "images": len(found),
            "mean": float(np.mean(found)),
            "standard_deviation": float(np.std(found, ddof=1)) if len(found) > 1 else None,
            "median": float(np.median(found)),
            "worst": float(min(found) if key[2] in _SMALL_IS_BAD else max(found)),
            "worst_image": worst[key][1],
        }
        for key, found in sorted(values.items(), key=_order)
    ]


def _order(item: tuple[tuple[str, str, str], array]) -> tuple:
    codec, quality, measure = item[0]
    return codec, float(quality), SUMMED_UP.index(measure)


def table_text(rows: list[dict[str, Any]], measures: tuple[str, ...]) -> str:
    """Return the aggregates of some measures as lines for a terminal."""
    chosen = [row for row in rows if row["measure"] in measures]
    lines = [
        f"{'codec':20} {'quality':>8} {'measure':10} {'images':>6} {'mean':>10} {'std':>10} "
        f"{'median':>10} {'worst':>10}  worst image"
    ]
    for row in chosen:
        spread = "" if row["standard_deviation"] is None else f"{row['standard_deviation']:.4f}"
        lines.append(
            f"{row['codec']:20} {row['quality']:>8} {row['measure']:10} {row['images']:6} "
            f"{row['mean']:10.4f} {spread:>10} {row['median']:10.4f} {row['worst']:10.4f}  "
            f"{row['worst_image']}"
        )
    return "\n".join(lines)
