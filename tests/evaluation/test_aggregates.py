import pytest

from mmpc.evaluation.aggregates import AGGREGATE_COLUMNS, aggregate, table_text


def row(image, rmse, psnr, frame="0"):
    point = {"image": image, "frame": frame, "codec": "mmpc-v1", "quality": "10"}
    return point | {"rmse": rmse, "psnr_db": psnr, "ssim": ""}


def test_known_numbers():
    rows = [row("a", "1", "90"), row("b", "2", "84"), row("c", "6", "74", frame="2")]
    found = {line["measure"]: line for line in aggregate(iter(rows))}
    assert set(found) == {"rmse", "psnr_db"}
    rmse = found["rmse"]
    assert (rmse["images"], rmse["mean"], rmse["median"], rmse["worst"]) == (3, 3, 2, 6)
    assert rmse["standard_deviation"] == pytest.approx(7**0.5)
    assert rmse["worst_image"] == "c frame 2"
    assert (found["psnr_db"]["worst"], found["psnr_db"]["worst_image"]) == (74, "c frame 2")
    assert tuple(rmse) == AGGREGATE_COLUMNS
    assert "c frame 2" in table_text(list(found.values()), ("rmse",))


def test_an_image_without_error():
    rows = [row("a", "0", "inf"), row("b", "2", "84")]
    found = {line["measure"]: line for line in aggregate(rows)}
    assert found["psnr_db"]["images"] == 1 and found["rmse"]["images"] == 2
    assert found["psnr_db"]["standard_deviation"] is None


def test_settings_are_sorted_as_numbers():
    rows = [row("a", "1", "9") | {"quality": quality} for quality in ("100", "20", "9")]
    order = [line["quality"] for line in aggregate(rows) if line["measure"] == "rmse"]
    assert order == ["9", "20", "100"]
