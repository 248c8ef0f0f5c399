"""What a manifest says of an archive, and whether the archive is still as it says."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mmpc.batch.archiving import COLUMNS, REFUSED, STORED
from mmpc.batch.studies import Group, folder_of
from mmpc.batch.tables import GrowingTable, read_table, write_table
from mmpc.errors import UnreadableFileError
from mmpc.files import read_file

MANIFEST = "manifest.csv"


@dataclass(frozen=True)
class Summary:
    """Totals of a manifest.

    Attributes
    ----------
    streams : dict of str to str
        The SHA-256 of each stream by its name in the archive.
    n_stored, n_refused : int
        Source files.
    bytes_before, bytes_after : int
        Of the stored source files, and of their streams.
    largest_error : int or None
        Of all samples, in stored units; None if a stream was not verified.
    """

    streams: dict[str, str]
    n_stored: int
    n_refused: int
    bytes_before: int
    bytes_after: int
    largest_error: int | None


def summarize(archive: Path) -> Summary:
    """Read the manifest of an archive, row after row.

    Raises
    ------
    FileError
        There is no manifest.
    """
    streams: dict[str, str] = {}
    sizes: dict[str, tuple[int, str]] = {}
    stored, refused, before = 0, 0, 0
    for row in read_table(archive / MANIFEST):
        stored += row["status"] == STORED
        refused += row["status"] == REFUSED
        if row["status"] == STORED:
            before += int(row["source_bytes"])
            streams[row["stream"]] = row["stream_sha256"]
            sizes[row["stream"]] = int(row["stream_bytes"]), row["largest_error"]
    errors = [error for _, error in sizes.values()]
    verified = bool(errors) and all(errors)
    return Summary(
        streams,
        stored,
        refused,
        before,
        sum(size for size, _ in sizes.values()),
        max(map(int, errors)) if verified else None,
    )


def drop_unfinished(archive: Path, groups: Iterable[Group]) -> None:
    """Drop the rows of folders that have another number of files now, so that they are done anew.

    That is so where the power failed in the middle of a write, a folder has changed, or another
    has come with slices of the same series.

    Parameters
    ----------
    archive : Path
        A folder, perhaps with a manifest.
    groups : iterable of Group
        The folders of the source. Rows of others, which are there no more, stay.
    """
    path = archive / MANIFEST
    if not path.exists():
        return
    known = Counter(map(folder_of, GrowingTable(path, COLUMNS)))
    unfinished = {
        name
        for group in groups
        if not known.keys().isdisjoint(group) and any(known[name] != group[name] for name in group)
        for name in group
    }
    if not unfinished.isdisjoint(known):
        kept = (row for row in read_table(path) if folder_of(row) not in unfinished)
        write_table(path, kept, COLUMNS)


def find_damage(archive: Path, streams: dict[str, str]) -> list[str]:
    """Return one sentence for each stream that is not as the manifest says, or not in it.

    Parameters
    ----------
    archive : Path
        The folder with the manifest.
    streams : dict of str to str
        Of :func:`summarize`.
    """
    wrong = []
    for name, digest in streams.items():
        try:
            if hashlib.sha256(read_file(archive / name)).hexdigest() != digest:
                wrong.append(f"{name}: is not the stream that was written (SHA-256 differs)")
        except UnreadableFileError as error:
            wrong.append(str(error))
    there = {path.relative_to(archive).as_posix() for path in archive.rglob("*.mmpc")}
    return [*wrong, *(f"{name}: is not in the manifest" for name in sorted(there - set(streams)))]
