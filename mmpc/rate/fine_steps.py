"""Find a fine-grained quantization step for a goal in a handful of encodes.

For steps of 1/1024 and an encode that takes a second, the search is another one than in
``whole_steps``: on logarithmic scales rate and error are nearly straight lines over the
step, with a disorder of a percent from one step to the next; so the next step to try is where
a line through all that was tried meets the goal. The goal is a bound and is kept: of all that
was tried, the nearest that keeps it is the answer.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from mmpc.errors import TargetUnreachableError
from mmpc.rate.distortion import Distortion, peak_value
from mmpc.request import Goal

MOST_ENCODES = 12  # before the search retreats to where the bound is kept
TOLERANCE = {"rate_bpp": 0.01, "rmse": 0.01, "psnr_db": 0.05 * math.log(10) / 20}
_USUAL_SLOPE = {"rate_bpp": -0.8, "rmse": 0.75, "psnr_db": 0.75}
_FIRST_STEP_PER_RMSE = 4.0
_FIRST_STEP = 16.0
_APART = 0.002  # of two steps that are both worth trying, as a logarithm
_DISORDER = 0.01  # by which rate and error jump from one step to the next, as a logarithm
_CURVATURE = 0.15  # how far the line may be off, as a part of the distance from the goal
_SLOPE_VARIES = 0.3  # by how much of itself the usual slope is off
_LEAST_SLOPE = 0.15
_STRIDE = 3.0  # at most, beyond what was tried

RmseOf = Callable[[np.ndarray], float]


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
    rmse_of: RmseOf | None = None,
    padding: Callable[[bytes], np.ndarray | None] = lambda data: None,
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
    rmse_of : callable, optional
        What counts as the RMSE of a decoded image, if not that of all samples.
    padding : callable
        Mask of the samples of a stream that count for no error; None if all do.

    Returns
    -------
    bytes
        The best of at most twelve encodes, or of a few more if none of those kept the goal;
        as a rule of three to six.
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
        elif rmse_of:
            value = rmse_of(decompress(data))
            keeps = value <= aim
        else:
            distortion = Distortion.between(image, decompress(data), padding(data))
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
    tried: list[_Attempt] = []
    place: float | None = start
    while place is not None and len(tried) < MOST_ENCODES:
        tried.append(attempt(place))
        if tried[-1].keeps and tried[-1].excess >= -tolerance:
            break
        following = _crossing(tried, -tolerance / 2, slope)
        place = _apart(following, [one.log_step for one in tried], limits)
    return tried


def _crossing(tried: list[_Attempt], aim: float, usual_slope: float) -> float:
    """Return where the line through what was tried is at the aim.

    Least squares, in which an attempt counts less the further it is from the aim, where the
    curve is another one, and in which the usual slope counts as much as a measured one of
    moderate certainty. An encoder's disorder is averaged so; a bracket would close on it.
    """
    steps = np.array([one.log_step for one in tried])
    distances = np.array([one.excess for one in tried]) - aim
    weights = 1 / (_DISORDER**2 + (_CURVATURE * distances) ** 2)
    centre, distance = (np.average(values, weights=weights) for values in (steps, distances))
    moves = steps - centre
    trust = 1 / (_SLOPE_VARIES * usual_slope) ** 2
    slope = (weights @ (moves * distances) + trust * usual_slope) / (weights @ moves**2 + trust)
    if abs(slope) < _LEAST_SLOPE or slope * usual_slope < 0:
        slope = math.copysign(_LEAST_SLOPE, usual_slope)
    crossing = centre - distance / slope
    crossing = min(max(crossing, steps.min() - _STRIDE), steps.max() + _STRIDE)
    # Between what is clearly on the two sides, whatever the line says.
    clear = np.abs(distances) > 4 * _DISORDER
    rising = distances * math.copysign(1, usual_slope)
    low = steps[clear & (rising < 0)].max(initial=-math.inf)
    high = steps[clear & (rising > 0)].min(initial=math.inf)
    return crossing if low < crossing < high or low >= high else (low + high) / 2


def _apart(place: float, taken: list[float], limits: tuple[float, float]) -> float | None:
    """Return the nearest place that is not next to one tried; None if there is none.

    The encoder's decisions make error and rate jump by a percent from one step to the next:
    beside a step that misses the tolerance there are some that do not.
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
