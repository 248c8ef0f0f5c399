import numpy as np
import pytest

import mmpc
from mmpc import errors
from mmpc.rate.distortion import Distortion
from mmpc.rate.whole_steps import NEIGHBOURS_PROVED, find_step
from mmpc.request import Goal


@pytest.fixture(scope="module")
def crop(head_ct):
    return head_ct[180:300, 150:290]


def at(image, quality):
    data = mmpc.compress(image, bitstream=1, quality=quality)
    return data, Distortion.between(image, mmpc.decompress(data))


@pytest.mark.parametrize(
    ("target", "meets"),
    [
        ({"rmse": 2.5}, lambda d: d.rmse <= 2.5),
        ({"rmse": 40.0}, lambda d: d.rmse <= 40),
        ({"psnr_db": 80.0}, lambda d: d.psnr_db >= 80),
        ({"max_error": 10}, lambda d: d.peak_error <= 10),
        ({"max_error": 3.5}, lambda d: d.peak_error <= 3.5),
    ],
)
def test_error_targets_take_the_coarsest_step(crop, target, meets):
    data = mmpc.compress(crop, bitstream=1, **target)
    step = mmpc.read_header(data).step
    assert meets(at(crop, step)[1])
    assert data == at(crop, step)[0]
    for coarser in range(step + 1, step + 1 + NEIGHBOURS_PROVED):
        assert not meets(at(crop, coarser)[1])


@pytest.mark.parametrize("rate_bpp", [0.3, 1.0, 3.0])
def test_rate_target_fills_the_budget(crop, rate_bpp):
    data = mmpc.compress(crop, bitstream=1, rate_bpp=rate_bpp)
    step = mmpc.read_header(data).step
    assert len(data) * 8 / crop.size <= rate_bpp
    for finer in range(max(1, step - NEIGHBOURS_PROVED), step):
        assert len(at(crop, finer)[0]) * 8 / crop.size > rate_bpp


def test_small_steps_by_brute_force():
    """On a tiny image every step can be tried."""
    image = np.random.default_rng(5).integers(0, 4096, (9, 11)).astype(np.uint16)
    distortions = {step: at(image, step)[1] for step in range(1, 3000)}
    for bound in (1.0, 5.0, 60.0, 700.0):
        coarsest = max(step for step, d in distortions.items() if d.rmse <= bound)
        found = mmpc.read_header(mmpc.compress(image, bitstream=1, rmse=bound)).step
        assert found <= coarsest
        assert distortions[found].rmse <= bound
        assert found >= 0.9 * coarsest


@pytest.mark.parametrize(
    ("target", "nearest"),
    [
        ({"rate_bpp": 0.001}, "step 65535"),
        ({"rmse": 0.0}, "step 1,"),
        ({"psnr_db": 500}, "step 1,"),
        ({"max_error": 0}, "step 1,"),
    ],
)
def test_unreachable_targets_say_so(target, nearest):
    image = np.random.default_rng(6).integers(0, 4000, (40, 40)).astype(np.uint16)
    with pytest.raises(errors.TargetUnreachableError, match=nearest):
        mmpc.compress(image, bitstream=1, **target)


def test_search_survives_disorder():
    """A lone step that meets the bound beyond ones that do not is found nearby."""
    image = np.zeros((2, 2), np.uint8)

    def reconstruct(step):
        return image + np.uint8(step > 100 and step != 107)

    assert find_step(Goal("max_error", 0), image, None, reconstruct, range(1, 65536)) == 107
