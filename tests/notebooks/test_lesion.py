"""The lesion: what is coded is what is shown, and the numbers are the observer's."""

import io

import numpy as np
import pytest

pytest.importorskip("ipywidgets", reason="ipywidgets is in the extra mmpc[notebooks]")
pytest.importorskip("skimage", reason="scikit-image is in the extra mmpc[evaluation]")

from PIL import Image as PillowImage

import mmpc
from mmpc.explore.instruments.lesion import (
    ZOOM,
    describe_findings,
    describe_wait,
    draw_views,
    lesion,
)
from mmpc.explore.instruments.lesion_trial import (
    SPACING_MM,
    VIEW,
    code_view,
    judge_coded,
    judge_original,
    view_of,
)
from mmpc.explore.latest import LatestOnly
from mmpc.tasks.lesions import Lesion
from tests.conftest import HANGING_SECONDS


def test_the_view_differs_by_the_lesion_alone():
    one = Lesion(6, -20)
    present, absent = view_of(one)
    assert np.abs(present - absent - one.draw_hu(VIEW, SPACING_MM)).max() <= 1
    assert present.dtype == np.int16 and absent.std() == pytest.approx(12, rel=0.1)


def test_the_view_is_coded_as_one_image():
    view = view_of(Lesion(6, -20))
    data = mmpc.compress(np.hstack(view), bitstream=2, quality=32, preset="fast")
    assert np.array_equal(np.hstack(code_view(view, 32)), mmpc.decompress(data))


def test_the_observer_does_better_on_stronger_lesions_and_worse_after_coding():
    strong, weak = (judge_original(Lesion(5, contrast))[0].d_prime for contrast in (-8, -4))
    assert strong > weak
    found = judge_coded(Lesion(5, -8), 64)
    assert found.before.d_prime == strong > found.after.d_prime
    assert found.kept.share == pytest.approx(found.after.d_prime / strong)
    assert 0.3 < found.noise_share < 1 and 0 < found.rate_bpp < 1


def test_without_contrast_there_is_nothing_to_see():
    found, _ = judge_original(Lesion(5, 0))
    assert found.d_prime_interval[0] < 0.3 and abs(found.d_prime) < 0.6


def test_picture_has_two_rows_of_three():
    view = view_of(Lesion(5, -8))
    pixels = np.asarray(PillowImage.open(io.BytesIO(draw_views(view, view, Lesion(5, -8)))))
    assert pixels.shape == (2 * ZOOM * VIEW + 8, 3 * ZOOM * VIEW + 2 * 8, 3)
    assert np.array_equal(pixels[: ZOOM * VIEW], pixels[ZOOM * VIEW + 8 :])


def test_the_picture_follows_at_once_and_the_numbers_when_they_are_there():
    latest = LatestOnly()
    asked = []

    def judge(one, step):
        asked.append((one, step))
        return judge_coded(Lesion(5, -8), 64)

    widget = lesion(judge, latest)
    left, picture = widget.children[1].children
    contrast, diameter, step, numbers = left.children
    assert latest.wait(HANGING_SECONDS)
    for control, value in ((contrast, -20), (diameter, 3), (step, 64)):
        before = picture.value
        control.value = value
        assert picture.value != before
        assert latest.wait(HANGING_SECONDS)
    found = judge_coded(Lesion(5, -8), 64)
    assert asked[-1] == (Lesion(3, -20), 64)
    assert numbers.value == describe_findings(Lesion(3, -20), 64, found)
    assert "being asked" in describe_wait(Lesion(3, -20), 64)
    assert f"{found.after.d_prime:.2f}" in numbers.value
