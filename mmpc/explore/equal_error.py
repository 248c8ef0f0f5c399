"""Two codecs at the same error: the rate of one between the points where it was measured."""

from collections.abc import Iterable

import numpy as np


def rmse(error: np.ndarray) -> float:
    """Return the root of the mean of the squares."""
    return float(np.sqrt(np.mean(np.square(error, dtype=np.float64))))


def rate_at(error: float, curve: Iterable[tuple[float, float]]) -> float:
    """Return the rate at an RMSE, on straight lines between logarithms.

    Parameters
    ----------
    error : float
        An RMSE; beyond the curve's ends the rate is that of the end.
    curve : iterable of (float, float)
        RMSE and rate, measured.
    """
    errors, rates = np.log(np.array(sorted(curve))).T
    return float(np.exp(np.interp(np.log(error), errors, rates)))
