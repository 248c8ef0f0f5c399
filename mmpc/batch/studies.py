"""Which folders of a tree of studies are archived together: those that share a series.

A scanner's export may spread a series over folders of a hundred files each, so folders alone do
not tell which slices belong together. The SeriesInstanceUID of each file does.
"""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from mmpc import cli
from mmpc.images.dicom.parsing import read_series_uid

# Folders by their names below the root, with "/" ("." is the root), and how many files each has.
Group = dict[str, int]


def find_folders(root: Path, destination: Path) -> Iterator[tuple[str, list[Path]]]:
    """Yield the folders with files in a tree, in order, with these files.

    Parameters
    ----------
    root : Path
        Of the studies. Hidden files and folders are no part.
    destination : Path
        The archive, which is no part either.
    """

    def say(error: OSError) -> None:
        cli.print_notes([f"warning: {error.filename}: is left out ({error.strerror})"])

    skipped = destination.resolve()
    for place, folders, _ in os.walk(root, onerror=say):
        inside = Path(place)
        folders[:] = sorted(
            one for one in folders if one[0] != "." and (inside / one).resolve() != skipped
        )
        if files := files_of(inside):
            yield inside.relative_to(root).as_posix(), files


def files_of(folder: Path) -> list[Path]:
    """Return the files that lie directly in a folder, in order; hidden ones are no part."""
    return sorted(path for path in folder.iterdir() if path.name[0] != "." and not path.is_dir())


def group_folders(folders: Iterable[tuple[str, list[Path]]]) -> list[Group]:
    """Join the folders that have slices of the same series; most stay alone.

    Parameters
    ----------
    folders : iterable of (str, list of Path)
        Of :func:`find_folders`.

    Returns
    -------
    list of Group
        In the order of their first folders.
    """
    counts: dict[str, int] = {}
    joined_to: dict[str, str] = {}
    holder_of: dict[str, str] = {}  # of each series
    for name, files in folders:
        counts[name], joined_to[name] = len(files), name
        for uid in {read_series_uid(path) for path in files} - {""}:
            first, second = (
                _first_of(one, joined_to) for one in (holder_of.setdefault(uid, name), name)
            )
            joined_to[second] = first
    groups: dict[str, Group] = defaultdict(dict)
    for name, count in counts.items():
        groups[_first_of(name, joined_to)][name] = count
    return list(groups.values())


def _first_of(name: str, joined_to: dict[str, str]) -> str:
    while joined_to[name] != name:
        name = joined_to[name]
    return name


def left_to_do(groups: Iterable[Group], rows: Iterable[dict[str, str]]) -> Iterator[Group]:
    """Yield the groups that are not in the manifest."""
    done = {folder_of(row) for row in rows}
    return (group for group in groups if done.isdisjoint(group))


def folder_of(row: dict[str, str]) -> str:
    """Return the name of the folder that a row of the manifest is about."""
    return row["source"].rpartition("/")[0] or "."
