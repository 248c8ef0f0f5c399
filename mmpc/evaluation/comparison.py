"""Beside the standards: rates at equal RMSE and times, codec by codec, from one run.

Everything is computed for each image first, and then averaged over the images: an image with
many bytes does not count more than one with few.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmpc.errors import InvalidParameterError
from mmpc.evaluation.bd_rate import RateCurve, bd_rate
from mmpc.evaluation.style import label_of

ANCHOR = "openjpeg"
# An image of which a codec of 12 bits had to clip more than this share is another image, an
# easier one; it is left out where that codec is compared.
LARGEST_CLIPPED_SHARE = 1e-4
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
    clipped_share: float

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
            values.append(values[-1] / (int(row["width"]) * int(row["height"])))
            if values[1] > 0:
                points[row["codec"], f"{row['image']}#{row['frame']}"].append(values)
        self._measured = {}
        for key, values in points.items():
            table = np.array(values)
            table = table[np.argsort(table[:, 1], kind="stable")]
            self._measured[key] = Measured(*table[:, :5].T, int(table[0, 5]), table[0, 6])
        self.codecs = list(dict.fromkeys(codec for codec, _ in self._measured))
        self.images = list(dict.fromkeys(image for _, image in self._measured))

    def of(self, codec: str, image: str) -> Measured | None:
        """Return a codec's points on an image."""
        return self._measured.get((codec, image))

    def bd_rates(self, codec: str, anchor: str) -> dict[str, float]:
        """Return the BD-rate for each image on which both codecs have a common range."""
        found = {}
        for image, ours, theirs in self._pairs(codec, anchor):
            try:
                found[image] = bd_rate(ours.curve, theirs.curve, RMSE_LIMITS)
            except InvalidParameterError:
                continue
        return found

    def _pairs(self, codec: str, anchor: str) -> Iterator[tuple[str, Measured, Measured]]:
        """Yield the images that two codecs both have, and neither of them clipped."""
        for image in self.images:
            ours, theirs = self.of(codec, image), self.of(anchor, image)
            if ours and theirs:
                clipped = max(ours.clipped_share, theirs.clipped_share)
                if clipped <= LARGEST_CLIPPED_SHARE:
                    yield image, ours, theirs

    def time_ratios(self, which: str, codec: str, anchor: str) -> dict[str, float]:
        """Return for each image the ratio of encode or decode times at `TIMED_RMSE`."""
        found = {}
        for image, ours, theirs in self._pairs(codec, anchor):
            pair = ours.seconds_at(which, TIMED_RMSE), theirs.seconds_at(which, TIMED_RMSE)
            if all(pair):
                found[image] = pair[0] / pair[1]
        return found

    def seconds(self, which: str, codec: str) -> float | None:
        """Return the mean over images of a codec's seconds at `TIMED_RMSE`."""
        measured = [m for image in self.images if (m := self.of(codec, image))]
        found = [value for m in measured if (value := m.seconds_at(which, TIMED_RMSE))]
        return float(np.mean(found)) if found else None

    def size_ratios(
        self, codec: str, anchor: str, qualities: tuple[float, float]
    ) -> dict[str, float]:
        """Return for each image the mean size ratio at the anchor's points in a range.

        At every point of the anchor whose quality is in the range, the codec's size at the
        same RMSE (interpolated) over the anchor's size; geometric mean.
        """
        found = {}
        for image, ours, theirs in self._pairs(codec, anchor):
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
            "encode_seconds": self.seconds("encode", codec),
            "decode_seconds": self.seconds("decode", codec),
            "encode_time_ratio": geometric_mean(self.time_ratios("encode", codec, ANCHOR)),
            "decode_time_ratio": geometric_mean(self.time_ratios("decode", codec, ANCHOR)),
            "clipped_pixels": sum(m.clipped_pixels for m in measured),
        }

    def relative_rates(self, rmse: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """Return each codec's rate relative to OpenJPEG over RMSE, for a plot.

        Only RMSEs that all images reach with both codecs are there: where an image came or
        went, the mean would jump.
        """
        curves = {}
        for codec in self.codecs:
            ratios = [
                np.log(ours.curve.rate_at(rmse) / anchor.curve.rate_at(rmse))
                for _, ours, anchor in self._pairs(codec, ANCHOR)
            ]
            if not ratios:
                continue
            reached = np.isfinite(ratios).all(0)
            curves[codec] = (rmse[reached], np.exp(np.mean(ratios, axis=0))[reached])
        return curves


def geometric_mean(ratios: dict[str, float]) -> float | None:
    """Return the geometric mean of ratios by image, None of none."""
    return float(np.exp(np.mean(np.log(list(ratios.values()))))) if ratios else None
