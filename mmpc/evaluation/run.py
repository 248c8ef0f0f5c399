"""Run an experiment over many files into one folder, and go on with one that was broken off.

An experiment called ``summary`` has its rows in ``summary.csv``, appended as they come, what
went wrong, if anything, in ``failures.csv``, and in ``summary.json`` its settings, versions,
machine and command. Rows that are there are not measured again, if the settings are the same.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmpc.batch.provenance import codec_fingerprint, provenance, write_json
from mmpc.batch.scheduler import run_here, run_in_processes, run_on_cluster
from mmpc.batch.tables import GrowingTable
from mmpc.errors import FileError, MmpcError
from mmpc.evaluation.codecs import find_codec
from mmpc.evaluation.slices import (
    COLUMNS,
    FAILURE_COLUMNS,
    KEY,
    SHORT_COLUMNS,
    Outcome,
    Task,
    run_task,
)


@dataclass(frozen=True)
class Workers:
    """Who does the work: this process, processes of this machine, or a cluster."""

    jobs: int = 1
    scheduler: str | None = None

    def run(self, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """Yield the outcomes of tasks as they come."""
        if self.scheduler:
            return run_on_cluster(run_task, tasks, self.scheduler, _lost)
        if self.jobs > 1:
            return run_in_processes(run_task, tasks, self.jobs, _lost)
        return run_here(run_task, tasks)


@dataclass(frozen=True)
class Experiment:
    """What is measured on every file.

    Attributes
    ----------
    name : str
        Of its files.
    points : tuple of (codec name, quality)
        The operating points.
    full : bool
        All columns, or those that a comparison of codecs needs.
    repeats : int
        How often a coding is timed at most.
    """

    name: str
    points: tuple[tuple[str, float], ...]
    full: bool = True
    repeats: int = 1

    @property
    def failures_name(self) -> str:
        """The file of the table of failures; that of the plain experiment has a plain name."""
        return "failures.csv" if self.name == "summary" else f"{self.name}_failures.csv"

    @property
    def columns(self) -> tuple[str, ...]:
        """The head line of the table."""
        return COLUMNS if self.full else SHORT_COLUMNS


@dataclass(frozen=True)
class Results:
    """What came of a run."""

    table: Path
    rows: int
    failures_table: Path
    failures: int


def run_experiment(
    experiment: Experiment,
    files: dict[str, Path],
    out: Path,
    workers: Workers,
    *,
    command: list[str],
    mask: np.ndarray | None = None,
    pictures: int = 0,
    fresh: bool = False,
) -> Results:
    """Measure every file at every point that is not in the table yet.

    Parameters
    ----------
    experiment : Experiment
        What is measured.
    files : dict of str to Path
        Name in the tables, and place.
    out : Path
        The folder of the results; it exists.
    workers : Workers
        Who does the work.
    command : list of str
        The arguments of the tool, for the record.
    mask : ndarray of bool, optional
        The user's region of interest.
    pictures : int
        Pictures are drawn of so many of the first files.
    fresh : bool
        Forget the rows that are there.

    Raises
    ------
    FileError
        If there are rows of other settings in the folder.
    MmpcError
        If the table is empty at the end: nothing could be measured.
    """
    from mmpc.cli import progress

    table_path, facts_path = out / f"{experiment.name}.csv", out / f"{experiment.name}.json"
    failures_path = out / experiment.failures_name
    settings = {
        "columns": "full" if experiment.full else "short",
        "mask_sha256": None if mask is None else hashlib.sha256(np.packbits(mask)).hexdigest(),
        "codec_code_sha256": codec_fingerprint(),
    }
    if fresh:
        table_path.unlink(missing_ok=True)
    failures_path.unlink(missing_ok=True)
    if table_path.exists():
        _check_settings(facts_path, settings)
    table = GrowingTable(table_path, experiment.columns)
    failures = GrowingTable(failures_path, FAILURE_COLUMNS)
    facts = {
        **provenance(command),
        "settings": settings,
        "codecs": {name: find_codec(name).versions() for name in _codecs(experiment)},
        "state": "broken off",
    }
    write_json(facts_path, facts)
    done = _done(table)
    n_rows, n_failures = sum(map(len, done.values())), 0
    tasks = (
        Task(
            name,
            path,
            experiment.points,
            mask,
            experiment.full,
            experiment.repeats,
            out.resolve() if index < pictures else None,
            frozenset(done.get(name, ())),
        )
        for index, (name, path) in enumerate(files.items())
    )
    for outcome in progress(workers.run(tasks), experiment.name, total=len(files)):
        table.append(outcome.rows)
        failures.append(outcome.failures)
        n_rows, n_failures = n_rows + len(outcome.rows), n_failures + len(outcome.failures)
    write_json(facts_path, facts | {"state": "complete", "rows": n_rows, "failures": n_failures})
    if not n_rows:
        reason = next(iter(failures))["error"]
        raise MmpcError(f"nothing could be measured: {reason}")
    if not n_failures:
        failures_path.unlink()
    return Results(table_path, n_rows, failures_path, n_failures)


def _codecs(experiment: Experiment) -> list[str]:
    return list(dict.fromkeys(codec for codec, _ in experiment.points))


def _done(table: GrowingTable) -> dict[str, set[tuple[str, int, str, str]]]:
    done: dict[str, set] = {}
    for row in table:
        key = (row["image"], int(row["frame"]), row["codec"], row["quality"])
        done.setdefault(row["image"], set()).add(key)
    return done


def _check_settings(facts_path: Path, settings: dict[str, Any]) -> None:
    try:
        before = json.loads(facts_path.read_text(encoding="utf-8"))["settings"]
    except (OSError, ValueError, KeyError, TypeError):
        before = {}
    changed = [name for name in settings if before.get(name) != settings[name]]
    if changed:
        raise FileError(
            f"{facts_path.parent}: the rows there were measured with another "
            f"{' and '.join(changed)}; start anew with --fresh, or choose another --out"
        )


def _lost(task: Task) -> Outcome:
    key = dict.fromkeys(KEY, "") | {"image": task.name}
    return Outcome(task.name, [], [key | {"error": "its worker process died twice, or failed"}])
