"""Divide coefficients by one step and round: where the codec loses information.

The step is the codec's *quality* setting, and it runs against the word: a larger
step is coarser, makes a smaller file and a larger error. Every coefficient has
the same step; there is no deadzone beyond that of rounding to nearest.
"""

import math

import numpy as np

from mmpc.errors import InvalidParameterError, StepTooSmallError

SMALLEST_STEP, LARGEST_STEP = 1, 65535
_INT16 = np.iinfo(np.int16)


def check_step(step: int) -> int:
    """Return `step` as int, or raise InvalidParameterError if v1 cannot say it."""
    if isinstance(step, bool) or step != int(step) or not SMALLEST_STEP <= step <= LARGEST_STEP:
        raise InvalidParameterError(
            f"quality {step} is not a quantization step of bitstream 1: "
            f"give a whole number from {SMALLEST_STEP} (finest) to {LARGEST_STEP} (coarsest)"
        )
    return int(step)


def quantize(coefficients: np.ndarray, step: int) -> np.ndarray:
    """Quantize coefficients to the nearest multiple of the step, halves to even.

    Parameters
    ----------
    coefficients : ndarray of float64, any shape
        Transform coefficients. They are divided by the step in place.
    step : int
        Quantization step, 1..65535; larger is coarser.

    Returns
    -------
    ndarray of int16, same shape
        The levels ``q = round(C / step)``.

    Raises
    ------
    StepTooSmallError
        If a level does not fit into int16; the message names the smallest step
        that fits these coefficients.

    Notes
    -----
    Report, section II-A ("Quantization"). With exact division, not with a product
    by 1/step: that would move values that lie on a rounding boundary.
    """
    highest, lowest = float(coefficients.max()), float(coefficients.min())
    if not _fits(highest, lowest, step):
        raise step_too_small(step, smallest_step(highest, lowest))
    levels = np.divide(coefficients, step, out=coefficients)
    return np.rint(levels).astype(np.int16)


def dequantize(levels: np.ndarray, step: int) -> np.ndarray:
    """Return the coefficients that the levels stand for: ``level * step``, as float64."""
    return np.multiply(levels, float(step), dtype=np.float64)


def smallest_step(highest: float, lowest: float) -> int:
    """Return the smallest step whose levels fit into int16.

    Parameters
    ----------
    highest, lowest : float
        The largest and the smallest coefficient of the image.
    """
    step = max(1, math.floor(highest / (_INT16.max + 1)), math.floor(lowest / (_INT16.min - 1)))
    while not _fits(highest, lowest, step):
        step += 1
    return step


def step_too_small(step: int, smallest: int) -> StepTooSmallError:
    """Return the error that refuses `step` and names the smallest step that works."""
    return StepTooSmallError(
        f"step {step} makes coefficients that do not fit into 16 bits; "
        f"the smallest step that works for this image is {smallest}"
    )


def _fits(highest: float, lowest: float, step: int) -> bool:
    """Whether the extreme coefficients round to int16 levels."""
    return round(highest / step) <= _INT16.max and round(lowest / step) >= _INT16.min
