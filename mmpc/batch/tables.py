"""Tables on disk: rows are appended as they come, and a broken-off run can be continued.

A table is a CSV file with a fixed head line. Rows are written whole and flushed; if the
power fails in the middle of one, it has no line end and is dropped when the run goes on.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from mmpc.errors import FileError
from mmpc.files import atomic_write


class GrowingTable:
    """A CSV file that rows are appended to.

    Parameters
    ----------
    path : Path
        The file. If it is there, its whole rows are kept.
    columns : sequence of str
        The head line.

    Raises
    ------
    FileError
        If the file is there and has other columns.
    """

    def __init__(self, path: Path, columns: Sequence[str]):
        self.path, self.columns = path, tuple(columns)
        if path.exists():
            self._repair()
        else:
            atomic_write(path, csv_text([], self.columns).encode())

    def _repair(self) -> None:
        """Drop what follows the last line end, if it is not a whole row."""
        with open(self.path, "rb+") as stream:
            head = stream.readline().decode(errors="replace")
            if tuple(next(csv.reader([head]), ())) != self.columns:
                raise FileError(f"{self.path}: is no table of this tool; choose another --out")
            size = stream.seek(0, io.SEEK_END)
            tail_start = max(0, size - (1 << 16))
            stream.seek(tail_start)
            stream.truncate(tail_start + stream.read().rfind(b"\n") + 1)

    def append(self, rows: Iterable[dict[str, Any]]) -> None:
        """Append rows, with one write, and flush them."""
        text = csv_text(rows, self.columns, head=False)
        if text:
            with open(self.path, "a", encoding="utf-8", newline="") as stream:
                stream.write(text)

    def __iter__(self) -> Iterator[dict[str, str]]:
        return read_table(self.path)


def read_table(path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV file as text, one at a time.

    Raises
    ------
    FileError
        If the file is not there.
    """
    try:
        with open(path, encoding="utf-8", newline="") as stream:
            yield from csv.DictReader(stream)
    except OSError as error:
        raise FileError(f"{path}: cannot be read ({error.strerror})") from None


def csv_text(rows: Iterable[dict[str, Any]], columns: Sequence[str], head: bool = True) -> str:
    """Return rows as CSV: floats with six significant digits, None as an empty field."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    if head:
        writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
    return table.getvalue()


def write_table(path: Path, rows: Iterable[dict[str, Any]], columns: Sequence[str]) -> None:
    """Write a whole table, or leave the old one."""
    atomic_write(path, csv_text(rows, columns).encode())


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.6g}"
    return " ".join(value.split("\n")) if isinstance(value, str) else value
