"""Exercises: the checks tell right from wrong, and every solution is accepted."""

import json
import re

import numpy as np
import pytest

from tests.conftest import ROOT
from tests.notebooks.needed_cells import needed_cells

pytest.importorskip("jupytext", reason="jupytext is in the extra mmpc[notebooks]")
pytest.importorskip("matplotlib", reason="matplotlib is in the extra mmpc[notebooks]")
pytest.importorskip("data_store", reason="pydicom-data holds the images of the lessons")

from mmpc.explore.check import check, fingerprint, is_unsolved
from mmpc.explore.scoreboard import COURSE_BPP, COURSE_NUMBERS

LESSONS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.py"))


def said(capsys, *arguments, **options):
    check(*arguments, **options)
    return capsys.readouterr().out


class TestCheck:
    def test_right_number(self, capsys):
        assert said(capsys, 1, 3.14159, fingerprint(1, 3.14, 2), digits=2) == "Exercise 1: right.\n"

    def test_tolerance_is_one_unit_of_the_last_decimal(self, capsys):
        expected = fingerprint(1, 3.14, 2)
        assert "right." in said(capsys, 1, 3.15, expected, digits=2)
        assert "not right yet" in said(capsys, 1, 3.16, expected, digits=2)

    def test_whole_numbers_have_no_tolerance(self, capsys):
        assert "not right yet" in said(capsys, 1, 14, fingerprint(1, 13))

    def test_numpy_scalar_text_and_bytes(self, capsys):
        assert "right." in said(capsys, 2, np.int64(13), fingerprint(2, 13))
        assert "right." in said(capsys, 2, " Head_CT ", fingerprint(2, "head_ct"))
        assert "right." in said(capsys, 2, b"\x01", fingerprint(2, b"\x01"))

    def test_same_answer_has_another_fingerprint_in_another_exercise(self):
        assert fingerprint(1, 13) != fingerprint(2, 13)

    def test_hint_comes_with_a_wrong_answer_only(self, capsys):
        assert "Hint: think" in said(capsys, 1, 5, fingerprint(1, 6), hint="think")
        assert "think" not in said(capsys, 1, 6, fingerprint(1, 6), hint="think")

    def test_wrong_kind_of_answer_is_no_crash(self, capsys):
        assert "not right yet" in said(capsys, 1, [1, 2], fingerprint(1, 6))
        assert "not right yet" in said(capsys, 1, None, fingerprint(1, 6))

    def test_unsolved(self, capsys):
        def dots(_value):
            """Only dots."""
            return ...

        assert is_unsolved(...) and is_unsolved(dots)
        assert not is_unsolved(lambda value: value) and not is_unsolved(0)
        assert "not yet solved" in said(capsys, 3, dots, {"it works": lambda f: f(1) == 1})

    def test_properties(self, capsys):
        properties = {"one gives two": lambda f: f(1) == 2, "two gives four": lambda f: f(2) == 4}
        assert "right." in said(capsys, 4, lambda x: 2 * x, properties)
        assert "two gives four" in said(capsys, 4, lambda x: x + 1, properties)
        assert "raised ZeroDivisionError" in said(capsys, 4, lambda x: x / 0, properties)


@pytest.fixture
def solved(capsys, monkeypatch):
    """Return a function that runs a lesson's cells in its folder, and gives what they print.

    Here and not in a process of its own: most would import the same for two seconds.
    """
    from matplotlib import pyplot

    def run_cells(cells, lesson):
        monkeypatch.chdir(lesson.parent)
        names = {"__name__": "__main__"}
        for number, cell in enumerate(cells):
            exec(compile(cell, f"{lesson.stem}, needed cell {number}", "exec"), names)
        return capsys.readouterr().out

    pyplot.switch_backend("agg")
    with np.printoptions(), pyplot.rc_context():
        yield run_cells
    pyplot.close("all")


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_solutions_are_right(lesson, tools, solved, tmp_path, monkeypatch):
    """Run what the exercises of a lesson need, with its solutions in the place of the dots."""
    scores = tmp_path / "scores.json"
    monkeypatch.setenv("MMPC_SCOREBOARD", str(scores))
    solutions = tools.exercise_cells(lesson.parent / "solutions" / lesson.name)
    cells, wanted = [], set()
    for cell in tools.pairs.read_source(lesson).cells:
        if cell.cell_type == "code":
            tag = next(iter(cell.metadata.get("tags", [])), "")
            if tag in solutions or re.search(r"\b(check|score)\(", cell.source):
                wanted.add(len(cells))
            cells.append(solutions.get(tag, cell.source))
    printed = solved([cells[index] for index in needed_cells(cells, wanted)], lesson)
    verdicts = re.findall(r"^Exercise (\d+): (.*)$", printed, re.MULTILINE)
    assert verdicts == [(str(i + 1), "right.") for i in range(len(solutions))]
    assert len(verdicts) >= 3
    reached = json.loads(scores.read_text()) if scores.exists() else {}
    number = int(lesson.name[:2])
    course = COURSE_BPP | {key: value for key, (_, value) in COURSE_NUMBERS.items()}
    assert list(reached) == [str(number)] * (number in course)
    for rate in reached.values():
        assert rate == pytest.approx(course[number], abs=0.002)
