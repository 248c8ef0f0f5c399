"""An experiment: which codecs at which settings, and the plan of its run over many files."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmpc.batch.provenance import codec_fingerprint, provenance
from mmpc.batch.runs import Plan, Results, carry_out
from mmpc.batch.scheduler import Workers
from mmpc.evaluation.catalogue import find_codec
from mmpc.evaluation.slices import (
    COLUMNS,
    FAILURE_COLUMNS,
    SHORT_COLUMNS,
    Key,
    Task,
    lost,
    run_task,
)


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
    FileError, MmpcError
        As `carry_out`.
    """
    pictured = set(list(files)[:pictures])

    def tasks(rows: Iterable[dict[str, str]]) -> Iterator[Task]:
        done = _keys_by_image(rows)
        return (
            Task(
                name,
                path,
                experiment.points,
                mask,
                experiment.full,
                experiment.repeats,
                out.resolve() if name in pictured else None,
                frozenset(done.get(name, ())),
            )
            for name, path in files.items()
        )

    codecs = dict.fromkeys(codec for codec, _ in experiment.points)
    plan = Plan(
        out,
        experiment.name,
        COLUMNS if experiment.full else SHORT_COLUMNS,
        FAILURE_COLUMNS,
        settings={
            "columns": "full" if experiment.full else "short",
            "mask_sha256": None if mask is None else _sha256(mask),
            "codec_code_sha256": codec_fingerprint(),
        },
        facts={
            **provenance(["python", "-m", "mmpc.evaluate", *command]),
            "times": "CPU seconds of one thread, without starting programs and first-use "
            "compilation",
            "codecs": {name: find_codec(name).versions() for name in codecs},
        },
        tasks=tasks,
        n_tasks=len(files),
        work=run_task,
        lost=lost,
    )
    return carry_out(plan, workers, fresh=fresh)


def _sha256(mask: np.ndarray) -> str:
    return hashlib.sha256(np.packbits(mask)).hexdigest()


def _keys_by_image(rows: Iterable[dict[str, str]]) -> dict[str, set[Key]]:
    keys: dict[str, set[Key]] = {}
    for row in rows:
        key = (row["image"], int(row["frame"]), row["codec"], row["quality"])
        keys.setdefault(row["image"], set()).add(key)
    return keys
