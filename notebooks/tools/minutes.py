"""How long the lessons take: ``minutes.py`` prints it, with ``--write`` also into the lessons.

Counted, not felt: 200 words of prose and 12 lines of code a minute, three minutes an exercise,
rounded to five minutes. The number stands in the lesson's first cell ("about 25 minutes") and in
README's table; check.py compares.
"""

import argparse
import re
import sys
from pathlib import Path

import pairs

WORDS_PER_MINUTE = 200
LINES_PER_MINUTE = 12
MINUTES_PER_EXERCISE = 3
STATED = re.compile(r"about (\d+)[\s#]+minutes")


def main() -> int:
    """Print the minutes of each lesson, or write them where they are stated."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="write them into lessons and README")
    parser.add_argument("--project", type=Path, default=pairs.FOLDER.parent)
    arguments = parser.parse_args()
    for lesson in pairs.sources(arguments.project / "notebooks"):
        minutes = counted(lesson)
        print(f"{lesson.stem}: {minutes} minutes")
        if arguments.write:
            text = lesson.read_text(encoding="utf-8")
            start, end = STATED.search(text).span(1)
            lesson.write_text(
                f"{text[:start]}{minutes}{text[end:]}", encoding="utf-8", newline="\n"
            )
            readme = arguments.project / "README.md"
            table = readme.read_text(encoding="utf-8")
            table = row_of(lesson).sub(rf"\g<1>{minutes} ", table)
            readme.write_text(table, encoding="utf-8", newline="\n")
    return 0


def row_of(lesson: Path) -> re.Pattern[str]:
    """Return what finds a lesson's minutes in the table of README."""
    return re.compile(rf"(^\|[^|]*notebooks/{lesson.stem}\.ipynb\) \| )(\d+) ", re.MULTILINE)


def counted(lesson: Path) -> int:
    """Return the minutes that a lesson takes, exercises included, rounded to five."""
    words = lines = exercises = 0
    for cell in pairs.read_source(lesson).cells:
        tags = cell.metadata.get("tags", [])
        exercises += any(tag.startswith("exercise-") for tag in tags)
        if cell.cell_type == "markdown":
            words += len(re.findall(r"\w+", cell.source))
        elif pairs.HIDDEN_TAG not in tags:
            lines += sum(bool(line.strip()) for line in cell.source.splitlines())
    minutes = words / WORDS_PER_MINUTE + lines / LINES_PER_MINUTE
    return 5 * round((minutes + MINUTES_PER_EXERCISE * exercises) / 5)


def stated(lesson: Path, readme: str) -> tuple[str, str]:
    """Return the minutes that a lesson and README's table state, "" where one says nothing."""
    in_lesson = STATED.search(lesson.read_text(encoding="utf-8"))
    in_table = row_of(lesson).search(readme)
    return (in_lesson[1] if in_lesson else "", in_table[2] if in_table else "")


if __name__ == "__main__":
    sys.exit(main())
