import math

import numpy as np
import pytest

from mmpc.evaluation.metrics import measure, ssim_map
from mmpc.images.image import Image


def ct(pixels, slope=2.0):
    return Image(pixels, bits_stored=16, rescale_slope=slope, modality="CT", source_name="x")


@pytest.fixture
def original():
    pixels = np.random.default_rng(1).integers(-2000, 2000, (40, 30)).astype(np.int16)
    pixels[0, :2] = -2000, 1999
    return pixels


def test_known_error(original):
    decoded = original.copy()
    decoded[5, 5] += 30
    decoded[20, 7] -= 40
    found = measure(ct(original), decoded)
    rmse = math.sqrt(2500 / 1200)
    assert found["rmse"] == pytest.approx(rmse)
    assert found["peak_error"] == 40
    assert found["rmse_hu"] == pytest.approx(2 * rmse)
    assert found["peak_error_hu"] == 80
    assert found["psnr_db"] == pytest.approx(20 * math.log10(65535 / rmse))
    assert found["psnr_range_db"] == pytest.approx(20 * math.log10(3999 / rmse))


def test_a_region_has_its_own_error_and_the_image_s_peaks(original):
    decoded = original.copy()
    decoded[:10] += 5
    region = np.zeros(original.shape, bool)
    region[:20] = True
    found = measure(ct(original), decoded, region=region)
    assert found["rmse"] == pytest.approx(math.sqrt(12.5))
    assert found["psnr_range_db"] == pytest.approx(20 * math.log10(3999 / math.sqrt(12.5)))
    region[:] = False
    region[30:] = True
    assert measure(ct(original), decoded, region=region)["peak_error"] == 0


def test_no_error_and_no_contrast(original):
    found = measure(ct(original), original)
    assert found["rmse"] == 0 and math.isinf(found["psnr_db"])
    flat = np.full((16, 16), 7, np.uint8)
    found = measure(ct(flat), flat + np.uint8(1))
    assert found["psnr_db"] == pytest.approx(20 * math.log10(255))
    assert found["psnr_range_db"] is None
    assert ssim_map(flat, flat) is None


def test_hounsfield_units_only_for_ct(original):
    image = Image(original, bits_stored=16, modality="MR")
    assert measure(image, original)["rmse_hu"] is None


def test_ssim_is_that_of_scikit_image(original):
    from skimage.metrics import structural_similarity

    noise = np.random.default_rng(2).integers(-500, 500, original.shape)
    noise[:20] //= 10
    decoded = (original + noise).astype(np.int16)
    expected, at_pixels = structural_similarity(
        original.astype(float), decoded.astype(float), data_range=3999, full=True
    )
    similarity = ssim_map(original, decoded)
    found = measure(ct(original), decoded, similarity)["ssim"]
    assert found == pytest.approx(expected)
    upper = np.zeros(original.shape, bool)
    upper[:17, 3:] = True
    measured = [measure(ct(original), decoded, similarity, r)["ssim"] for r in (upper, ~upper)]
    assert measured == pytest.approx([at_pixels[upper].mean(), at_pixels[~upper].mean()])
    # Ten times the noise in the lower half: the regions tell it, the whole is between them.
    assert measured[0] - measured[1] > 0.02
    assert measured[1] < found < measured[0]
