"""A run of plain work: squares of numbers, of which some fail."""

import json
from dataclasses import replace

import pytest

from mmpc.batch.runs import Outcome, Plan, carry_out
from mmpc.batch.scheduler import Workers
from mmpc.batch.tables import read_table
from mmpc.errors import FileError, MmpcError


def square(task):
    number, done = task
    if number < 0:
        return Outcome(str(number), [], [{"number": number, "error": f"{number} is negative"}])
    rows = [] if number in done else [{"number": number, "square": number**2}]
    return Outcome(str(number), rows, [])


def lost(task):
    return Outcome(str(task[0]), [], [{"number": task[0], "error": "lost"}])


def plan_of(out, numbers, name="summary", **settings):
    def tasks(rows):
        done = {int(row["number"]) for row in rows}
        return ((number, done) for number in numbers)

    return Plan(
        out,
        name,
        ("number", "square"),
        ("number", "error"),
        settings=settings,
        facts={"command": "squares"},
        tasks=tasks,
        n_tasks=len(numbers),
        work=square,
        lost=lost,
    )


def squares(path):
    return {int(row["number"]): int(row["square"]) for row in read_table(path)}


@pytest.mark.parametrize("jobs", [1, 2])
def test_rows_failures_and_record(tmp_path, jobs):
    results = carry_out(plan_of(tmp_path, [3, -1, 4], colour="red"), Workers(jobs))
    assert (results.rows, results.failures) == (2, 1)
    assert squares(results.table) == {3: 9, 4: 16}
    assert [row["error"] for row in read_table(results.failures_table)] == ["-1 is negative"]
    record = json.loads((tmp_path / "summary.json").read_text())
    assert record == {
        "command": "squares",
        "settings": {"colour": "red"},
        "state": "complete",
        "rows": 2,
        "failures": 1,
    }


def test_names_of_the_files(tmp_path):
    plans = [plan_of(tmp_path, [2, -1], name) for name in ("summary", "points")]
    for plan in plans:
        carry_out(plan, Workers())
    names = ("summary.csv", "summary.json", "failures.csv")
    names += ("points.csv", "points.json", "points_failures.csv")
    assert {path.name for path in tmp_path.iterdir()} == set(names)


def test_what_is_there_is_kept_and_not_done_again(tmp_path):
    assert carry_out(plan_of(tmp_path, [-1, 3]), Workers()).failures == 1
    table = tmp_path / "summary.csv"
    table.write_text(table.read_text().replace("9", "999"))
    results = carry_out(plan_of(tmp_path, [3, 5]), Workers())
    assert (results.rows, results.failures) == (2, 0)
    assert squares(table) == {3: 999, 5: 25}
    assert not results.failures_table.exists()
    assert carry_out(plan_of(tmp_path, [3]), Workers(), fresh=True).rows == 1
    assert squares(table) == {3: 9}


def test_a_run_that_breaks_off_says_so_and_keeps_its_rows(tmp_path):
    def tasks(_rows):
        yield 3, ()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(replace(plan_of(tmp_path, [3, 5]), tasks=tasks), Workers())
    assert squares(tmp_path / "summary.csv") == {3: 9}
    assert json.loads((tmp_path / "summary.json").read_text())["state"] == "broken off"


def test_other_settings_are_not_mixed(tmp_path):
    carry_out(plan_of(tmp_path, [3], colour="red", size=1), Workers())
    other = plan_of(tmp_path, [4], colour="blue", size=1)
    with pytest.raises(FileError, match="made with another colour; start anew with --fresh"):
        carry_out(other, Workers())
    assert squares(tmp_path / "summary.csv") == {3: 9}
    assert carry_out(other, Workers(), fresh=True).rows == 1


@pytest.mark.parametrize("record", [None, "", "[]", "{}"])
def test_rows_of_unknown_settings_are_not_mixed(tmp_path, record):
    carry_out(plan_of(tmp_path, [3], colour="red"), Workers())
    path = tmp_path / "summary.json"
    path.unlink() if record is None else path.write_text(record)
    with pytest.raises(FileError, match="colour"):
        carry_out(plan_of(tmp_path, [4], colour="red"), Workers())


def test_nothing_done_is_an_error_with_the_first_reason(tmp_path):
    with pytest.raises(MmpcError, match="nothing could be done: -2 is negative"):
        carry_out(plan_of(tmp_path, [-2, -3]), Workers())
    assert (tmp_path / "failures.csv").exists()
