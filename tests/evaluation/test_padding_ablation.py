import pytest

from mmpc.evaluation.our_codecs import find_our_codec
from mmpc.evaluation.padding_ablation import PADDING_COLUMNS, padding_points, padding_table


def rows():
    """Two heads that are a fifth and a tenth smaller, and a chest on which nothing changes."""
    shares = {"head.dcm": 0.8, "other.dcm": 0.9, "chest.dcm": 1.0}
    for codec, setting in padding_points():
        for image, share in shares.items():
            size = 1000 if codec.endswith("without-padding") else 1000 * share
            yield {
                "image": image,
                "frame": "0",
                "codec": codec,
                "quality": f"{setting:g}",
                "size_bytes": f"{size:.0f}",
            }


def test_what_padding_is_worth():
    table = padding_table(rows())
    assert [row["setting"] for row in table] == [
        *("quality 10", "quality 30", "quality 60", "largest error 0", "largest error 2")
    ]
    for row in table:
        assert tuple(row) == PADDING_COLUMNS
        assert (row["images"], row["with_padding"]) == (3, 2)
        assert row["change_percent"] == pytest.approx(-15)
        assert row["best_percent"] == pytest.approx(-20)
        assert row["worst_percent"] == pytest.approx(-10)
        assert row["worst_of_all_percent"] == 0


def test_without_padding_anywhere():
    table = padding_table(row for row in rows() if row["image"] == "chest.dcm")
    assert {row["with_padding"] for row in table} == {0}
    assert {row["change_percent"] for row in table} == {None}
    assert padding_table([]) == []


def test_both_ways_of_coding_can_leave_it_out(head_ct):
    image = head_ct[:96, :300]
    for with_padding, without in (
        ("mmpc-v2-fast", "mmpc-v2-without-padding"),
        ("mmpc-v2-bounded", "mmpc-v2-bounded-without-padding"),
    ):
        sizes = [len(find_our_codec(name).compress(image, 2)) for name in (with_padding, without)]
        assert sizes[0] < sizes[1]
