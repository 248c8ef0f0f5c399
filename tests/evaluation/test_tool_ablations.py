import pytest

from mmpc.evaluation import promises, tool_ablations
from mmpc.evaluation.catalogue import find_codec
from mmpc.evaluation.our_codecs import tool_names


def rows(codecs, qualities, size, peak_error=0):
    return [
        {
            **{"image": "a", "frame": "0", "codec": codec, "quality": str(quality)},
            **{"rmse": str(quality / 4), "size_bytes": str(size(codec, quality))},
            **{"encode_seconds": "1", "decode_seconds": "0.5", "clipped_pixels": "0"},
            **{"width": "512", "height": "512", "peak_error": str(peak_error)},
        }
        for codec in codecs
        for quality in qualities
    ]


def test_a_tool_worth_a_known_share():
    codecs = dict.fromkeys(codec for codec, _ in tool_ablations.tool_points())

    def size(codec, quality):
        return 1e5 / quality * (1.25 if codec.endswith("-intra") else 1)

    table = tool_ablations.tool_table(rows(codecs, tool_ablations.STEPS, size))
    found = {row["tool"]: row["bd_rate_percent"] for row in table}
    assert found["intra"] == pytest.approx(25)
    assert found["wiener"] == pytest.approx(0)
    assert set(found) == {tool.replace("_", " ") for tool in tool_names()}


def test_codec_without_a_tool_says_so_in_its_stream(head_ct):
    from mmpc.streams.info import read_header

    codec = find_codec("mmpc-v2-without-wiener")
    details = read_header(codec.compress(head_ct[200:264, 200:264], 20)).details
    assert details["wiener"] is False and details["intra"] is True


def test_bounds_with_known_ratios():
    def size(codec, bound):
        return 780 if codec == promises.OURS else 1000

    table = promises.bound_table(rows((promises.OURS, promises.THEIRS), (0.0, 2.0, 5.0), size))
    assert [row["size_ratio"] for row in table] == [0.78, 0.78, 0.78]
    assert [row["verdict"] for row in table] == ["aim reached", "reached", "missed"]


def test_lossless_codecs_beside_jpeg_ls():
    sizes = {promises.OURS: 800, promises.THEIRS: 1000, promises.LOSSLESS[0]: 850}

    def size(codec, bound):
        return sizes.get(codec, 840)

    codecs = (*sizes, promises.LOSSLESS[1])
    table = promises.lossless_table(rows(codecs, (0.0, 2.0), size))
    assert [row["size_ratio"] for row in table] == [0.8, 0.85, 0.84]
    assert [row["images"] for row in table] == [1, 1, 1]
    assert table[1]["label"] == "JPEG XL lossless, effort 7 (libjxl)"


def test_region_at_equal_size_gains_inside_and_pays_outside():
    from mmpc.images.samples import sample

    image = sample("head_ct")
    rows = promises.region_rows("head_ct", image, preset="fast")
    assert [row["images"] for row in promises.region_summary(rows * 2)] == [2, 2]
    for row in rows:
        assert -2 < row["size_change_percent"] <= 0
        assert row["inside_change_percent"] < -10 < 10 < row["outside_change_percent"]
