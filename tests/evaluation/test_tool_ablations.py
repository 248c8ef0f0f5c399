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


def test_a_tool_worth_more_on_one_image_than_on_another():
    codecs = dict.fromkeys(codec for codec, _ in tool_ablations.tool_points())
    both = []
    for image, factor in (("a", 1.25), ("b", 1.05)):
        one = rows(
            codecs,
            tool_ablations.STEPS,
            lambda codec, quality, factor=factor: 1e5 / quality
            * (factor if codec.endswith("-intra") else 1),
        )  # fmt: skip
        for row in one:
            row["image"] = image
            if row["codec"].endswith("-intra"):
                row["encode_seconds"], row["decode_seconds"] = "0.5", "1"
        both += one
    (intra,) = (row for row in tool_ablations.tool_table(both) if row["tool"] == "intra")
    assert intra["images"] == 2
    assert intra["bd_rate_percent"] == pytest.approx(15)
    assert (intra["least_percent"], intra["most_percent"]) == pytest.approx((5, 25))
    assert (intra["encode_time_ratio"], intra["decode_time_ratio"]) == pytest.approx((0.5, 2))


def test_bounds_are_compared_image_by_image():
    table = [
        {**row, "image": image, "size_bytes": str(size)}
        for image, ours in (("a", 700), ("b", 900))
        for codec, size in ((promises.OURS, ours), (promises.THEIRS, 1000))
        for row in rows((codec,), (0.0, 2.0, 5.0), lambda *_: 1, peak_error=3)
    ]
    for row in promises.bound_table(table):
        assert row["size_ratio"] == pytest.approx(0.8)
        assert (row["best"], row["worst"], row["images"]) == (0.7, 0.9, 2)
        assert row["largest_error"] == row["largest_error_charls"] == 3
        assert row["encode_time_ratio"] == row["decode_time_ratio"] == 1


def test_the_mean_over_images_of_each_region_and_gain():
    table = [
        {"region": region, "gain": gain, "area_percent": area, "inside_change_percent": inside,
         "outside_change_percent": 10.0}
        for region, gain, area, inside in (
            ("skull_interior", 4.0, 10.0, -40.0), ("skull_interior", 4.0, 30.0, -20.0),
            ("skull_interior", 2.0, 20.0, -10.0), ("body", 2.0, 50.0, -5.0),
        )
    ]  # fmt: skip
    summary = promises.region_summary(table)
    assert [(row["region"], row["gain"], row["images"]) for row in summary] == [
        *(("body", 2.0, 1), ("skull interior", 2.0, 1), ("skull interior", 4.0, 2))
    ]
    assert summary[2]["area_percent"] == 20 and summary[2]["inside_change_percent"] == -30
    assert summary[2]["least_gain_percent"] == -20 and summary[2]["outside_change_percent"] == 10


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
        for where in ("inside", "outside"):
            change = row[f"rmse_{where}"] / row[f"rmse_{where}_before"] - 1
            assert row[f"{where}_change_percent"] == pytest.approx(100 * change)
