"""Do a piece of work on many files into one table, and go on with a run that was broken off.

A run called ``summary`` has its rows in ``summary.csv``, appended as they come, what went
wrong, if anything, in ``failures.csv``, and in ``summary.json`` its settings, versions, machine
and command. What is in the table is not done again, if the settings are the same.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmpc.batch.provenance import write_json
from mmpc.batch.scheduler import Workers
from mmpc.batch.tables import GrowingTable
from mmpc.errors import FileError, MmpcError

Row = dict[str, Any]


@dataclass(frozen=True)
class Outcome:
    """The rows of a task, and the rows of its failures."""

    name: str
    rows: list[Row]
    failures: list[Row]


@dataclass(frozen=True)
class Plan:
    """What a run does, and where its rows go.

    Attributes
    ----------
    out : Path
        The folder of the results; it exists.
    name : str
        Of the run's files.
    columns, failure_columns : tuple of str
        The head lines of its two tables; failures have a column ``error``.
    settings : dict
        Rows that were made with other settings are not mixed with these.
    facts : dict
        What else goes on record.
    tasks : callable
        Given the rows that are there already, returns an iterable of what is left to do.
    n_tasks : int
        How many tasks that are at most, for the progress bar.
    work : callable
        Function of a module that makes the outcome of a task.
    lost : callable
        Makes the outcome of a task whose worker died.
    """

    out: Path
    name: str
    columns: tuple[str, ...]
    failure_columns: tuple[str, ...]
    settings: Row
    facts: Row
    tasks: Callable[[Iterable[dict[str, str]]], Iterable[Any]]
    n_tasks: int
    work: Callable[[Any], Outcome]
    lost: Callable[[Any], Outcome]

    @property
    def table_path(self) -> Path:
        """The table of the rows."""
        return self.out / f"{self.name}.csv"

    @property
    def record_path(self) -> Path:
        """The record of settings and facts."""
        return self.out / f"{self.name}.json"

    @property
    def failures_path(self) -> Path:
        """The table of failures; that of the plain run has a plain name."""
        return self.out / (
            "failures.csv" if self.name == "summary" else f"{self.name}_failures.csv"
        )


@dataclass(frozen=True)
class Results:
    """What came of a run."""

    table: Path
    rows: int
    failures_table: Path
    failures: int


def carry_out(plan: Plan, workers: Workers, *, fresh: bool = False) -> Results:
    """Do what is left of a plan.

    Parameters
    ----------
    plan : Plan
        What is done, and where the rows go.
    workers : Workers
        Who does it.
    fresh : bool
        Forget the rows that are there.

    Raises
    ------
    FileError
        If there are rows of other settings in the folder.
    MmpcError
        If the table is empty at the end: nothing could be done.
    """
    from mmpc.cli import progress

    if fresh:
        plan.table_path.unlink(missing_ok=True)
    plan.failures_path.unlink(missing_ok=True)
    if plan.table_path.exists():
        _check_settings(plan)
    table = GrowingTable(plan.table_path, plan.columns)
    failures = GrowingTable(plan.failures_path, plan.failure_columns)
    record = {**plan.facts, "settings": plan.settings, "state": "broken off"}
    write_json(plan.record_path, record)
    n_rows, n_failures = sum(1 for _ in table), 0
    outcomes = workers.run(plan.work, plan.tasks(table), plan.lost)
    for outcome in progress(outcomes, plan.name, total=plan.n_tasks):
        table.append(outcome.rows)
        failures.append(outcome.failures)
        n_rows, n_failures = n_rows + len(outcome.rows), n_failures + len(outcome.failures)
    counts = {"rows": n_rows, "failures": n_failures}
    write_json(plan.record_path, record | {"state": "complete"} | counts)
    if not n_rows:
        reason = next(iter(failures))["error"]
        raise MmpcError(f"nothing could be done: {reason}")
    if not n_failures:
        plan.failures_path.unlink()
    return Results(plan.table_path, n_rows, plan.failures_path, n_failures)


def _check_settings(plan: Plan) -> None:
    try:
        before = json.loads(plan.record_path.read_text(encoding="utf-8"))["settings"]
    except (OSError, ValueError, KeyError, TypeError):
        before = {}
    changed = [name for name in plan.settings if before.get(name) != plan.settings[name]]
    if changed:
        raise FileError(
            f"{plan.out}: the rows there were made with another "
            f"{' and '.join(changed)}; start anew with --fresh, or choose another folder"
        )
