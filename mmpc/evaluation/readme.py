"""Write the tables of a document from the files in results/.

    python -m mmpc.evaluation.readme README.md results

A table stands between two comments and is made from ``results/NAME.csv``; after the name may
follow which columns, and how they are headed::

    <!-- table: peers: label=codec, bd_rate_percent=rate against OpenJPEG (%) -->
    <!-- end -->
"""

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from mmpc import cli
from mmpc.batch.tables import read_table
from mmpc.errors import FileError
from mmpc.files import atomic_write

_TABLE = re.compile(
    r"(?P<open><!-- table: (?P<name>[\w./-]+)(?:: (?P<columns>[^\n]*?))? -->\n)"
    r".*?(?P<close><!-- end -->)",
    re.DOTALL,
)


def fill_tables(text: str, results: Path) -> str:
    """Return a document with all its tables made anew.

    Parameters
    ----------
    text : str
        Markdown.
    results : Path
        Folder of the CSV files.

    Raises
    ------
    FileError
        If a file or a column is not there.
    """

    def fill(match: re.Match) -> str:
        return match["open"] + _table(results, match["name"], match["columns"]) + match["close"]

    return _TABLE.sub(fill, text)


def _table(results: Path, name: str, columns: str | None) -> str:
    path = results / f"{name}.csv"
    rows = list(read_table(path))
    if not rows:
        raise FileError(f"{path}: the table is empty")
    pairs = [pair.partition("=") for pair in columns.split(", ")] if columns else []
    headings = {column.strip(): heading or column for column, _, heading in pairs}
    headings = headings or {column: column.replace("_", " ") for column in rows[0]}
    missing = [column for column in headings if column not in rows[0]]
    if missing:
        raise FileError(f"{path}: has no column {missing[0]!r}")
    lines = [list(headings.values()), ["---"] * len(headings)]
    lines += [[_number(row[column]) for column in headings] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _number(text: str) -> str:
    """Return a decimal fraction with three significant digits, anything else as it is."""
    if not re.fullmatch(r"-?\d+\.\d+(e-?\d+)?", text):
        return text.replace("|", "\\|")
    value = float(text)
    decimals = max(0, 2 - len(str(int(abs(value)))) + 1) if abs(value) >= 1 else 0
    return f"{value:.{decimals}f}" if abs(value) >= 1 else f"{value:.3g}"


def main(argv: Sequence[str] | None = None) -> int:
    """Rewrite the tables of a document; returns the exit code."""
    parser = argparse.ArgumentParser(description="Write the tables of a document from results/.")
    parser.add_argument("document", type=Path)
    parser.add_argument("results", type=Path)

    def rewrite(arguments: argparse.Namespace) -> None:
        text = arguments.document.read_text(encoding="utf-8")
        atomic_write(arguments.document, fill_tables(text, arguments.results).encode())

    return cli.run(rewrite, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
