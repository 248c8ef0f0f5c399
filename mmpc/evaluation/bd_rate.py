"""The Bjontegaard difference: how much rate one codec saves at equal error.

Two curves of rate over RMSE are drawn in logarithms of both, monotone cubics (PCHIP) through
the measured points; the mean of their vertical distance over the range of RMSE that both
have is the mean ratio of the rates.
"""

from dataclasses import dataclass

import numpy as np

from mmpc.errors import InvalidParameterError

FEWEST_POINTS = 3


@dataclass(frozen=True)
class RateCurve:
    """Rate over error, one codec on one image.

    Attributes
    ----------
    rmse : ndarray of float64, shape (n,)
        Strictly rising.
    rate : ndarray of float64, shape (n,)
        Of any unit: bytes, bits per pixel; or seconds, for times.
    """

    rmse: np.ndarray
    rate: np.ndarray

    @classmethod
    def from_points(cls, rmse, rate) -> "RateCurve":
        """Sort the points and drop those that another one beats in error and in rate.

        Raises
        ------
        InvalidParameterError
            If fewer than three points with errors above zero are left.
        """
        points = np.array([(e, r) for e, r in zip(rmse, rate, strict=True) if e > 0 and r > 0])
        points = points.reshape(-1, 2)[np.lexsort(points.reshape(-1, 2).T[::-1])]
        lowest = np.minimum.accumulate(points[:, 1]) if len(points) else points
        keep = np.append(True, lowest[1:] < lowest[:-1])[: len(points)]
        if keep.sum() < FEWEST_POINTS:
            raise InvalidParameterError(
                f"a curve of {int(keep.sum())} points; at least {FEWEST_POINTS} are needed"
            )
        return cls(*points[keep].T)

    def rate_at(self, rmse: float | np.ndarray) -> float | np.ndarray:
        """Return the rate at an error, NaN outside the measured range."""
        log_rate = self._interpolator()(np.log(rmse))
        return np.exp(log_rate)[()]

    def _interpolator(self):
        from scipy.interpolate import PchipInterpolator

        return PchipInterpolator(np.log(self.rmse), np.log(self.rate), extrapolate=False)

    def mean_log_rate(self, low: float, high: float) -> float:
        """Return the mean of the log rate over log RMSE between two errors in range."""
        low, high = np.log(low), np.log(high)
        return float(self._interpolator().integrate(low, high)) / (high - low)


def common_range(
    first: RateCurve, second: RateCurve, limits: tuple[float, float] = (0.0, np.inf)
) -> tuple[float, float]:
    """Return the range of RMSE that two curves have in common, within limits.

    Raises
    ------
    InvalidParameterError
        If there is none.
    """
    low = max(first.rmse[0], second.rmse[0], limits[0])
    high = min(first.rmse[-1], second.rmse[-1], limits[1])
    if not low < high:
        raise InvalidParameterError("the two curves have no range of error in common")
    return float(low), float(high)


def bd_rate(
    curve: RateCurve, anchor: RateCurve, limits: tuple[float, float] = (0.0, np.inf)
) -> float:
    """Return the mean rate of a curve relative to an anchor, less one.

    Parameters
    ----------
    curve, anchor : RateCurve
        The codec in question, and what it is compared with.
    limits : tuple of float
        RMSE outside these is left out.

    Returns
    -------
    float
        -0.25 means 25 % less rate than the anchor at equal RMSE.

    References
    ----------
    G. Bjontegaard, "Calculation of average PSNR differences between RD-curves",
    VCEG-M33 (2001), with PCHIP as in JVET-H0030, and RMSE in place of PSNR (which is the
    same on a logarithmic axis).
    """
    low, high = common_range(curve, anchor, limits)
    return float(np.expm1(curve.mean_log_rate(low, high) - anchor.mean_log_rate(low, high)))
