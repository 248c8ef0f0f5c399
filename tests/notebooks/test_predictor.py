"""The predictor: predictions are those of the codec, and the widget walks and steps."""

import io

import numpy as np
import pytest

pytest.importorskip("ipywidgets", reason="ipywidgets is in the extra mmpc[notebooks]")
pytest.importorskip("data_store", reason="pydicom-data holds the images of the lessons")

from PIL import Image as PillowImage

from mmpc.explore.block_costs import read_block_costs
from mmpc.explore.instruments.predictions import (
    SIDE,
    ground_of,
    load_ground,
    predict_block,
)
from mmpc.explore.instruments.predictor import (
    LOOKS,
    ZOOM,
    describe_prediction,
    draw_prediction,
    predictor,
)
from mmpc.explore.latest import LatestOnly
from mmpc.explore.trial import compress_v2
from mmpc.images import Image
from mmpc.v2.prediction import DC, HORIZONTAL, VERTICAL
from tests.conftest import HANGING_SECONDS


@pytest.fixture(scope="module")
def ground():
    rng = np.random.default_rng(0)
    rows, columns = np.indices((64, 64))
    pixels = 400 * (columns > rows) + rng.normal(0, 5, (64, 64))
    return ground_of(Image(pixels.astype(np.int16), bits_stored=16), padding=True)


def test_blocks_of_the_stream_get_the_prediction_that_the_decoder_made(ground):
    costs = read_block_costs(compress_v2(ground.image.pixels, 15))
    assert np.array_equal(costs.samples, ground.decoded)
    for block in costs.blocks:
        x, y, side = (int(block[name]) for name in ("x", "y", "width"))
        found = predict_block(ground, x, y, side).predictions[block["mode"]]
        assert np.array_equal(found, costs.predictions[y : y + side, x : x + side])


def test_border_is_around_the_block_and_edges_go_on_from_it(ground):
    block = predict_block(ground, 16, 32, 8)
    assert np.array_equal(block.above, ground.decoded[31, 15:24])
    assert np.array_equal(block.left, ground.decoded[32:40, 15])
    # The first column of the vertical mode is smoothed, and the first row of the horizontal one.
    assert np.all(block.predictions[VERTICAL][:, 1:] == block.above[2:])
    assert np.all(block.predictions[HORIZONTAL][1:] == block.left[1:, None])
    assert block.residual_rms[block.best_mode] == block.residual_rms.min()
    expected = np.sqrt(np.mean((block.original - block.predictions[DC]) ** 2.0))
    assert block.residual_rms[DC] == pytest.approx(expected)


def test_padding_that_is_taken_out_is_not_coded():
    out, kept = load_ground(True), load_ground(False)
    padded = out.image.pixels == -2000
    assert padded.any() and np.all(kept.coded[padded] == -2000)
    assert np.unique(out.coded[padded]).size == 1 and out.coded.min() > -1500
    assert np.array_equal(out.coded[~padded], kept.coded[~padded])
    assert out.size_bytes < kept.size_bytes


def test_numbers_and_panels_are_those_of_the_mode(ground):
    block = predict_block(ground, 16, 32, 8)
    text = describe_prediction(block, ground, 16, 32, 30)
    assert f"residual {block.residual_rms[30]:.1f} RMS" in text and "13/32 of a sample" in text
    assert f"best is mode {block.best_mode}," in text
    picture = draw_prediction(block, ground, 30, LOOKS["bone"])
    pixels = np.asarray(PillowImage.open(io.BytesIO(picture)))
    assert pixels.shape == (9 * 24, 3 * 9 * 24 + 2 * 8, 3)


def test_every_control_redraws():
    latest = LatestOnly()
    widget = predictor(latest)
    assert latest.wait(HANGING_SECONDS)
    choices, _hint, below = widget.children
    mode, side, padding, window = choices.children
    touch, right = below.children
    panels, numbers = right.children

    def expect(x, y, padded=True):
        ground = load_ground(padded)
        block = predict_block(ground, x, y, side.value)
        assert numbers.value == describe_prediction(block, ground, x, y, mode.value)
        assert panels.value == draw_prediction(block, ground, mode.value, LOOKS[window.value])

    expect(112, 160)
    mode.value = 10
    touch.counts.value = "1 0 0 0 0"
    expect(128, 160)
    side.value = 32
    expect(128, 160)
    touch.counts.value = "1 0 1 0 9999"
    expect(0, SIDE - 32)
    touch.counts.value = f"1 0 2 {ZOOM * 70} {ZOOM * 40}"
    window.value = "bone"
    expect(64, 32)
    padding.value = False
    assert latest.wait(HANGING_SECONDS)
    expect(64, 32, padded=False)
