import pytest

from mmpc.batch.tables import GrowingTable, csv_text, read_table
from mmpc.errors import FileError


def test_rows_come_back_and_go_on(tmp_path):
    path = tmp_path / "t.csv"
    GrowingTable(path, ("image", "rmse")).append([{"image": "a,b", "rmse": 1 / 3}])
    table = GrowingTable(path, ("image", "rmse"))
    table.append([{"image": "c", "rmse": None}, {"image": "d", "rmse": float("inf")}])
    assert list(table) == [
        {"image": "a,b", "rmse": "0.333333"},
        {"image": "c", "rmse": ""},
        {"image": "d", "rmse": "inf"},
    ]


@pytest.mark.parametrize("half", ["b", "b,2", "b,2.5"])
def test_a_half_written_last_row_is_dropped(tmp_path, half):
    path = tmp_path / "t.csv"
    path.write_text(f"image,rmse\na,1\n{half}")
    table = GrowingTable(path, ("image", "rmse"))
    assert [row["image"] for row in table] == ["a"]
    table.append([{"image": "b", "rmse": 2}])
    assert path.read_text() == "image,rmse\na,1\nb,2\n"


def test_a_table_longer_than_the_part_that_is_looked_at(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("image,rmse\n" + "abcdefgh,1\n" * 20000 + "abc")
    assert sum(1 for _ in GrowingTable(path, ("image", "rmse"))) == 20000


def test_foreign_files_are_refused(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("name,value\nx,1\n")
    with pytest.raises(FileError, match="no table of this tool"):
        GrowingTable(path, ("image", "rmse"))
    with pytest.raises(FileError, match="cannot be read"):
        list(read_table(tmp_path / "none.csv"))


def test_a_message_of_several_lines_stays_one_row():
    assert csv_text([{"error": "a\nb"}], ("error",), head=False) == "a b\n"
