"""Promises measured: files with a largest error beside JPEG-LS and JPEG XL; what a region gains."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from mmpc.evaluation.style import label_of
from mmpc.evaluation.targets import Goal
from mmpc.images.image import Image
from mmpc.images.regions import region_of_interest
from mmpc.request import Region
from mmpc.streams.compress import compress
from mmpc.streams.reading import decompress

OURS, THEIRS = "mmpc-v2-bounded", "charls"
LOSSLESS = ("libjxl-lossless", "libjxl-lossless-e9")  # beside both where the bound is 0
# Bound: the size ratio that must be reached, and the one that is aimed at.
BOUNDS = {0: (0.86, 0.80), 2: (0.80, 0.73), 5: (0.75, 0.68)}
BOUND_COLUMNS = (
    *("bound", "must_reach", "aim", "size_ratio", "best", "worst", "images", "verdict"),
    *("largest_error", "largest_error_charls", "encode_time_ratio", "decode_time_ratio"),
)
LOSSLESS_COLUMNS = (
    *("codec", "label", "size_ratio", "best", "worst", "images"),
    *("largest_error", "encode_time_ratio", "decode_time_ratio"),
)
SUMMARY_COLUMNS = (
    *("region", "gain", "images", "area_percent", "inside_change_percent"),
    *("least_gain_percent", "outside_change_percent"),
)
GAINS = (2.0, 4.0)
REGION_STEP = 16.0
SEARCH_ROUNDS = 10
REGION_COLUMNS = (
    *("image", "region", "area_percent", "gain", "size_bytes", "size_change_percent"),
    *("rmse_inside", "rmse_inside_before", "inside_change_percent"),
    *("rmse_outside", "rmse_outside_before", "outside_change_percent"),
)


def bound_points() -> tuple[tuple[str, float], ...]:
    """Return the operating points: both codecs at every bound, and those that are lossless."""
    both = tuple((codec, float(bound)) for codec in (OURS, THEIRS) for bound in BOUNDS)
    return both + tuple((codec, 0.0) for codec in LOSSLESS)


def bound_table(rows: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """Return one row for each bound: size and times over JPEG-LS's, and whether both kept it.

    Parameters
    ----------
    rows : iterable of dict of str
        Rows of ``promise_points.csv``, as text.

    Returns
    -------
    list of dict
        Keys `BOUND_COLUMNS`; ``size_ratio`` is the mean over images, time ratios are
        geometric means.
    """
    rows = list(rows)
    table = []
    for bound, (must, aim) in BOUNDS.items():
        pairs = _pairs(rows, OURS, bound)
        ratios = _all_ratios(pairs, OURS)
        table.append(
            {
                "bound": bound,
                "must_reach": f"<= {must:g} x",
                "aim": f"{aim:g} x",
                "verdict": Goal("", must, aim, "x").verdict(ratios["size_ratio"]),
                "largest_error_charls": max(float(pair[THEIRS]["peak_error"]) for pair in pairs),
            }
            | ratios
        )
    return table


def lossless_table(rows: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """Return one row for each lossless codec: size and times over JPEG-LS's.

    Parameters
    ----------
    rows : iterable of dict of str
        As for `bound_table`.

    Returns
    -------
    list of dict
        Keys `LOSSLESS_COLUMNS`.
    """
    rows = list(rows)
    return [
        {"codec": codec, "label": label_of(codec)} | _all_ratios(_pairs(rows, codec, 0), codec)
        for codec in (OURS, *LOSSLESS)
    ]


def _pairs(rows: list[dict[str, str]], codec: str, bound: float) -> list[dict[str, dict[str, str]]]:
    """Return the rows of a codec and of JPEG-LS at a bound, for each image that has both."""
    found = defaultdict(dict)
    for row in rows:
        if row["codec"] in (codec, THEIRS) and float(row["quality"]) == bound:
            found[row["image"], row["frame"]][row["codec"]] = row
    return [pair for pair in found.values() if len(pair) == 2]


def _all_ratios(pairs: list[dict[str, dict[str, str]]], codec: str) -> dict[str, Any]:
    sizes = _ratios(pairs, codec, "size_bytes")
    return {
        "size_ratio": float(np.mean(sizes)),
        "best": min(sizes),
        "worst": max(sizes),
        "images": len(sizes),
        "largest_error": max(float(pair[codec]["peak_error"]) for pair in pairs),
        "encode_time_ratio": _geometric_mean(_ratios(pairs, codec, "encode_seconds")),
        "decode_time_ratio": _geometric_mean(_ratios(pairs, codec, "decode_seconds")),
    }


def _ratios(pairs: list[dict[str, dict[str, str]]], codec: str, column: str) -> list[float]:
    return [float(pair[codec][column]) / float(pair[THEIRS][column]) for pair in pairs]


def _geometric_mean(ratios: list[float]) -> float:
    return float(np.exp(np.mean(np.log(ratios))))


def region_rows(name: str, image: Image, preset: str = "default") -> list[dict[str, Any]]:
    """Return what a region gains on an image, and what the background pays, at equal size.

    Parameters
    ----------
    name : str
        Of the image.
    image : Image
        A CT slice.
    preset : str
        Of bitstream 2.

    Returns
    -------
    list of dict
        A row for each gain, keys `REGION_COLUMNS`; empty where no region is found. The
        region is what ``mmpc-encode --roi auto`` takes.
    """
    found = region_of_interest(image)
    if found is None:
        return []
    (region, mask), pixels = found, image.pixels
    plain = compress(pixels, quality=REGION_STEP, preset=preset)
    before = _split_rmse(pixels, decompress(plain), mask)
    rows = []
    for gain in GAINS:
        data = _largest_not_above(
            len(plain),
            lambda step, gain=gain: compress(
                pixels, quality=step, preset=preset, region=Region(mask, gain)
            ),
            REGION_STEP,
        )
        inside, outside = _split_rmse(pixels, decompress(data), mask)
        rows.append(
            {
                "image": name,
                "region": region,
                "area_percent": 100 * float(mask.mean()),
                "gain": gain,
                "size_bytes": len(data),
                "size_change_percent": 100 * (len(data) / len(plain) - 1),
                "rmse_inside": inside,
                "rmse_inside_before": before[0],
                "inside_change_percent": 100 * (inside / before[0] - 1),
                "rmse_outside": outside,
                "rmse_outside_before": before[1],
                "outside_change_percent": 100 * (outside / before[1] - 1),
            }
        )
    return rows


def region_summary(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the means of `region_rows` over the images, for each kind of region and gain."""
    groups = defaultdict(list)
    for row in rows:
        groups[row["region"].replace("_", " "), float(row["gain"])].append(row)
    means = ("area_percent", "inside_change_percent", "outside_change_percent")
    return [
        {"region": region, "gain": gain, "images": len(group)}
        | {column: float(np.mean([float(row[column]) for row in group])) for column in means}
        | {"least_gain_percent": max(float(row["inside_change_percent"]) for row in group)}
        for (region, gain), group in sorted(groups.items())
    ]


def _largest_not_above(size_bytes: int, compress: Callable[[float], bytes], step: float) -> bytes:
    """Return the largest of the streams tried that is not above a size: bisection of the step."""
    fine, coarse = step, 32 * step
    best = compress(coarse)
    for _ in range(SEARCH_ROUNDS):
        middle = (fine * coarse) ** 0.5
        data = compress(middle)
        if len(data) > size_bytes:
            fine = middle
        else:
            coarse = middle
            best = max(best, data, key=len)
    return best


def _split_rmse(original: np.ndarray, decoded: np.ndarray, mask: np.ndarray) -> tuple[float, float]:
    """Return the RMSE inside and outside a mask."""
    squares = (decoded.astype(np.float64) - original) ** 2
    return float(np.sqrt(squares[mask].mean())), float(np.sqrt(squares[~mask].mean()))
