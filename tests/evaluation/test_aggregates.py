import pytest

from mmpc.evaluation.aggregates import AGGREGATE_COLUMNS, aggregate, table_text
from mmpc.evaluation.metrics import MEASURES


def row(image, rmse, psnr, frame="0"):
    point = {"image": image, "frame": frame, "codec": "mmpc-v1", "quality": "10"}
    return point | {"rmse": rmse, "psnr_db": psnr, "ssim": ""}


def test_known_numbers():
    """The worst in the middle; of two that are equally bad the first is named."""
    rows = [row("a", "1", "90"), row("c", "6", "74", frame="2"), row("b", "2", "84")]
    rows.append(row("d", "6", "74"))
    found = {line["measure"]: line for line in aggregate(iter(rows))}
    assert set(found) == {"rmse", "psnr_db"}
    rmse = found["rmse"]
    assert (rmse["images"], rmse["mean"], rmse["median"], rmse["worst"]) == (4, 3.75, 4, 6)
    assert rmse["standard_deviation"] == pytest.approx((20.75 / 3) ** 0.5)
    assert rmse["worst_image"] == "c frame 2"
    assert (found["psnr_db"]["worst"], found["psnr_db"]["worst_image"]) == (74, "c frame 2")
    assert tuple(rmse) == AGGREGATE_COLUMNS
    assert "c frame 2" in table_text(list(found.values()), ("rmse",))


def test_an_image_without_error():
    rows = [row("a", "0", "inf"), row("b", "2", "84")]
    found = {line["measure"]: line for line in aggregate(rows)}
    assert found["psnr_db"]["images"] == 1 and found["rmse"]["images"] == 2
    assert found["psnr_db"]["standard_deviation"] is None
    assert found["rmse"]["worst_image"] == "b"
    head, rmse, psnr = (line.split() for line in table_text(aggregate(rows), MEASURES).splitlines())
    assert head[:4] == ["codec", "quality", "measure", "images"] and head[-2:] == ["worst", "image"]
    assert rmse == ["mmpc-v1", "10", "rmse", "2", "1.0000", "1.4142", "1.0000", "2.0000", "b"]
    assert psnr == ["mmpc-v1", "10", "psnr_db", "1", "84.0000", "84.0000", "84.0000", "b"]
    assert len(table_text(aggregate(rows), ("ssim",)).splitlines()) == 1


def test_settings_are_sorted_as_numbers():
    rows = [row("a", "1", "9") | {"quality": quality} for quality in ("100", "20", "9")]
    order = [line["quality"] for line in aggregate(rows) if line["measure"] == "rmse"]
    assert order == ["9", "20", "100"]
