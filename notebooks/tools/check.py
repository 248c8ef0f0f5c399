"""Fail when a notebook is not what its source and its kernel made of it.

``python notebooks/tools/check.py`` prints one line a fault and exits 1 if there is any:
a pair out of step, a code cell that was not run in order, cleared or failed outputs,
widget state, a notebook above the size limit, an exercise without solution, a lesson
that README's table does not link or that CI does not run, minutes that were not counted.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import minutes
import nbformat
import pairs

SIZE_LIMIT_BYTES = 1_500_000
RUNS_ALL_LESSONS = re.compile(r"--nbval (\S+ )*notebooks(?!/)\b")


def main() -> int:
    """Check all lessons of a project."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--project", type=Path, default=pairs.FOLDER.parent)
    project = parser.parse_args().project
    found = list(faults(project))
    for fault in found:
        print(fault)
    count = len(pairs.sources(project / "notebooks"))
    print(f"{count} notebooks, {len(found)} faults" if found else f"{count} notebooks are in order")
    return 1 if found or not count else 0


def faults(project: Path) -> Iterator[str]:
    """Yield one line for each fault in the notebooks of a project."""
    folder = project / "notebooks"
    lessons = pairs.sources(folder)
    for stray in sorted(set(folder.glob("*.ipynb")) - {p.with_suffix(".ipynb") for p in lessons}):
        yield f"{stray.name}: has no source {stray.stem}.py"
    for source in lessons:
        executed = source.with_suffix(".ipynb")
        if not executed.exists():
            yield f"{source.name}: was not made into {executed.name}"
            continue
        for fault in (*_pair_faults(source, executed), *_solution_faults(source)):
            yield f"{executed.name}: {fault}"
    yield from _mention_faults(project, lessons)


def _pair_faults(source: Path, executed: Path) -> Iterator[str]:
    notebook = nbformat.read(executed, as_version=4)
    wanted, found = (
        [(cell.cell_type, cell.source, cell.metadata.get("tags", [])) for cell in cells]
        for cells in (pairs.read_source(source).cells, notebook.cells)
    )
    if wanted != found:
        first = next(
            (i for i, (a, b) in enumerate(zip(wanted, found, strict=False), 1) if a != b),
            min(len(wanted), len(found)) + 1,
        )
        yield f"is out of step with {source.name}, first at cell {first}"
    if executed.stat().st_size > SIZE_LIMIT_BYTES:
        yield f"has {executed.stat().st_size} bytes, more than {SIZE_LIMIT_BYTES}"
    if "widgets" in notebook.metadata:
        yield "holds widget state"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if [cell.execution_count for cell in code] != list(range(1, len(code) + 1)):
        yield "its code cells were not run once each, from top to bottom"
    outputs = [output for cell in code for output in cell.outputs]
    if not outputs:
        yield "has no outputs"
    if any(output.output_type == "error" for output in outputs):
        yield "holds the traceback of a failed cell"
    if any(pairs.WIDGET_VIEW in output.get("data", {}) for output in outputs):
        yield "holds a reference to a widget of the kernel that made it"


def _solution_faults(source: Path) -> Iterator[str]:
    exercises = exercise_cells(source)
    solutions = source.parent / "solutions" / source.name
    solved = exercise_cells(solutions) if solutions.exists() else {}
    if not exercises:
        yield "has no exercises"
    if set(exercises) != set(solved):
        yield f"exercises {sorted(exercises)} and solutions {sorted(solved)} differ"


def exercise_cells(path: Path) -> dict[str, str]:
    """Return the code of the cells tagged ``exercise-N`` in a source, by tag."""
    return {
        tag: cell.source
        for cell in pairs.read_source(path).cells
        for tag in cell.metadata.get("tags", [])
        if tag.startswith("exercise-")
    }


def _mention_faults(project: Path, lessons: list[Path]) -> Iterator[str]:
    readme = project / "README.md"
    table = readme.read_text(encoding="utf-8") if readme.exists() else ""
    for lesson in lessons:
        if not re.search(rf"^\|.*notebooks/{lesson.stem}\.ipynb", table, re.MULTILINE):
            yield f"{lesson.stem}.ipynb: is not in the table of README.md"
        counted = str(minutes.counted(lesson))
        if minutes.stated(lesson, table) != (counted, counted):
            yield f"{lesson.stem}.ipynb: takes {counted} minutes; lesson and README say otherwise"
    commands = [line for line in _ci_commands(project) if RUNS_ALL_LESSONS.search(line)]
    for lesson in lessons:
        if not commands:
            yield f"{lesson.stem}.ipynb: is not run by .ci/run"
        elif all("--ignore" in line or "--deselect" in line for line in commands):
            yield f"{lesson.stem}.ipynb: CI may leave it out (--ignore or --deselect)"


def _ci_commands(project: Path) -> Iterator[str]:
    """Yield the lines of .ci/run, and those of the make targets that it calls."""
    script, makefile = project / ".ci" / "run", project / "Makefile"
    recipes: dict[str, list[str]] = {}
    target = ""
    for line in makefile.read_text(encoding="utf-8").splitlines() if makefile.exists() else ():
        if line.startswith("\t"):
            recipes.setdefault(target, []).append(line)
        else:
            target = line.split(":")[0]
    for line in script.read_text(encoding="utf-8").splitlines() if script.exists() else ():
        yield line
        for called in re.findall(r"^make ([\w-]+)", line):
            yield from recipes.get(called, ())


if __name__ == "__main__":
    sys.exit(main())
