"""What a report says, for programs and for people."""

from dataclasses import replace

import numpy as np
import pytest

import mmpc
from mmpc.errors import InvalidParameterError
from mmpc.rate.distortion import Distortion
from mmpc.streams.info import StreamInfo
from mmpc.streams.report import NoiseShare, Report, report_on, stored_units

INFO = StreamInfo(2, 30, 20, np.dtype(np.int16), 7.5, 0, 300, 200)
DISTORTION = Distortion(2.5, 60.0, 9)
NOISE = NoiseShare(10.0, 0.25, 0.5)


def report(**changes):
    given = {"info": INFO, "distortion": DISTORTION, "psnr_peak": 65535, "noise": NOISE}
    return Report(**{**given, **changes})


def test_an_image_for_programs():
    assert report(rescale_slope=-2.0).to_dict() == {
        **{"bitstream": 2, "slices": 1, "width": 30, "height": 20, "dtype": "int16", "step": 7.5},
        **{"size_bytes": 300, "rate_bpp": 4.0, "compression_ratio": 4.0, "promised_error": None},
        **{"rmse": 2.5, "psnr_db": 60.0, "psnr_peak": 65535, "padding_pixels": 0, "peak_error": 9},
        **{"rmse_hu": 5.0, "peak_error_hu": 18.0, "noise": 10.0, "noise_hu": 20.0},
        **{"noise_share": 0.25, "noise_share_worst_slice": 0.5},
    }


def test_a_volume_without_loss_for_programs():
    info = replace(INFO, n_slices=3, details={"largest_error": 0})
    lossless = Distortion(0.0, float("inf"), 0)
    told = report(info=info, distortion=lossless, noise=None, rescale_slope=0.0).to_dict()
    assert (told["slices"], told["promised_error"], told["rmse"]) == (3, 0, 0.0)
    unknown = ("psnr_db", "rmse_hu", "peak_error_hu", "noise", "noise_hu", "noise_share")
    assert all(told[name] is None for name in unknown)


@pytest.mark.parametrize("noise", ["too small", None])
def test_why_there_is_no_noise_is_for_people(noise):
    told = report(noise=noise)
    assert told.to_dict()["noise"] is told.to_dict()["noise_share_worst_slice"] is None
    lines = told.to_text("a").splitlines()
    assert lines[4:] == (["noise: none estimated, too small"] if noise else [])


def test_an_image_for_people():
    text = report(rescale_slope=0.5, padding_pixels=7).to_text("a", "HU", verified=True)
    assert text.splitlines() == [
        "a: compression ratio 4.00, largest absolute error 9 (4.5 HU)",
        "30 x 20 int16, bitstream 2, quality 7.5 (quantization step: larger is coarser), "
        "size 300 bytes, 4.0000 bpp",
        "verified: RMSE 2.5000, PSNR 60.00 dB (peak 65535), 7 pixels of padding left out",
        "in HU: RMSE 1.25, largest 4.5",
        "noise: standard deviation 10.00 (5.00 HU); the RMSE in tissue is 0.250 of it",
    ]


def test_a_volume_for_people():
    info = replace(INFO, n_slices=3, details={"largest_error": 9})
    text = report(info=info, rescale_slope=float("nan")).to_text("a")
    assert text.splitlines() == [
        "a: compression ratio 12.00, largest absolute error 9",
        "3 slices of 30 x 20 int16, bitstream 2, no sample off by more than 9 (promised), "
        "size 300 bytes, 1.3333 bpp",
        "expected: RMSE 2.5000, PSNR 60.00 dB (peak 65535)",
        "in rescaled units: RescaleSlope nan says nothing",
        "noise: standard deviation 10.00; the RMSE in tissue is 0.250 of it, at most 0.500 in a "
        "slice",
    ]
    exact = report(distortion=Distortion(0.0, float("inf"), 0), noise=None).to_text("a")
    assert "PSNR infinite" in exact and "noise" not in exact


def test_a_stream_is_measured_without_its_padding():
    rows, columns = np.ogrid[:64, :64]
    inside = (rows - 32) ** 2 + (columns - 32) ** 2 < 900
    image = np.where(inside, rows * columns % 97, -2000).astype(np.int16)
    told = report_on(image, mmpc.compress(image, quality=9), 2.0)
    assert told.padding_pixels == np.count_nonzero(~inside)
    assert told.psnr_peak == 65535 and told.rescale_slope == 2.0
    assert told.distortion.rmse > 0 and told.noise.share < 0.2
    plain = (rows + columns).astype(np.int16)
    exact = report_on(plain, mmpc.compress(plain, max_error=0))
    assert (exact.padding_pixels, exact.noise, exact.distortion.peak_error) == (0, None, 0)


@pytest.mark.parametrize(
    ("error_hu", "slope", "expected"), [(0.3, 0.1, 3), (7, -2, 3.5), (5, 1, 5), (0, 3, 0)]
)
def test_stored_units(error_hu, slope, expected):
    assert stored_units(error_hu, slope) == expected


@pytest.mark.parametrize("slope", [0, float("nan"), float("inf")])
def test_a_slope_that_says_nothing_promises_nothing(slope):
    with pytest.raises(InvalidParameterError, match=r"^RescaleSlope is .*\(--max-error\)$"):
        stored_units(3, slope)
