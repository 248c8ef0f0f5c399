"""The figures that version 2 must reach, and what a comparison says of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mmpc.evaluation.comparison import Comparison, geometric_mean

GOAL_COLUMNS = ("figure", "must_reach", "aim", "measured", "worst", "images", "verdict")


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


_RATE_GOALS = (
    (Goal("BD-rate against x265 veryslow intra, 12 bits", -15, -20, "%"), "x265"),
    (Goal("BD-rate against AV1 (libaom) all intra, 12 bits", -14, -20, "%"), "libaom"),
    (Goal("BD-rate against OpenJPEG", -28, -33, "%"), "openjpeg"),
    (Goal("BD-rate against JPEG XL effort 7", -41, -46, "%"), "libjxl"),
)
_SIZE_GOAL = Goal("size at equal RMSE against v1, quality 10..60", 0.45, 0.35, "x")
_TIME_GOALS = (
    (Goal("encode time at RMSE 4 against x265 veryslow", 1.5, 0.8, "x"), "encode", "x265"),
    (Goal("decode time at RMSE 4 against OpenJPEG", 2.5, 1.5, "x"), "decode", "openjpeg"),
)


def target_table(comparison: Comparison, codec: str) -> list[dict[str, Any]]:
    """Return the figures that are asked of our codec, with what it reaches.

    Parameters
    ----------
    comparison : Comparison
        A run with the peers x265, libaom, OpenJPEG and libjxl, and version 1.
    codec : str
        Our codec, such as ``mmpc-v2-default``.

    Returns
    -------
    list of dict
        Keys `GOAL_COLUMNS`; ``measured`` is the mean over images (of ratios the geometric
        mean), ``worst`` the worst image.
    """
    rows = []
    for goal, anchor in _RATE_GOALS:
        rates = comparison.bd_rates(codec, anchor)
        percent = {image: 100 * rate for image, rate in rates.items()}
        rows.append(_row(goal, percent, np.mean(list(percent.values())) if percent else None))
    sizes = comparison.size_ratios(codec, "mmpc-v1", (10, 60))
    rows.append(_row(_SIZE_GOAL, sizes, geometric_mean(sizes)))
    for goal, which, anchor in _TIME_GOALS:
        ratios = comparison.time_ratios(which, codec, anchor)
        rows.append(_row(goal, ratios, geometric_mean(ratios)))
    return rows


def _row(goal: Goal, by_image: dict[str, float], mean: float | None) -> dict[str, Any]:
    return {
        "figure": goal.figure,
        "must_reach": f"<= {goal.must:g} {goal.unit}",
        "aim": f"{goal.aim:g} {goal.unit}",
        "measured": None if mean is None else f"{mean:.2f} {goal.unit}",
        "worst": f"{max(by_image.values()):.2f} {goal.unit}" if by_image else None,
        "images": len(by_image),
        "verdict": goal.verdict(mean),
    }
