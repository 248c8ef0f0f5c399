import numpy as np
import pytest

from mmpc.evaluation.comparison import Comparison, geometric_mean
from mmpc.evaluation.targets import GOAL_COLUMNS, target_table


def curve(codec, image, factor, encode, decode, clipped=0):
    """Rows of a codec whose size is factor / RMSE and whose times are constant."""
    return [
        {
            "codec": codec,
            "image": image,
            "frame": "0",
            "quality": str(10 * rmse),
            "width": "100",
            "height": "100",
            "rmse": str(rmse),
            "size_bytes": str(factor / rmse),
            "encode_seconds": str(encode),
            "decode_seconds": str(decode),
            "clipped_pixels": str(clipped),
        }
        for rmse in (0.5, 1, 2, 4, 8, 16, 32)
    ]


@pytest.fixture
def rows():
    return [
        *curve("openjpeg", "a", 1000, 2, 1),
        *curve("openjpeg", "b", 4000, 2, 1),
        *curve("mmpc-v1", "a", 2000, 1, 0.5),
        *curve("mmpc-v1", "b", 8000, 1, 0.5),
        *curve("mmpc-v2-default", "a", 700, 8, 4),
        *curve("mmpc-v2-default", "b", 2400, 32, 4),
        *curve("libjxl", "a", 1400, 6, 1),
        *curve("libjxl", "b", 4800, 6, 1),
        *curve("x265", "a", 800, 16, 1),
        *curve("x265", "b", 1000, 16, 1, clipped=50),
        *curve("libaom", "a", 1000, 90, 1),
    ]


def test_rates_and_times_relative_to_openjpeg(rows):
    table = {row["codec"]: row for row in Comparison(rows).peer_table()}
    assert table["openjpeg"]["bd_rate_percent"] == pytest.approx(0)
    assert table["mmpc-v1"]["bd_rate_percent"] == pytest.approx(100)
    ours = table["mmpc-v2-default"]
    assert ours["bd_rate_percent"] == pytest.approx(-35)
    assert ours["bd_rate_best_percent"] == pytest.approx(-40)
    assert ours["bd_rate_worst_percent"] == pytest.approx(-30)
    assert ours["encode_time_ratio"] == pytest.approx(8)  # geometric mean of 4 and 16
    assert ours["encode_seconds"] == pytest.approx(20)
    assert ours["decode_time_ratio"] == pytest.approx(4)


def test_a_clipped_image_does_not_count_for_that_codec(rows):
    row = next(row for row in Comparison(rows).peer_table() if row["codec"] == "x265")
    assert row["images"] == 1 and row["clipped_pixels"] == 50
    assert row["bd_rate_percent"] == pytest.approx(-20)


def test_targets(rows):
    goals = target_table(Comparison(rows), "mmpc-v2-default")
    measured = [goal["measured"] for goal in goals]
    assert measured == [
        *("-12.50 %", "-30.00 %", "-35.00 %", "-50.00 %"),
        *("0.32 x", "0.50 x", "4.00 x"),
    ]
    assert [goal["verdict"] for goal in goals] == ["missed", *["aim reached"] * 5, "missed"]
    assert goals[2]["worst"] == "-30.00 %"
    assert all(tuple(goal) == GOAL_COLUMNS for goal in goals)


def test_targets_that_are_missed_or_not_measured(rows):
    goals = target_table(Comparison(rows[:28]), "mmpc-v1")
    assert [goal["verdict"] for goal in goals] == [
        "not measured",
        "not measured",
        "missed",
        "not measured",
        "missed",
        "not measured",
        "aim reached",
    ]


def test_relative_rates_for_the_plot(rows):
    rmse = np.array([0.1, 1, 4, 20])
    reached, ratio = Comparison(rows).relative_rates(rmse)["mmpc-v2-default"]
    assert reached.tolist() == [1, 4, 20]
    np.testing.assert_allclose(ratio, np.sqrt(0.7 * 0.6))


def growing(codec, exponent):
    """Rows of an image whose size falls with a power of the RMSE; each time is the RMSE."""
    rows = curve(codec, "a", 1000, 1, 1)
    for row in rows:
        row["size_bytes"] = str(1000 * float(row["rmse"]) ** exponent)
        row["encode_seconds"] = row["decode_seconds"] = row["rmse"]
    return rows


def test_times_between_the_points_and_not_beyond():
    measured = Comparison(growing("x265", -1)).of("x265", "a#0")
    for rmse in (0.5, 3, 20, 32):
        assert measured.seconds_at("encode", rmse) == pytest.approx(rmse)
        assert measured.seconds_at("decode", rmse) == pytest.approx(rmse)
    assert measured.seconds_at("encode", 0.49) is None
    assert measured.seconds_at("encode", 32.1) is None


def test_a_point_without_error_has_no_place_on_the_curve():
    exact = growing("x265", -1)[0] | {"rmse": "0.0", "quality": "0"}
    measured = Comparison([exact, *growing("x265", -1)]).of("x265", "a#0")
    assert measured.rmse.tolist() == [0.5, 1, 2, 4, 8, 16, 32]


def test_size_ratios_at_the_anchors_points_in_a_range():
    found = Comparison([*growing("openjpeg", -1), *growing("x265", -2)])
    # At an RMSE of 1, 2 and 4 the one needs 1, 1/2 and 1/4 of what the other does.
    assert found.size_ratios("x265", "openjpeg", (10, 40)) == {"a#0": pytest.approx(1 / 2)}
    assert found.size_ratios("x265", "openjpeg", (20, 40)) == {"a#0": pytest.approx(8**-0.5)}
    assert found.size_ratios("x265", "openjpeg", (500, 600)) == {}


def test_geometric_mean():
    assert geometric_mean({"a": 1, "b": 4}) == pytest.approx(2)
    assert geometric_mean({}) is None
