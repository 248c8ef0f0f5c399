"""The numbers in both READMEs are those of the files in results/."""

import csv
import re

import pytest

from mmpc.errors import FileError
from mmpc.evaluation import readme
from tests.conftest import ROOT


@pytest.mark.parametrize("name", ["README.md", "notebooks/README.md"])
def test_readme_shows_what_is_in_results(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert re.findall(r"<!-- table: ([\w/-]+)", text)
    assert readme.fill_tables(text, ROOT / "results") == text, (
        f"run: python -m mmpc.evaluation.readme {name} results"
    )


@pytest.fixture
def results(tmp_path):
    rows = [["codec", "rate", "seconds"], ["a|b", "-25.04", "0.01234"], ["c", "7", ""]]
    with open(tmp_path / "peers.csv", "w", newline="") as stream:
        csv.writer(stream).writerows(rows)
    return tmp_path


def test_a_table_is_made(results):
    text = "before\n<!-- table: peers -->\nold\n<!-- end -->\nafter\n"
    assert readme.fill_tables(text, results) == (
        "before\n<!-- table: peers -->\n"
        "| codec | rate | seconds |\n| --- | --- | --- |\n"
        "| a\\|b | -25.0 | 0.0123 |\n| c | 7 |  |\n"
        "<!-- end -->\nafter\n"
    )


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("0.98765", "0.988"),
        ("1.0", "1.00"),
        ("-1.2345", "-1.23"),
        ("12.345", "12.3"),
        ("-123.45", "-123"),
        ("1234.5", "1234"),
        ("1.5e-05", "1.5e-05"),
        ("7", "7"),
        ("v1.5", "v1.5"),
    ],
)
def test_three_digits_of_a_fraction(tmp_path, written, shown):
    (tmp_path / "a.csv").write_text(f"x\n{written}\n", encoding="utf-8")
    filled = readme.fill_tables("<!-- table: a -->\n<!-- end -->", tmp_path)
    assert filled.splitlines()[3] == f"| {shown} |"


def test_an_empty_table_and_foreign_letters(tmp_path):
    (tmp_path / "a.csv").write_text("x\n", encoding="utf-8")
    with pytest.raises(FileError, match="the table is empty"):
        readme.fill_tables("<!-- table: a -->\n<!-- end -->", tmp_path)
    document = tmp_path / "doc.md"
    document.write_bytes("größer\n".encode())
    assert readme.main([str(document), str(tmp_path)]) == 0
    assert document.read_bytes() == "größer\n".encode()


def test_chosen_columns(results):
    text = "<!-- table: peers: seconds=time (s), codec -->\n<!-- end -->"
    filled = readme.fill_tables(text, results)
    assert "| time (s) | codec |\n| --- | --- |\n| 0.0123 | a\\|b |" in filled
    assert readme.fill_tables(filled, results) == filled


def test_what_is_missing(results, tmp_path, capsys):
    with pytest.raises(FileError, match="no column 'speed'"):
        readme.fill_tables("<!-- table: peers: speed -->\n<!-- end -->", results)
    document = tmp_path / "doc.md"
    document.write_text("<!-- table: none -->\n<!-- end -->")
    assert readme.main([str(document), str(results)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
