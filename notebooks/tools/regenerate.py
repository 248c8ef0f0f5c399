"""Make every notebook again from its source: ``python notebooks/tools/regenerate.py``.

With numbers (``regenerate.py 02 05``) only those lessons. A second run changes nothing
but the milliseconds of lesson 6. ``--prose`` takes over text alone and runs nothing. ``--times``
writes into results/lessons.csv how long each lesson computed (``make lesson-times``).
"""

import argparse
import csv
import os
import sys
from pathlib import Path

import nbformat
import pairs
from nbclient.exceptions import CellExecutionError
from tqdm import tqdm


def main() -> int:
    """Run the lessons and write their notebooks; 1 if a cell fails."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("lessons", nargs="*", help="numbers, such as 02; all if none is given")
    parser.add_argument("--prose", action="store_true", help="only text has changed: run no code")
    parser.add_argument("--times", action="store_true", help="note how long the lessons compute")
    parser.add_argument("--folder", type=Path, default=pairs.FOLDER)
    arguments = parser.parse_args()
    chosen = [
        path
        for path in pairs.sources(arguments.folder)
        if not arguments.lessons or path.name[:2] in arguments.lessons
    ]
    if not chosen:
        parser.error(f"no lesson {' '.join(arguments.lessons)} in {arguments.folder}")
    if arguments.prose:
        return take_over_prose(chosen)
    # A backend from the environment would keep the figures out of the notebooks.
    os.environ.pop("MPLBACKEND", None)
    # A lesson that has to compile them would say so in one of its cells. Imported late, since numba
    # takes a second that whoever changes a sentence need not wait.
    from mmpc.explore.kernels import compile_kernels

    compile_kernels()
    for path in tqdm(chosen, unit="lesson", disable=None):
        before_s = cpu_seconds()
        try:
            notebook = pairs.execute(path)
        except CellExecutionError as error:
            print(f"{path.name}: {error}", file=sys.stderr)
            return 1
        nbformat.write(notebook, path.with_suffix(".ipynb"))
        if arguments.times:
            note_time(path, cpu_seconds() - before_s)
    return 0


def cpu_seconds() -> float:
    """Return what this process and those that it started and awaited have computed.

    Not what a clock says: that is another time where other programs run, too.
    """
    return sum(os.times()[:4])


def note_time(path: Path, seconds: float) -> None:
    """Write a lesson's time into its row of the table of all lessons."""
    table = path.parents[1] / "results" / "lessons.csv"
    rows = {}
    if table.exists():
        with open(table, encoding="utf-8", newline="") as lines:
            rows = {number_of(row["lesson"]): row for row in csv.DictReader(lines)}
    title = pairs.read_source(path).cells[0].source.splitlines()[0].removeprefix("# ")
    rows[number_of(title)] = {"lesson": title, "cpu_s": f"{seconds:.0f}"}
    with open(table, "w", encoding="utf-8", newline="") as lines:
        writer = csv.DictWriter(lines, ("lesson", "cpu_s"), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows[number] for number in sorted(rows))


def number_of(title: str) -> int:
    """Return the number that a lesson's title begins with."""
    return int(title.partition(".")[0])


def take_over_prose(chosen: list[Path]) -> int:
    """Bring the text of sources into their notebooks; 1 if the code of one has changed, too."""
    for path in chosen:
        notebook = pairs.with_new_prose(path)
        if notebook is None:
            print(f"{path.name}: its code has changed; run it", file=sys.stderr)
            return 1
        nbformat.write(notebook, path.with_suffix(".ipynb"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
