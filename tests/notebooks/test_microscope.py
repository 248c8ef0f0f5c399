"""The microscope's plain functions and its widget, without a browser."""

import io

import numpy as np
import pytest

pytest.importorskip("ipywidgets", reason="ipywidgets is in the extra mmpc[notebooks]")
pytest.importorskip("data_store", reason="pydicom-data holds the images of the lessons")

from PIL import Image as PillowImage

from mmpc.explore.instruments.microscope import (
    MAP_PIXELS,
    PANEL_PIXELS,
    describe_block,
    draw_block,
    draw_maps,
    microscope,
    sample_at,
    tabulate_block,
)
from mmpc.explore.instruments.specimen import TRANSFORMS, load_specimen, look_at, neighbour
from mmpc.explore.latest import LatestOnly
from mmpc.explore.pictures import GAP_PIXELS, ORANGE, framed, heat
from mmpc.images.windows import WINDOWS
from tests.conftest import HANGING_SECONDS


@pytest.fixture(scope="module")
def specimen():
    return load_specimen("small_ct", 30)


def pixels_of(png):
    return np.asarray(PillowImage.open(io.BytesIO(png)))


class TestLook:
    def test_a_block_is_its_prediction_and_what_the_levels_add(self, specimen):
        for index in range(len(specimen.costs.blocks)):
            block = look_at(specimen, index)
            assert np.array_equal(block.original, block.prediction + block.residual)
            if block.transform == "no levels":
                assert not np.any(block.levels) and not np.any(block.added)
            limits = specimen.costs.stream.limits
            assert np.array_equal(block.decoded, np.clip(block.prediction + block.added, *limits))

    def test_blocks_lie_in_the_stream_one_after_the_other(self, specimen):
        blocks = [look_at(specimen, index) for index in range(len(specimen.costs.blocks))]
        end = blocks[-1].start_bits + blocks[-1].total_bits
        stream = specimen.costs.stream
        assert blocks[0].start_bits == pytest.approx(8 * stream.start_bytes)
        payload_end = 8 * (stream.start_bytes + len(stream.payload))
        assert end + specimen.filter_bits == pytest.approx(payload_end)
        assert payload_end <= 8 * specimen.size_bytes

    def test_every_transform_type_has_a_name(self, specimen):
        looked_at = {look_at(specimen, i).transform for i in range(len(specimen.costs.blocks))}
        assert {"DCT", "DST-VII"} <= looked_at <= set(TRANSFORMS)
        assert len(set(TRANSFORMS)) == len(TRANSFORMS)

    def test_arrow_keys_lead_to_the_block_beside(self, specimen):
        index = specimen.costs.block_at(64, 64)
        block = look_at(specimen, index)
        right = look_at(specimen, neighbour(specimen, index, 1, 0))
        assert right.x == block.x + block.width
        assert right.y <= block.y + block.height // 2 < right.y + right.height
        above = look_at(specimen, neighbour(specimen, index, 0, -1))
        assert above.y + above.height == block.y

    def test_the_border_is_the_end(self, specimen):
        corner = look_at(specimen, neighbour(specimen, 0, 100, 100))
        assert (corner.x + corner.width, corner.y + corner.height) == (128, 128)
        assert look_at(specimen, neighbour(specimen, 0, -3, -3)).x == 0


class TestDrawing:
    def test_both_maps_answer_a_click(self, specimen):
        zoom = MAP_PIXELS // 128
        assert sample_at(specimen, 10 * zoom + 1, 20 * zoom + 1) == (10, 20)
        assert sample_at(specimen, MAP_PIXELS + GAP_PIXELS + 10 * zoom, 20 * zoom) == (10, 20)
        assert sample_at(specimen, 0, 10 * MAP_PIXELS) == (0, 127)

    def test_the_frame_is_around_the_block_in_both_maps(self, specimen):
        index = specimen.costs.block_at(64, 64)
        block, zoom = look_at(specimen, index), MAP_PIXELS // 128
        picture = pixels_of(draw_maps(specimen, index, WINDOWS["bone"]))
        assert picture.shape == (MAP_PIXELS, 2 * MAP_PIXELS + GAP_PIXELS, 3)
        for left in (0, MAP_PIXELS + GAP_PIXELS):
            above = picture[zoom * block.y - 1, left + zoom * block.x]
            assert tuple(above) == ORANGE

    def test_the_block_has_five_panels(self, specimen):
        block = look_at(specimen, 0)
        picture = pixels_of(draw_block(block, specimen, WINDOWS["bone"]))
        zoom = PANEL_PIXELS // max(block.width, block.height)
        height, width = 2 * zoom * block.height, 3 * zoom * block.width
        assert picture.shape == (height + GAP_PIXELS, width + 2 * GAP_PIXELS, 3)

    def test_a_frame_at_the_border_stays_inside(self):
        panel = framed(np.zeros((8, 8, 3), np.uint8), 0, 0, 4, 4)
        assert tuple(panel[5, 0]) == tuple(panel[0, 5]) == ORANGE
        assert not np.any(panel[:4, :4])

    def test_heat_darkens_with_the_amount(self):
        shades = heat(np.array([0, 1, 2, 3, 4, 9]), 4).astype(int).sum(axis=-1)
        assert np.all(np.diff(shades)[:-1] < 0) and shades[-1] == shades[-2]

    def test_numbers_are_those_of_the_block(self, specimen):
        block = look_at(specimen, 3)
        text = describe_block(block, specimen, 3) + tabulate_block(block)
        assert f"{block.total_bits:.1f} bits" in text and "block 4" in text
        for element, bits in block.bits.items():
            assert element in text and f"{bits:.2f}" in text


class TestWidget:
    @pytest.fixture
    def latest(self):
        return LatestOnly()

    @pytest.fixture
    def parts(self, latest):
        widget = microscope(("small_ct",), latest=latest)
        assert latest.wait(HANGING_SECONDS)
        choices, _hint, touch, numbers, below = widget.children
        return choices.children[1], touch, below.children[1], numbers

    def test_keys_and_clicks_choose_the_block(self, parts):
        step, touch, panels, numbers = parts
        specimen = load_specimen("small_ct", step.value)
        index = specimen.costs.block_at(64, 64)
        assert numbers.value == describe_block(look_at(specimen, index), specimen, index)
        before = touch.picture.value, panels.value
        touch.counts.value = "2 -1 0 0 0"
        index = neighbour(specimen, index, 2, -1)
        assert numbers.value == describe_block(look_at(specimen, index), specimen, index)
        assert touch.picture.value != before[0] and panels.value != before[1]
        touch.counts.value = "2 -1 1 5 6"
        assert "at (0, 0)" in numbers.value

    def test_another_quality_keeps_the_place(self, parts, latest):
        step, touch, _panels, numbers = parts
        touch.counts.value = "0 0 1 400 200"
        step.value = 60
        assert latest.wait(HANGING_SECONDS)
        specimen = load_specimen("small_ct", 60)
        before = load_specimen("small_ct", 15)
        old = look_at(before, before.costs.block_at(100, 50))
        index = specimen.costs.block_at(old.x, old.y)
        assert numbers.value == describe_block(look_at(specimen, index), specimen, index)
