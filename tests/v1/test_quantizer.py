import numpy as np
import pytest

from mmpc.errors import InvalidParameterError, StepTooSmallError
from mmpc.v1.quantizer import check_step, dequantize, quantize, smallest_step


@pytest.mark.parametrize(
    ("coefficient", "step", "level"),
    [
        (44.0, 30, 1),
        (45.0, 30, 2),  # 1.5: halves go to even
        (75.0, 30, 2),  # 2.5: halves go to even
        (-15.0, 30, 0),
        (-46.0, 30, -2),
        (32767.0, 1, 32767),
        (-32768.0, 1, -32768),
        (-32768.5, 1, -32768),  # the even neighbour still fits
    ],
)
def test_levels(coefficient, step, level):
    assert quantize(np.array([coefficient]), step).tolist() == [level]


@pytest.mark.parametrize(
    ("coefficient", "smallest"),
    [(32768.0, 2), (524280.0, 17), (-32769.0, 2), (-524280.0, 16), (65535.0, 3), (1.0, 1)],
)
def test_smallest_step(coefficient, smallest):
    assert smallest_step(max(coefficient, 0), min(coefficient, 0)) == smallest
    quantize(np.array([coefficient]), smallest)
    if smallest > 1:
        with pytest.raises(StepTooSmallError, match=rf"smallest step .* is {smallest}$"):
            quantize(np.array([coefficient]), smallest - 1)


def test_smallest_steps_far_beyond_images():
    assert smallest_step(0.0, -32768.0 * 40000) == 40000
    assert smallest_step(32767.0 * 40000, 0.0) == 40000


def test_error_is_at_most_half_a_step():
    coefficients = np.random.default_rng(3).normal(0, 500, 10_000)
    levels = quantize(coefficients.copy(), 37)
    assert abs(dequantize(levels, 37) - coefficients).max() <= 18.5


@pytest.mark.parametrize("step", [0, -1, 65536, 2.5, True])
def test_illegal_steps(step):
    with pytest.raises(InvalidParameterError, match=r"1 .finest. to 65535"):
        check_step(step)
