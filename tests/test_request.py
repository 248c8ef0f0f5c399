"""What may be asked of the codec, and what is refused before it is asked."""

import numpy as np
import pytest

import mmpc
from mmpc.coding_tools import Tools
from mmpc.errors import InvalidParameterError, UnsupportedImageError
from mmpc.request import DEFAULT_QUALITY, GOALS, PRESETS, Goal, Region, Request, check_image

IMAGE = np.arange(77, dtype=np.uint16).reshape(7, 11)


@pytest.mark.parametrize("kind", GOALS)
@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), "3", None, 1j])
def test_a_goal_is_a_positive_number(kind, value):
    with pytest.raises(InvalidParameterError, match="is not a positive number"):
        Goal(kind, value)


@pytest.mark.parametrize("kind", GOALS)
def test_zero_is_an_error_to_ask_for_but_no_step_and_no_rate(kind):
    if kind in ("step", "rate_bpp"):
        with pytest.raises(InvalidParameterError):
            Goal(kind, 0)
    else:
        assert Goal(kind, 0).value == 0


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"bitstream": 3}, "bitstream 3"),
        ({"preset": "slow"}, "'slow'"),
        ({"goal": 30}, "goal"),
        ({"bitstream": 1, "preset": "best"}, "preset is for bitstream 2"),
        ({"bitstream": 1, "tools": Tools()}, "tools is for bitstream 2"),
        ({"bitstream": 1, "region": Region(IMAGE > 3, 2)}, "region is for bitstream 2"),
        ({"rle": False}, "rle is for bitstream 1"),
        ({"report_exact": True}, "report_exact is for bitstream 1"),
        ({"goal": Goal("max_error", 1), "preset": "fast"}, "preset does nothing"),
        ({"goal": Goal("max_error", 1), "tools": Tools()}, "tools does nothing"),
        ({"goal": Goal("max_error", 1), "region": Region(IMAGE > 3, 2)}, "region does nothing"),
        ({"tools": Tools(padding=False), "padding_value": 0}, "the tool padding is off"),
        ({"padding_value": [3, None, 1.5]}, "not a whole number"),
        ({"padding_value": "3"}, "not a whole number"),
    ],
)
def test_what_is_not_known_or_does_nothing_is_refused(options, word):
    with pytest.raises(InvalidParameterError, match=word):
        Request(**options)


def test_keywords_become_a_request():
    assert Request.from_keywords() == Request() == Request(Goal("step", DEFAULT_QUALITY))
    request = Request.from_keywords(rmse=3, bitstream=1, rle=False, metadata={"a": 1})
    assert request == Request(Goal("rmse", 3), bitstream=1, rle=False, metadata={"a": 1})
    assert request.at_step(7) == Request(Goal("step", 7), 1, rle=False, metadata={"a": 1})
    for preset in PRESETS:
        assert Request.from_keywords(quality=2, preset=preset).preset == preset
    with pytest.raises(InvalidParameterError, match="not for quality and max_error together"):
        Request.from_keywords(quality=3, max_error=0)


def test_a_request_is_what_its_keywords_are():
    request = Request(Goal("step", 4), bitstream=1, metadata={"a": 1})
    data = mmpc.compress(IMAGE, request=request)
    assert data == mmpc.compress(IMAGE, bitstream=1, quality=4, metadata={"a": 1})
    with pytest.raises(InvalidParameterError, match="not both"):
        mmpc.compress(IMAGE, request=request, quality=4)


@pytest.mark.parametrize("bitstream", [1, 2])
def test_a_codec_takes_no_goal_that_needs_a_search(bitstream):
    from importlib import import_module

    codec = import_module(f"mmpc.v{bitstream}.codec")
    with pytest.raises(InvalidParameterError, match="step must be found first for rmse"):
        codec.compress(IMAGE, Request(Goal("rmse", 3), bitstream))


def test_all_tools_are_on_unless_said_otherwise():
    assert set(vars(Tools()).values()) == {True}
    assert vars(Tools(dst=False)) == vars(Tools()) | {"dst": False}


def test_deblocking_begins_at_the_step_where_it_pays():
    def tools(step, **named):
        return Request(Goal("step", step), 2, **named).coding_tools

    assert tools(63.9) == Tools(deblocking=False)
    assert tools(64) == tools(300) == Tools()
    assert tools(6, tools=Tools()) == tools(6, preset="best") == Tools()
    assert tools(300, tools=Tools(dst=False)) == Tools(dst=False)
    assert Request(Goal("max_error", 5), 2).coding_tools == Tools()


@pytest.mark.parametrize("shape", [(1, 1), (1, 65535), (65535, 1), (65535, 1, 1)])
def test_sides_that_a_stream_can_have(shape):
    image = np.zeros(shape, ">i2")
    checked = check_image(image, most_dimensions=3)
    assert (checked.shape, checked.dtype) == (shape, np.int16)


@pytest.mark.parametrize(
    ("shape", "dtype", "most_dimensions", "words"),
    [
        ((0, 1), "u1", 2, "each side must be 1 to 65535"),
        ((1, 65536), "u1", 2, "each side must be 1 to 65535"),
        ((2, 2, 2), "u1", 2, "3 dimensions; give one 2-D slice at a time"),
        ((2,), "u1", 3, "1 dimensions; give a 2-D slice or 3-D volume"),
        ((2, 2), "i4", 2, "int32 are not supported"),
        ((2, 2), "f2", 2, "float16 are not supported"),
        ((2, 2), "?", 2, "bool are not supported"),
    ],
)
def test_images_that_a_stream_cannot_have(shape, dtype, most_dimensions, words):
    with pytest.raises(UnsupportedImageError, match=words):
        check_image(np.zeros(shape, dtype), most_dimensions)
