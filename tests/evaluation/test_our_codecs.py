"""Our codecs by their names, and what each is asked for."""

from itertools import pairwise

import numpy as np
import pytest

import mmpc
from mmpc.coding_tools import VOLUME_TOOLS, Tools
from mmpc.errors import InvalidParameterError
from mmpc.evaluation import our_codecs
from mmpc.evaluation.catalogue import LOSSLESS_PEERS, PEERS, find_codec
from mmpc.evaluation.our_codecs import (
    find_our_codec,
    has_bitstream,
    name_without,
    our_codec_name,
    preset_of_tool,
    tool_names,
)
from mmpc.evaluation.v1_variants import VARIANTS

IMAGE = np.arange(256, dtype=np.uint16).reshape(16, 16)


@pytest.mark.parametrize(
    ("name", "bitstream", "preset"),
    [
        ("mmpc-v1", 1, None),
        ("mmpc-v2", 2, None),
        ("mmpc-v2-default", 2, "default"),
        ("mmpc-v2-fast", 2, "fast"),
        ("mmpc-v2-bounded", 2, None),
    ],
)
def test_names(name, bitstream, preset):
    codec = find_our_codec(name)
    assert (codec.name, codec.bitstream, codec.preset) == (name, bitstream, preset)
    assert codec.versions() == f"mmpc {mmpc.__version__}, bitstream {bitstream}"


@pytest.mark.parametrize("name", ["mmpc-v1", "mmpc-v2", "mmpc-v2-bounded"])
def test_settings_rise_by_steps_that_a_curve_bridges(name):
    sweep = find_our_codec(name).sweep
    assert all(low < high for low, high in pairwise(sweep))
    assert all(high <= 2 * max(low, 1) for low, high in pairwise(sweep))


def test_a_name_for_each_version():
    assert our_codec_name(1) == our_codec_name(1, "fast") == "mmpc-v1"
    assert our_codec_name(2) == "mmpc-v2-default"
    assert our_codec_name(2, "best") == "mmpc-v2-best"
    assert [has_bitstream(version) for version in (0, 1, 2, 3)] == [False, True, True, False]


@pytest.mark.parametrize("name", ["x265", "mmpc-v3", "mmpc-v", "mmpc-vx-fast"])
def test_no_such_codec(name):
    with pytest.raises(InvalidParameterError, match=name):
        find_our_codec(name)


def test_a_tool_is_switched_off_where_it_is_used_first():
    assert not set(tool_names()) & set(VOLUME_TOOLS) and "dst" in tool_names()
    assert preset_of_tool("rectangles") == "default"
    assert {preset_of_tool(tool) for tool in tool_names() if tool != "rectangles"} == {"fast"}
    for tool in tool_names():
        assert find_our_codec(name_without(tool)).name == f"mmpc-v2-without-{tool}"


@pytest.mark.parametrize(
    ("name", "padding", "expected"),
    [("mmpc-v2-bounded", 3, None), ("mmpc-v2-bounded-without-padding", 3, Tools(padding=False))],
)
def test_bounded_coding_is_asked_for_an_error(monkeypatch, name, padding, expected):
    asked = []
    monkeypatch.setattr(our_codecs, "compress", lambda _, **options: asked.append(options))
    find_our_codec(name).compress(IMAGE, padding)
    assert asked == [{"max_error": padding, "tools": expected}]


def test_the_payload_is_told_of_version_1_alone():
    one, two = (find_our_codec(name).round_trip(IMAGE, 4) for name in ("mmpc-v1", "mmpc-v2-fast"))
    assert one.payload_bytes == mmpc.read_header(
        mmpc.compress(IMAGE, bitstream=1, quality=4)
    ).payload_bytes  # fmt: skip
    assert two.payload_bytes is None
    assert abs(two.decoded.astype(int) - IMAGE).max() < 20


def test_any_codec_is_found_by_its_name():
    assert find_codec("mmpc-v1").name == "mmpc-v1"
    for name, variant in VARIANTS.items():
        assert find_codec(name) is variant
    for peers in (PEERS, LOSSLESS_PEERS):
        for name, make in peers.items():
            try:
                made = make()
            except InvalidParameterError:  # not installed here
                continue
            assert find_codec(name).name == made.name == name
