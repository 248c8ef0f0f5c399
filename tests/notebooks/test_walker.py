"""The walker: fields tile the stream, decisions follow from each other, the widget steps."""

import pytest

pytest.importorskip("ipywidgets", reason="ipywidgets is in the extra mmpc[notebooks]")
pytest.importorskip("data_store", reason="pydicom-data holds the images of the lessons")

from mmpc.explore.block_costs import read_block_costs
from mmpc.explore.instruments.walk import PLACES, load_walk
from mmpc.explore.instruments.walker import describe_bytes, describe_decision, draw_samples, walker
from mmpc.explore.latest import LatestOnly
from mmpc.explore.watched_coder import ELEMENTS
from mmpc.v2.header_reading import read_stream
from tests.conftest import HANGING_SECONDS


@pytest.fixture(scope="module")
def walk():
    return load_walk("brain")


class TestFields:
    def test_they_tile_the_stream(self, walk):
        assert walk.fields[0].start == 0 and walk.fields[-1].end == len(walk.data)
        ends = [field.end for field in walk.fields[:-1]]
        assert ends == [field.start for field in walk.fields[1:]]

    def test_they_say_what_the_header_says(self, walk):
        header = read_stream(walk.data)
        values = {field.name: field.value for field in walk.fields}
        assert values["magic"] == "MMPC" and values["width"] == str(header.width) == "16"
        assert values["step"] == str(round(1024 * header.step))
        assert values["lowest sample"] == str(header.slices[0].minimum)
        payload = next(field for field in walk.fields if field.name == "payload")
        assert (payload.start, payload.end) == header.payload_places[0]
        assert values["bytes of payload"] == str(payload.end - payload.start)
        assert int(values["CRC-32 of the samples"], 16) == header.slices[0].samples_crc32

    def test_each_byte_is_in_a_part(self, walk):
        parts = [walk.part_of(index) for index in range(len(walk.data))]
        assert parts == sorted(parts, key=["stream", "slice", "payload", "checksum"].index)
        assert parts.count("checksum") == 4 and parts.index("payload") == walk.payload_start


class TestDecisions:
    def test_the_first_sees_the_first_bytes_and_everything_is_possible(self, walk):
        first = walk.decisions[0]
        start = walk.payload_start
        assert (first.low, first.high, first.position) == (0, 0xFFFFFFFF, 4)
        assert first.code == int.from_bytes(walk.data[start : start + 4], "big")
        assert first.element == "quarters"

    def test_each_interval_is_the_part_chosen_before_it(self, walk):
        for one, after in zip(walk.decisions, walk.decisions[1:], strict=False):
            assert one.low <= one.middle < one.high and one.low <= one.code <= one.high
            assert one.bit == (one.code <= one.middle)
            low, high = (one.low, one.middle) if one.bit else (one.middle + 1, one.high)
            for _ in range(after.position - one.position):  # leading bytes that agree are left
                assert low >> 24 == high >> 24
                low, high = low << 8 & 0xFFFFFFFF, (high << 8 & 0xFFFFFFFF) | 0xFF
            assert (low, high) == (after.low, after.high)

    def test_a_decision_costs_what_its_probability_says(self, walk):
        for one in walk.decisions:
            chance = one.probability if one.bit else 1 - one.probability
            assert 2**-one.cost_bits == pytest.approx(chance, rel=0.02)

    def test_plain_python_and_compiled_kernels_agree_on_each_element(self, walk):
        costs = read_block_costs(walk.data).blocks["bits"].sum(axis=0)
        for element, bits in zip(ELEMENTS, costs, strict=True):
            found = sum(one.cost_bits for one in walk.decisions if one.element == element)
            assert found == pytest.approx(bits, abs=1e-6)


def test_texts_are_those_of_byte_and_decision(walk):
    text = describe_bytes(walk, 35, 0)
    assert "bytes 34 to 37: <b>step</b> = <b>6144</b>" in text
    assert text.count("2px solid #000") == 2 * 4
    one = walk.decisions[20]
    text = describe_decision(walk, 20)
    assert f"{one.low:08x} to {one.high:08x}" in text and f"{one.cost_bits:.3f} bits" in text
    assert "decision 21</b>" in text and f"<td style='padding:0 1.2em 0 0'>{14}</td>" in text


def test_widget_steps_back_and_forth():
    latest = LatestOnly()
    widget = walker(latest)
    assert latest.wait(HANGING_SECONDS)
    choices, _hint, above, steps, interval = widget.children
    place, byte = choices.children
    decision, back, forth = steps.children
    boxes, picture = above.children
    walk = load_walk(place.value)
    assert picture.value == draw_samples(walk)
    back.click()
    assert decision.value == 1
    forth.click()
    forth.click()
    back.click()
    assert interval.value == describe_decision(walk, 1)
    byte.value = 50
    assert boxes.value == describe_bytes(walk, 50, 1)
    decision.value = decision.max
    forth.click()
    assert interval.value == describe_decision(walk, len(walk.decisions) - 1)
    place.value = list(PLACES)[-1]
    assert latest.wait(HANGING_SECONDS)
    walk = load_walk(place.value)
    assert boxes.value == describe_bytes(walk, 50, decision.value - 1)
