"""The slider's plain functions: what it measures, what it draws, what it does with an error."""

import io
import threading

import numpy as np
import pytest

pytest.importorskip("ipywidgets", reason="ipywidgets is in the extra mmpc[notebooks]")
pytest.importorskip("data_store", reason="pydicom-data holds the images of the lessons")

from PIL import Image as PillowImage

import mmpc
from mmpc.explore.equal_size import SizeMatcher
from mmpc.explore.instruments.slider import BOTH, VERSION_1, VERSION_2, middle, quality_slider
from mmpc.explore.latest import LatestOnly
from mmpc.explore.trial import compress_v1, describe_trial, draw_trial, try_quality
from mmpc.images import Image, sample
from mmpc.images.windows import WINDOWS, Window, as_window
from tests.conftest import HANGING_SECONDS


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
        stream = mmpc.compress(small.pixels, bitstream=1, quality=30)
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


class TestWidget:
    def controls(self, widget):
        choices, windows, quality, _hint, numbers, picture = widget.children
        return (*choices.children, windows.children[1], quality, numbers, picture)

    def test_each_control_redraws(self):
        name, _codec, limit, window, quality, numbers, picture = self.controls(quality_slider())
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

    def test_a_move_is_one_compression_and_one_picture(self):
        steps, drawn = [], []

        def compress(pixels, step):
            steps.append(step)
            return compress_v1(pixels, step)

        *_, quality, _numbers, picture = self.controls(quality_slider(compress=compress))
        picture.observe(lambda change: drawn.append(change.new), names="value")
        for step in range(31, 41):
            quality.value = step
        assert steps == list(range(30, 41))
        assert len(drawn) == 10

    def test_refused_step_is_explained_and_the_picture_stays(self):
        def with_padding(_pixels, step):  # whose range is too large for step 1
            return mmpc.compress(sample("head_ct").pixels, bitstream=1, quality=step)

        *_, quality, numbers, picture = self.controls(quality_slider(compress=with_padding))
        before = picture.value
        quality.value = 1
        assert "smallest step that works for this image is 2" in numbers.value
        assert picture.value == before


class SlowCodec:
    """Version 1 that waits for leave, and notes what it was asked for."""

    def __init__(self):
        self.started, self.leave = threading.Semaphore(0), threading.Semaphore(0)
        self.steps = []

    def __call__(self, pixels, step):
        self.steps.append(step)
        self.started.release()
        assert self.leave.acquire(timeout=HANGING_SECONDS)
        return compress_v1(pixels, round(step))


class TestSlowCodec:
    """A codec that takes its time neither stops the page nor shows old results."""

    @pytest.fixture
    def slow(self):
        return SlowCodec()

    @pytest.fixture
    def latest(self):
        return LatestOnly()

    @pytest.fixture
    def controls(self, slow, latest):
        widget = quality_slider(("small_ct", "head_ct"), slow_compress=slow, latest=latest)
        choices, _window, quality, _hint, numbers, picture = widget.children
        return choices.children[1], quality, numbers, picture

    def test_late_result_never_overwrites_a_newer_one(self, slow, latest, controls):
        codec, quality, numbers, picture = controls
        shown = []
        picture.observe(lambda change: shown.append(numbers.value.split(":")[0]), names="value")
        codec.value = VERSION_2
        assert slow.started.acquire(timeout=HANGING_SECONDS)
        # The codec works on quality 30. These assignments return at once.
        for step in range(31, 41):
            quality.value = step
        assert shown == [] and slow.steps == [30]
        slow.leave.release(2)
        assert latest.wait(HANGING_SECONDS)
        # 30 came late and is not shown; 31 to 39 were never begun.
        assert slow.steps == [30, 40]
        assert shown == ["<b>quality 40</b>"]

    def test_going_back_to_the_quick_codec_drops_the_slow_result(self, slow, latest, controls):
        codec, quality, numbers, picture = controls
        codec.value = VERSION_2
        assert slow.started.acquire(timeout=HANGING_SECONDS)
        quality.value = 50
        codec.value = VERSION_1
        now = picture.value, numbers.value
        assert "quality 50" in numbers.value
        slow.leave.release(10)
        assert latest.wait(HANGING_SECONDS)
        assert (picture.value, numbers.value) == now
        assert slow.steps == [30]

    def test_a_failure_ends_in_no_deadlock(self, latest):
        delivered = []
        failed = threading.Event()
        hook, threading.excepthook = threading.excepthook, lambda _args: failed.set()
        try:
            latest.submit(lambda: 1 / 0, delivered.append)
            assert latest.wait(HANGING_SECONDS) and failed.wait(HANGING_SECONDS)
        finally:
            threading.excepthook = hook
        latest.submit(lambda: "next", delivered.append)
        assert latest.wait(HANGING_SECONDS)
        assert delivered == ["next"]


class TestEqualSize:
    def test_never_larger_and_nearly_as_large(self, small):
        tries = []

        def compress(step):
            tries.append(step)
            return mmpc.compress(small.pixels, bitstream=1, quality=max(2, round(step)))

        matcher = SizeMatcher(compress)
        for size_bytes in (9000, 5000, 5100):
            before = len(tries)
            stream = matcher.largest_within(size_bytes)
            assert 0.9 * size_bytes < len(stream) <= size_bytes
            assert len(tries) - before <= 3 + (5 if before == 0 else 0)

    def test_without_a_stream_so_small_the_smallest_is_taken(self, small):
        matcher = SizeMatcher(lambda step: bytes(1000 + int(1000 / step)))
        assert len(matcher.largest_within(10)) == 1000

    def test_both_versions_are_drawn_from_the_middle_at_equal_size(self):
        latest = LatestOnly()
        widget = quality_slider(slow_compress=compress_whole, latest=latest)
        choices, _window, _quality, _hint, numbers, picture = widget.children
        choices.children[1].value = BOTH
        assert latest.wait(HANGING_SECONDS)
        assert pixels_of(picture.value).shape == (2 * 512 + 8, 3 * 512 + 2 * 8, 3)
        assert "version 2 at no more bytes" in numbers.value

    def test_middle_of_a_small_slice_is_the_slice(self, small):
        assert np.array_equal(middle(small).pixels, small.pixels)
        assert middle(small, 64).pixels.shape == (64, 64)


def compress_whole(pixels, step):
    return compress_v1(pixels, max(2, round(step)))
