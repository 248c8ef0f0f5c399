import numpy as np
import pytest

import mmpc
from mmpc.evaluation.blocking import blocking_ratio


def test_white_noise_has_no_blocking():
    noise = np.random.default_rng(1).integers(-9, 10, (256, 256))
    assert blocking_ratio(np.zeros((256, 256)), noise) == pytest.approx(1, abs=0.03)


def test_a_ratio_that_can_be_counted():
    """Errors rise by 1 inside blocks, by 3 across every border of 4, along both axes."""
    rise = np.cumsum(np.where(np.arange(16) % 4 == 0, 3, 1))
    error = rise[:, np.newaxis] + rise[np.newaxis, :]
    assert blocking_ratio(np.zeros((16, 16)), error, block_size=4) == pytest.approx(3)


def test_edges_of_the_image_do_not_count():
    """The same errors on an image that itself jumps at every border."""
    rise = np.cumsum(np.where(np.arange(16) % 4 == 0, 3, 1))
    image = np.add.outer(500 * (np.arange(16) // 4), 90 * (np.arange(16) // 4))
    decoded = image + np.add.outer(rise, rise)
    assert blocking_ratio(image, decoded, block_size=4) == pytest.approx(3)


def test_not_defined_without_error_or_border():
    image = np.zeros((20, 20))
    assert blocking_ratio(image, image) is None
    assert blocking_ratio(image[:8, :8], np.eye(8)) is None


def test_blocking_of_version_1_grows_with_the_step(head_ct):
    ratios = [
        blocking_ratio(
            head_ct, mmpc.decompress(mmpc.compress(head_ct, bitstream=1, quality=quality))
        )
        for quality in (10, 60, 250)
    ]
    assert 1 < ratios[0] < ratios[1] < ratios[2]
