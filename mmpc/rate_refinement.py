"""Find a fine-grained quantization step for a target in a handful of encodes.

Version 2 has steps of 1/1024 and takes a second for an encode, so its search is another
one than ``rate_control``'s: on logarithmic scales rate and error are nearly straight
lines over the step, and a secant that is kept within a bracket meets the target soon.
"""

import math
from collections.abc import Callable

import numpy as np
from tqdm import tqdm

from mmpc.errors import TargetUnreachableError
from mmpc.rate_control import Distortion, Target, peak_value

MOST_ENCODES = 8
TOLERANCE = {"rate_bpp": 0.01, "rmse": 0.01, "psnr_db": 0.05 * math.log(10) / 20}
_USUAL_SLOPE = {"rate_bpp": -0.8, "rmse": 0.75, "psnr_db": 0.75}
_FIRST_STEP_PER_RMSE = 4.0
_FIRST_STEP = 16.0
_APART = 0.004  # of two steps that are both worth trying, as a logarithm


def compress_to_target(
    target: Target,
    image: np.ndarray,
    compress: Callable[[float], bytes],
    decompress: Callable[[bytes], np.ndarray],
    steps: tuple[float, float],
) -> bytes:
    """Compress an image so that it meets a target closely.

    Parameters
    ----------
    target : Target
        ``rate_bpp`` or ``rmse``, met within 1 %, or ``psnr_db``, within 0.05 dB; on the
        safe side of it if any of the encodes is.
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
        The best of at most eight encodes. On small images a byte may be more than 1 %.

    Raises
    ------
    TargetUnreachableError
        If none came near; the message gives the nearest that was found.
    """
    goal, name = target.bound, target.measure
    if name == "psnr_db":
        goal = peak_value(image) * 10 ** (-goal / 20)

    def log_excess(step: float) -> tuple[float, bytes]:
        """Return how far the measure is above its goal, as a logarithm, and the stream."""
        data = compress(step)
        if name == "rate_bpp":
            value = 8 * len(data) / image.size
        else:
            value = Distortion.between(image, decompress(data)).rmse
        if value == 0 or goal == 0:
            return (0.0 if value == goal else math.copysign(50, value - goal)), data
        return math.log(value / goal), data

    first = _FIRST_STEP if name == "rate_bpp" else _FIRST_STEP_PER_RMSE * goal
    tried = _search(log_excess, first, steps, _USUAL_SLOPE[name], TOLERANCE[name])
    close = TOLERANCE[name]
    order = sorted(tried, key=lambda one: -one[0])
    met = [data for excess, _, data in order if -close <= excess <= 0]
    # Next best is a bound missed by less than the tolerance, then one that is kept by more.
    met += [data for excess, _, data in reversed(order) if 0 < excess <= close]
    met += [data for excess, _, data in order if excess < -close]
    if not met:
        excess, step, _ = min(tried, key=lambda one: one[0])
        nearest = goal * math.exp(excess)
        if name == "psnr_db":
            nearest = 20 * math.log10(peak_value(image) / nearest)
        raise TargetUnreachableError(
            f"no quantization step meets {name} {target.bound:g}: "
            f"the nearest, step {step:g}, gives {nearest:.4g}"
        )
    return met[0]


def _search(
    log_excess: Callable[[float], tuple[float, bytes]],
    first: float,
    steps: tuple[float, float],
    slope: float,
    tolerance: float,
) -> list[tuple[float, float, bytes]]:
    """Return what was tried: excess, step and stream, the last within the tolerance if any."""
    low, high = (math.log(step) for step in steps)
    aim = -tolerance / 2
    tried: list[tuple[float, float, bytes]] = []
    ends: dict[bool, tuple[float, float]] = {}  # log step and distance, on each side of the aim
    side = None
    place = min(max(math.log(max(first, steps[0])), low), high)
    encodes = tqdm(range(MOST_ENCODES), "encodes", delay=2, leave=False, disable=None)
    for _ in encodes:
        excess, data = log_excess(math.exp(place))
        tried.append((excess, math.exp(place), data))
        if -tolerance <= excess <= 0:
            break
        if side == (excess > aim) and len(ends) == 2:
            # The Illinois rule: an end that stays draws less, so that it moves at last.
            other = ends[not side]
            ends[not side] = other[0], other[1] / 2
        side = excess > aim
        ends[side] = place, excess - aim
        if len(ends) == 2:
            (start, distance), (end, far) = ends[side], ends[not side]
            following = start + (end - start) * distance / (distance - far)
        else:
            move = (aim - excess) / slope
            following = min(max(place + min(max(move, -3.0), 3.0) * 1.1, low), high)
        following = _apart(following, [math.log(step) for _, step, _ in tried], low, high)
        if following is None:
            break
        place = following
    encodes.close()
    return tried


def _apart(place: float, taken: list[float], low: float, high: float) -> float | None:
    """Return the nearest place that is not next to one tried; None if there is none.

    The encoder's decisions make error and rate jump by a percent from one step to the next,
    so a bracket may close on a jump with nothing inside the tolerance: look beside it.
    """
    for distance in range(MOST_ENCODES + 1):
        for candidate in (place + distance * _APART, place - distance * _APART):
            inside = min(max(candidate, low), high)
            if all(abs(inside - other) >= 0.75 * _APART for other in taken):
                return inside
    return None
