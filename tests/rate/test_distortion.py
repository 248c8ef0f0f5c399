import numpy as np
import pytest

from mmpc.rate.distortion import Distortion, peak_value


def test_distortion_of_known_images():
    original = np.array([[0, 0], [0, 65535]], np.uint16)
    decoded = np.array([[3, 0], [0, 65531]], np.uint16)
    distortion = Distortion.between(original, decoded)
    assert distortion.rmse == 2.5
    assert distortion.peak_error == 4
    assert distortion.psnr_db == pytest.approx(20 * np.log10(65535 / 2.5))
    assert Distortion.between(original, original).psnr_db == float("inf")
    extremes = np.array([[-32768]], np.int16), np.array([[32767]], np.int16)
    assert Distortion.between(*extremes).peak_error == 65535
    assert peak_value(np.zeros(1, np.int8)) == 255


@pytest.mark.parametrize(("errors", "largest"), [([-5, 2], 5), ([5, -2], 5), ([0, 0], 0)])
def test_the_largest_error_of_either_sign(errors, largest):
    original = np.array([[100, 100]], np.int16)
    found = Distortion.between(original, original + np.array([errors], np.int16))
    assert found.peak_error == largest
    assert found.rmse == pytest.approx(np.sqrt(np.mean(np.square(errors))))
