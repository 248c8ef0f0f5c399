import numpy as np
import pytest

import mmpc
from mmpc import errors
from mmpc.request import Region
from mmpc.v2.regions import cells_of, touches_region
from tests.v2.coding import compress


def test_cells_cover_the_mask():
    mask = np.zeros((20, 17), bool)
    mask[7, 16] = True
    cells = cells_of(mask)
    assert cells.shape == (3, 3)
    assert np.argwhere(cells).tolist() == [[0, 2]]
    assert touches_region(cells, 0, 0, 32, 32)
    assert not touches_region(cells, 0, 0, 8, 8)
    assert not touches_region(np.zeros((0, 0), np.uint8), 0, 0, 32, 32)


@pytest.mark.parametrize("shape", [(1, 1), (33, 70), (64, 64)])
def test_round_trip_with_any_mask(shape):
    generator = np.random.default_rng(3)
    image = generator.integers(-500, 500, shape).astype(np.int16)
    mask = generator.random(shape) < 0.02
    data = compress(image, step=20, region=Region(mask, 3.5), preset="fast")
    assert mmpc.decompress(data).shape == shape


def test_error_follows_the_gain(head_ct):
    mask = np.zeros(head_ct.shape, bool)
    mask[200:300, 180:320] = True
    errors_inside = []
    for gain in (1, 2, 4):
        data = compress(head_ct, step=40, region=Region(mask, gain), preset="fast")
        error = mmpc.decompress(data).astype(int) - head_ct
        errors_inside.append(np.sqrt((error[mask] ** 2).mean()))
    assert errors_inside[1] < 0.9 * errors_inside[0]
    assert errors_inside[2] < 0.75 * errors_inside[1]


def test_a_region_that_does_not_fit_is_refused():
    image = np.zeros((8, 8), np.int16)
    for region, message in (
        (Region(np.zeros((8, 9), bool), 2), "mask"),
        (Region(np.zeros((8, 8), np.uint8), 2), "mask"),
        (Region(np.zeros((8, 8), bool), 0.5), "gain"),
        (Region(np.zeros((8, 8), bool), 300), "gain"),
    ):
        with pytest.raises(errors.InvalidParameterError, match=message):
            compress(image, step=5, region=region)
    with pytest.raises(errors.InvalidParameterError, match="bound"):
        compress(image, max_error=1, region=Region(np.ones((8, 8), bool), 2))
    with pytest.raises(errors.InvalidParameterError, match="bitstream 2"):
        mmpc.compress(image, bitstream=1, region=Region(np.ones((8, 8), bool), 2))
