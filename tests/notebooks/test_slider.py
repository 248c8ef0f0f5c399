"""The slider's plain functions: what it measures, what it draws, what it does with an error."""

import io
import time

import numpy as np
import pytest

pytest.importorskip("ipywidgets", reason="ipywidgets is in the extra mmpc[notebooks]")
pytest.importorskip("data_store", reason="pydicom-data holds the images of the lessons")

from PIL import Image as PillowImage

import mmpc
from mmpc.explore.slider import describe_trial, draw_trial, quality_slider, try_quality
from mmpc.explore.windows import WINDOWS, Window, as_window
from mmpc.images import Image, sample


@pytest.fixture(scope="module")
def small():
    return sample("small_ct")


def pixels_of(png):
    return np.asarray(PillowImage.open(io.BytesIO(png)))


class TestWindow:
    def test_ends_and_middle_follow_dicom(self):
        # PS3.3 C.11.2.1.2.1: width 5 and centre 3 put black at 0.5 and white at 4.5.
        window = Window(3, 5)
        assert (window.low, window.high) == (0.5, 4.5)
        assert window.apply(np.array([0, 0.5, 2.5, 4.5, 9])).tolist() == [0, 0, 128, 255, 255]

    def test_unknown_preset_names_the_known(self):
        with pytest.raises(KeyError, match="brain, soft tissue, bone, lung"):
            as_window("liver")


class TestTrial:
    def test_numbers_are_those_of_the_codec(self, small):
        trial = try_quality(small, 30)
        stream = mmpc.compress(small.pixels, quality=30)
        decoded = mmpc.decompress(stream)
        assert trial.size_bytes == len(stream)
        assert trial.rate_bpp == 8 * len(stream) / small.pixels.size
        assert trial.distortion == mmpc.Distortion.between(small.pixels, decoded)
        error = trial.decoded_hu - trial.original_hu
        assert np.array_equal(error, decoded.astype(int) - small.pixels)

    def test_errors_in_hounsfield_units_follow_the_slope(self, small):
        doubled = Image(small.pixels, bits_stored=16, rescale_slope=2.0, rescale_intercept=-1000.0)
        trial, plain = try_quality(doubled, 30), try_quality(small, 30)
        assert trial.peak_error_hu == 2 * plain.peak_error_hu == 2 * plain.distortion.peak_error
        assert trial.rmse_hu == 2 * plain.rmse_hu

    def test_description_names_peak_and_units(self, small):
        text = describe_trial(try_quality(small, 30))
        assert "bpp" in text and "HU" in text and "(peak 65535)" in text
        as_bytes = Image((small.pixels // 16).astype(np.uint8), bits_stored=8)
        assert "(peak 255)" in describe_trial(try_quality(as_bytes, 5))


class TestPicture:
    def test_three_panels_side_by_side(self, small):
        trial = try_quality(small, 30)
        picture = pixels_of(draw_trial(trial, "bone", 20))
        height, width = small.pixels.shape
        assert picture.shape == (4 * height, 3 * 4 * width + 2 * 8, 3)
        left = picture[::4, : 4 * width : 4, 0]
        assert np.array_equal(left, WINDOWS["bone"].apply(trial.original_hu))

    def test_error_is_red_above_blue_below_white_at_zero(self):
        pixels = np.zeros((512, 512), np.int16)
        image = Image(pixels, bits_stored=16)
        trial = try_quality(image, 1)
        trial.decoded_hu[0, :3] = (20, -20, 0)
        errors = pixels_of(draw_trial(trial, "bone", 20))[0, -512:-509]
        assert errors.tolist() == [[255, 0, 0], [0, 0, 255], [255, 255, 255]]


class TestSpeed:
    def test_a_move_costs_less_than_a_tenth_of_a_second_of_processor_time(self):
        image = sample("head_ct")
        costs = []
        for step in range(30, 40):
            start = time.process_time()
            draw_trial(try_quality(image, step), "brain", 20)
            costs.append(time.process_time() - start)
        assert min(costs) < 0.1


class TestWidget:
    def controls(self, widget):
        choices, windows, quality, _hint, numbers, picture = widget.children
        return (*choices.children, windows.children[1], quality, numbers, picture)

    def test_each_control_redraws(self):
        name, limit, window, quality, numbers, picture = self.controls(quality_slider())
        before = picture.value, numbers.value
        for control, value in (
            (quality, 60),
            (window, "bone"),
            (limit, 80),
            (name, "small_ct"),
        ):
            control.value = value
            after = picture.value, numbers.value
            assert after[0] != before[0]
            before = after
        assert "quality 60" in numbers.value

    def test_refused_step_is_explained_and_the_picture_stays(self):
        *_, quality, numbers, picture = self.controls(quality_slider())
        before = picture.value
        quality.value = 1
        assert "smallest step that works for this image is 2" in numbers.value
        assert picture.value == before
