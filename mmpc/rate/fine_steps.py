"""Find a fine-grained quantization step for a goal in a handful of encodes.

For steps of 1/1024 and an encode that takes a second, the search is another one than in
``whole_steps``: on logarithmic scales rate and error are nearly straight lines over the
step, and a secant that is kept within a bracket comes close soon. The goal is a bound and
is kept: of all that was tried, the nearest that keeps it is the answer.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mmpc.errors import TargetUnreachableError
from mmpc.rate.distortion import Distortion, peak_value
from mmpc.request import Goal

MOST_ENCODES = 8  # before the search retreats to where the bound is kept
TOLERANCE = {"rate_bpp": 0.01, "rmse": 0.01, "psnr_db": 0.05 * math.log(10) / 20}
_USUAL_SLOPE = {"rate_bpp": -0.8, "rmse": 0.75, "psnr_db": 0.75}
_FIRST_STEP_PER_RMSE = 4.0
_FIRST_STEP = 16.0
_APART = 0.002  # of two steps that are both worth trying, as a logarithm


class _Attempt(NamedTuple):
    """One encode: where, how far above the goal (as a logarithm), whether it keeps it."""

    log_step: float
    excess: float
    keeps: bool
    data: bytes


def compress_to_goal(
    goal: Goal,
    image: np.ndarray,
    compress: Callable[[float], bytes],
    decompress: Callable[[bytes], np.ndarray],
    steps: tuple[float, float],
) -> bytes:
    """Compress an image so that it keeps a goal and comes close to it.

    Parameters
    ----------
    goal : Goal
        ``rate_bpp`` or ``rmse``, as a rule met within 1 %, or ``psnr_db``, within 0.05 dB;
        always from the safe side.
    image : ndarray, shape (height, width)
        The original.
    compress : callable
        Stream at a step.
    decompress : callable
        Image of a stream.
    steps : tuple of float
        Finest and coarsest legal step.

    Returns
    -------
    bytes
        The best of at most eight encodes, or of a few more if none of those kept the goal.
        On small images a byte may be more than 1 %.

    Raises
    ------
    TargetUnreachableError
        If no step keeps the goal; the message gives the nearest that was found.
    """
    name, first = goal.kind, _FIRST_STEP
    aim = goal.value
    if name == "psnr_db":
        aim = peak_value(image) * 10 ** (-goal.value / 20)
    if name != "rate_bpp":
        first = max(_FIRST_STEP_PER_RMSE * aim, steps[0])

    def attempt(log_step: float) -> _Attempt:
        data = compress(math.exp(log_step))
        if name == "rate_bpp":
            value = 8 * len(data) / image.size
            keeps = value <= goal.value
        else:
            distortion = Distortion.between(image, decompress(data))
            value = distortion.rmse
            keeps = value <= aim if name == "rmse" else distortion.psnr_db >= goal.value
        if value and aim:
            excess = math.log(value / aim)
        else:
            excess = 0.0 if value == aim else math.copysign(50, value - aim)
        return _Attempt(log_step, excess, keeps, data)

    low, high = (math.log(step) for step in steps)
    start = min(max(math.log(first), low), high)
    tried = _search(attempt, start, (low, high), _USUAL_SLOPE[name], TOLERANCE[name])
    if not any(one.keeps for one in tried):
        tried += _retreat(attempt, tried, low if _USUAL_SLOPE[name] > 0 else high)
    kept = [one for one in tried if one.keeps]
    if not kept:
        nearest = min(tried, key=lambda one: one.excess)
        value = aim * math.exp(nearest.excess)
        if name == "psnr_db":
            value = 20 * math.log10(peak_value(image) / value)
        raise TargetUnreachableError(
            f"no quantization step meets {name} {goal.value:g}: "
            f"the nearest, step {math.exp(nearest.log_step):g}, gives {value:.4g}"
        )
    return max(kept, key=lambda one: one.excess).data


def _search(
    attempt: Callable[[float], _Attempt],
    start: float,
    limits: tuple[float, float],
    slope: float,
    tolerance: float,
) -> list[_Attempt]:
    """Return what was tried, the last within the tolerance if any."""
    aim = -tolerance / 2
    tried: list[_Attempt] = []
    ends: dict[bool, tuple[float, float]] = {}  # log step and distance, on each side of the aim
    side = None
    place = start
    for _ in range(MOST_ENCODES):
        tried.append(attempt(place))
        excess = tried[-1].excess
        if tried[-1].keeps and excess >= -tolerance:
            break
        if side == (excess > aim) and len(ends) == 2:
            # The Illinois rule: an end that stays draws less, so that it moves at last.
            other = ends[not side]
            ends[not side] = other[0], other[1] / 2
        side = excess > aim
        ends[side] = place, excess - aim
        if len(ends) == 2:
            (near, distance), (end, far) = ends[side], ends[not side]
            following = near + (end - near) * distance / (distance - far)
        else:
            move = (aim - excess) / slope
            following = place + min(max(move, -3.0), 3.0) * 1.1
        following = _apart(following, [one.log_step for one in tried], limits)
        if following is None:
            break
        place = following
    return tried


def _apart(place: float, taken: list[float], limits: tuple[float, float]) -> float | None:
    """Return the nearest place that is not next to one tried; None if there is none.

    The encoder's decisions make error and rate jump by a percent from one step to the next,
    so a bracket may close on a jump with nothing inside the tolerance: look beside it.
    """
    for distance in range(MOST_ENCODES + 1):
        for candidate in (place + distance * _APART, place - distance * _APART):
            inside = min(max(candidate, limits[0]), limits[1])
            if all(abs(inside - other) >= 0.75 * _APART for other in taken):
                return inside
    return None


def _retreat(
    attempt: Callable[[float], _Attempt], tried: list[_Attempt], end: float
) -> list[_Attempt]:
    """Go from the best that was tried to the safe end, in doubling strides, until one keeps."""
    if any(one.log_step == end for one in tried):
        return []
    place = min(tried, key=lambda one: one.excess).log_step
    stride = math.copysign(2 * _APART, end - place)
    retreated: list[_Attempt] = []
    while place != end:
        place = min(place + stride, end) if stride > 0 else max(place + stride, end)
        stride *= 2
        retreated.append(attempt(place))
        if retreated[-1].keeps:
            break
    return retreated
