"""Beside the standards: rates at equal RMSE and times, codec by codec, from one run.

Everything is computed for each image first, and then averaged over the images: an image with
many bytes does not count more than one with few.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmpc.errors import InvalidParameterError
from mmpc.evaluation.bd_rate import RateCurve, bd_rate
from mmpc.evaluation.style import label_of

ANCHOR = "openjpeg"
# BD-rates are taken within this range, where the curves of both codecs reach.
RMSE_LIMITS = (1.0, 20.0)
TIMED_RMSE = 4.0
PEER_COLUMNS = (
    "codec",
    "label",
    "images",
    "bd_rate_percent",
    "bd_rate_best_percent",
    "bd_rate_worst_percent",
    "rmse_from",
    "rmse_to",
    "encode_seconds",
    "decode_seconds",
    "encode_time_ratio",
    "decode_time_ratio",
    "clipped_pixels",
)


@dataclass(frozen=True)
class Measured:
    """One codec on one image: its points, sorted by RMSE."""

    quality: np.ndarray
    rmse: np.ndarray
    size_bytes: np.ndarray
    encode_seconds: np.ndarray
    decode_seconds: np.ndarray
    clipped_pixels: int

    @property
    def curve(self) -> RateCurve:
        """Size over RMSE."""
        return RateCurve.from_points(self.rmse, self.size_bytes)

    def seconds_at(self, which: str, rmse: float) -> float | None:
        """Return encode or decode seconds at an RMSE, linear between points in logarithms."""
        if not self.rmse[0] <= rmse <= self.rmse[-1]:
            return None
        seconds = np.maximum(getattr(self, f"{which}_seconds"), 1e-6)
        return float(np.exp(np.interp(np.log(rmse), np.log(self.rmse), np.log(seconds))))


class Comparison:
    """The rows of a run of several codecs over the same images.

    Parameters
    ----------
    rows : iterable of dict of str
        Rows of ``peers.csv``, as text.
    """

    def __init__(self, rows: Iterable[dict[str, str]]):
        columns = ("quality", "rmse", "size_bytes", "encode_seconds", "decode_seconds")
        points = defaultdict(list)
        for row in rows:
            values = [float(row[name]) for name in (*columns, "clipped_pixels")]
            if values[1] > 0:
                points[row["codec"], f"{row['image']}#{row['frame']}"].append(values)
        self._measured = {}
        for key, values in points.items():
            table = np.array(values)
            table = table[np.argsort(table[:, 1], kind="stable")]
            self._measured[key] = Measured(*table[:, :5].T, int(table[:, 5].max()))
        self.codecs = list(dict.fromkeys(codec for codec, _ in self._measured))
        self.images = list(dict.fromkeys(image for _, image in self._measured))

    def of(self, codec: str, image: str) -> Measured | None:
        """Return a codec's points on an image."""
        return self._measured.get((codec, image))

    def bd_rates(self, codec: str, anchor: str) -> dict[str, float]:
        """Return the BD-rate for each image on which both codecs have a common range."""
        found = {}
        for image in self.images:
            ours, theirs = self.of(codec, image), self.of(anchor, image)
            if ours and theirs:
                try:
                    found[image] = bd_rate(ours.curve, theirs.curve, RMSE_LIMITS)
                except InvalidParameterError:
                    continue
        return found

    def time_ratio(self, which: str, codec: str, anchor: str, rmse: float) -> float | None:
        """Return the geometric mean over images of the ratio of times at an RMSE."""
        ratios = []
        for image in self.images:
            ours, theirs = self.of(codec, image), self.of(anchor, image)
            if ours and theirs:
                pair = ours.seconds_at(which, rmse), theirs.seconds_at(which, rmse)
                if all(pair):
                    ratios.append(pair[0] / pair[1])
        return float(np.exp(np.mean(np.log(ratios)))) if ratios else None

    def seconds(self, which: str, codec: str, rmse: float) -> float | None:
        """Return the mean over images of a codec's seconds at an RMSE."""
        found = [m.seconds_at(which, rmse) for image in self.images if (m := self.of(codec, image))]
        found = [value for value in found if value]
        return float(np.mean(found)) if found else None

    def size_ratio(
        self, codec: str, anchor: str, qualities: tuple[float, float]
    ) -> dict[str, float]:
        """Return for each image the mean size ratio at the anchor's points in a range.

        At every point of the anchor whose quality is in the range, the codec's size at the
        same RMSE (interpolated) over the anchor's size; geometric mean.
        """
        found = {}
        for image in self.images:
            ours, theirs = self.of(codec, image), self.of(anchor, image)
            if not (ours and theirs):
                continue
            chosen = (theirs.quality >= qualities[0]) & (theirs.quality <= qualities[1])
            ratios = ours.curve.rate_at(theirs.rmse[chosen]) / theirs.size_bytes[chosen]
            ratios = ratios[np.isfinite(ratios)]
            if ratios.size:
                found[image] = float(np.exp(np.log(ratios).mean()))
        return found

    def peer_table(self) -> list[dict[str, Any]]:
        """Return one row for each codec, relative to OpenJPEG: keys `PEER_COLUMNS`."""
        return [self._peer_row(codec) for codec in self.codecs]

    def _peer_row(self, codec: str) -> dict[str, Any]:
        rates = [100 * rate for rate in self.bd_rates(codec, ANCHOR).values()]
        measured = [m for image in self.images if (m := self.of(codec, image))]
        return {
            "codec": codec,
            "label": label_of(codec),
            "images": len(rates),
            "bd_rate_percent": float(np.mean(rates)) if rates else None,
            "bd_rate_best_percent": min(rates, default=None),
            "bd_rate_worst_percent": max(rates, default=None),
            "rmse_from": float(np.median([m.rmse[0] for m in measured])),
            "rmse_to": float(np.median([m.rmse[-1] for m in measured])),
            "encode_seconds": self.seconds("encode", codec, TIMED_RMSE),
            "decode_seconds": self.seconds("decode", codec, TIMED_RMSE),
            "encode_time_ratio": self.time_ratio("encode", codec, ANCHOR, TIMED_RMSE),
            "decode_time_ratio": self.time_ratio("decode", codec, ANCHOR, TIMED_RMSE),
            "clipped_pixels": sum(m.clipped_pixels for m in measured),
        }

    def relative_rates(self, rmse: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return each codec's rate relative to OpenJPEG over RMSE, for a plot.

        Only RMSEs that at least half of the images reach with both codecs are there.
        """
        curves = {}
        for codec in self.codecs:
            ratios = [
                np.log(ours.curve.rate_at(rmse) / anchor.curve.rate_at(rmse))
                for image in self.images
                if (ours := self.of(codec, image)) and (anchor := self.of(ANCHOR, image))
            ]
            if not ratios:
                continue
            reached = np.isfinite(ratios).sum(0) >= max(1, len(ratios) / 2)
            with np.errstate(invalid="ignore"):
                mean = np.exp(np.nanmean(np.array(ratios)[:, reached], axis=0))
            curves[codec] = (rmse[reached], mean)
        return curves


@dataclass(frozen=True)
class Goal:
    """One figure that version 2 must reach."""

    figure: str
    must: float
    aim: float
    unit: str

    def verdict(self, value: float | None) -> str:
        """Return whether a value reaches the goal; smaller is better for all of them."""
        if value is None:
            return "not measured"
        return "aim reached" if value <= self.aim else "reached" if value <= self.must else "missed"


def target_table(comparison: Comparison, codec: str) -> list[dict[str, Any]]:
    """Return the figures that are asked of our codec, with what it reaches.

    Parameters
    ----------
    comparison : Comparison
        A run with the peers x265, OpenJPEG and libjxl, and version 1.
    codec : str
        Our codec, such as ``mmpc-v2-default``.

    Returns
    -------
    list of dict
        Keys figure, must_reach, aim, measured, worst_image, images, verdict.
    """
    rates = (
        (Goal("BD-rate against x265 veryslow intra, 12 bits", -6, -12, "%"), "x265"),
        (Goal("BD-rate against OpenJPEG", -28, -33, "%"), "openjpeg"),
        (Goal("BD-rate against JPEG XL effort 7", -41, -46, "%"), "libjxl"),
    )
    rows = []
    for goal, anchor in rates:
        found = [100 * rate for rate in comparison.bd_rates(codec, anchor).values()]
        rows.append(_goal_row(goal, found))
    sizes = list(comparison.size_ratio(codec, "mmpc-v1", (10, 60)).values())
    rows.append(
        _goal_row(Goal("size at equal RMSE against v1, quality 10..60", 0.45, 0.35, "x"), sizes)
    )
    times = (
        (Goal("encode at RMSE 4 against x265 veryslow", 3, 1, "x"), "encode", "x265"),
        (Goal("decode at RMSE 4 against OpenJPEG", 6, 3, "x"), "decode", "openjpeg"),
    )
    for goal, which, anchor in times:
        ratio = comparison.time_ratio(which, codec, anchor, TIMED_RMSE)
        rows.append(_goal_row(goal, [] if ratio is None else [ratio]))
    return rows


def _goal_row(goal: Goal, values: Sequence[float]) -> dict[str, Any]:
    mean = float(np.mean(values)) if values else None
    return {
        "figure": goal.figure,
        "must_reach": f"<= {goal.must:g} {goal.unit}",
        "aim": f"{goal.aim:g} {goal.unit}",
        "measured": None if mean is None else f"{mean:.2f} {goal.unit}",
        "verdict": goal.verdict(mean),
    }


GOAL_COLUMNS = ("figure", "must_reach", "aim", "measured", "verdict")
