import numpy as np
import pytest

from mmpc.errors import InvalidParameterError
from mmpc.evaluation.bd_rate import RateCurve, bd_rate, common_range

RMSE = np.array([1, 2, 3, 5, 8, 13, 21.0])


def power_law(factor, exponent, rmse=RMSE):
    return RateCurve.from_points(rmse, factor * rmse**exponent)


def test_a_quarter_less_everywhere():
    assert bd_rate(power_law(75, -1), power_law(100, -1)) == pytest.approx(-0.25, abs=1e-12)


def test_curves_that_cross():
    """A ratio of 2 at the one end and 1/2 at the other, straight in log-log: no difference."""
    low, high = np.log(RMSE[0]), np.log(RMSE[-1])
    exponent = -2 * np.log(2) / (high - low)
    assert bd_rate(power_law(2, exponent - 1), power_law(1, -1)) == pytest.approx(0, abs=1e-12)


def test_the_mean_of_a_power_law():
    """Ratio rmse**0.3: the mean log ratio is that at the middle of the log range."""
    middle = np.sqrt(RMSE[0] * RMSE[-1])
    expected = middle**0.3 - 1
    assert bd_rate(power_law(5, -0.7), power_law(5, -1)) == pytest.approx(expected)


def test_errors_below_one_count_as_well():
    small = RMSE / 100
    middle = np.sqrt(small[0] * small[-1])
    found = bd_rate(power_law(5, -0.7, small), power_law(5, -1, small))
    assert found == pytest.approx(middle**0.3 - 1)
    assert common_range(power_law(1, -1, small), power_law(2, -1, small)) == (0.01, 0.21)


def test_only_the_common_range_counts():
    """Below 5 the one curve is far worse, but the other was only measured from 8 on."""
    bent = RateCurve.from_points(RMSE, np.where(RMSE < 5, 1e4, 50) * RMSE**-1.0)
    assert bd_rate(bent, power_law(100, -1, RMSE[4:])) == pytest.approx(-0.5)
    assert common_range(bent, power_law(1, -1), (2.5, 9)) == (2.5, 9)


def test_other_points_of_the_same_curve():
    dense = np.geomspace(0.7, 30, 50)
    assert bd_rate(power_law(9, -1, dense), power_law(9, -1)) == pytest.approx(0, abs=1e-12)


def test_a_point_that_another_beats_is_dropped():
    curve = RateCurve.from_points([3, 1, 2, 4, 0], [30, 100, 50, 60, 999])
    assert curve.rmse.tolist() == [1, 2, 3]
    assert curve.rate_at(2) == pytest.approx(50)
    assert np.isnan(curve.rate_at(4))


def test_errors():
    with pytest.raises(InvalidParameterError, match="2 points"):
        RateCurve.from_points([1, 2], [3, 2])
    with pytest.raises(InvalidParameterError, match="0 points"):
        RateCurve.from_points([], [])
    with pytest.raises(InvalidParameterError, match="no range"):
        bd_rate(power_law(1, -1, RMSE[:3]), power_law(1, -1, RMSE[3:]))
