"""A tree of DICOM studies into an archive: a folder at a time, one stream for each series.

A folder is a task. Its rows go into the manifest together, one for each of its files, when all
its streams are written and, by default, decoded again and compared.
"""

import hashlib
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mmpc.batch.runs import Outcome, Row
from mmpc.errors import (
    EncoderError,
    MetadataError,
    MmpcError,
    UnreadableFileError,
    UnsupportedPixelsError,
)
from mmpc.files import atomic_write, check_output, read_file
from mmpc.goal_options import stored_max_error
from mmpc.images.dicom.series import Series, group_files
from mmpc.images.dicom.series_order import sort_slices
from mmpc.images.dicom.series_reading import read_series
from mmpc.images.image import Image
from mmpc.rate.distortion import Distortion
from mmpc.request import Request
from mmpc.streams.compress import compress
from mmpc.streams.reading import decompress

STORED, REFUSED = "stored", "refused"
COLUMNS = (
    *("source", "source_sha256", "source_bytes", "status", "stream", "slice", "stream_sha256"),
    *("stream_bytes", "largest_error", "seconds", "note"),
)
FAILURE_COLUMNS = ("folder", "error")
# What is wrong with a source stays wrong; all else, such as a full disk, is tried again.
SOURCE_ERRORS = (UnreadableFileError, UnsupportedPixelsError, EncoderError, MetadataError)


@dataclass(frozen=True)
class Settings:
    """How each series is encoded.

    Attributes
    ----------
    goal : dict
        A goal of :func:`mmpc.compress` as its keywords, or ``max_error_hu``.
    preset : str
        How long to search for a smaller stream.
    metadata : str
        What to keep of the headers.
    verify : bool
        Decode each stream as it is on the disk, and compare.
    """

    goal: dict[str, float] = field(default_factory=lambda: {"max_error": 0.0})
    preset: str = "default"
    metadata: str = "full"
    verify: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain types, by which runs are told apart."""
        return asdict(self)


@dataclass(frozen=True)
class Folder:
    """A task: the files that lie directly in one folder.

    Attributes
    ----------
    root, destination : Path
        Of the studies, and of the archive.
    name : str
        Of the folder below the root, with ``/``; ``.`` is the root.
    files : tuple of str
        Their names.
    settings : Settings
        How to encode.
    """

    root: Path
    destination: Path
    name: str
    files: tuple[str, ...]
    settings: Settings

    def source(self, path: Path) -> str:
        """Return how a file is called in the manifest."""
        return path.relative_to(self.root).as_posix()


def find_folders(root: Path, destination: Path, settings: Settings) -> Iterator[Folder]:
    """Yield the folders with files, in order; hidden ones and the archive itself are no part."""
    skipped = destination.resolve()
    for place, folders, files in os.walk(root):
        inside = Path(place)
        folders[:] = sorted(
            one for one in folders if one[0] != "." and (inside / one).resolve() != skipped
        )
        names = tuple(sorted(one for one in files if one[0] != "."))
        if names:
            name = inside.relative_to(root).as_posix()
            yield Folder(root, destination, name, names, settings)


def left_to_do(folders: Iterable[Folder], rows: Iterable[dict[str, str]]) -> Iterator[Folder]:
    """Yield the folders that are not in the manifest."""
    done = {folder_of(row) for row in rows}
    return (folder for folder in folders if folder.name not in done)


def folder_of(row: Row) -> str:
    """Return the name of the folder that a row of the manifest is about."""
    return row["source"].rpartition("/")[0] or "."


def archive_folder(task: Folder) -> Outcome:
    """Write a stream for each series of a folder; never raises for what is wrong with one."""
    paths = [task.root / task.name / name for name in task.files]
    rows: list[Row] = []
    try:
        (task.destination / task.name).mkdir(parents=True, exist_ok=True)
        for stray in (task.destination / task.name).glob(".series_*.part"):
            stray.unlink()  # of a worker that was killed
        found = group_files(paths, tolerant=True)
        for reason, left_out in found.left_out.items():
            rows += [_refusal(task, path, reason) for path in left_out]
        for series in found.series:
            rows += _series_rows(task, series)
    except (MmpcError, OSError, MemoryError) as error:
        reason = str(error) or "not enough memory"
        return Outcome(task.name, [], [{"folder": task.name, "error": reason}])
    return Outcome(task.name, rows, [])


def lost_folder(task: Folder) -> Outcome:
    """Return the outcome of a folder whose worker died."""
    reason = "the worker died, perhaps for want of memory"
    return Outcome(task.name, [], [{"folder": task.name, "error": reason}])


def _series_rows(task: Folder, series: Series) -> list[Row]:
    """Return the rows of a series, stored or refused."""
    start = time.perf_counter()
    name = f"{task.name}/series_{series.number}.mmpc".removeprefix("./")
    output = task.destination / name
    keep = [one.path for one in series.slices]
    try:
        slices, _ = sort_slices(series)
        image = read_series(series, metadata=task.settings.metadata)
        request = _request(task.settings, image, series.title)
        data = compress(image.pixels, request=request)
    except SOURCE_ERRORS as error:
        return [_refusal(task, path, str(error)) for path in keep]
    check_output(output, keep=keep, size_bytes=len(data))
    atomic_write(output, data, keep=keep)
    largest_error = _verified(output, image.pixels) if task.settings.verify else None
    facts = {
        "status": STORED,
        "stream": name,
        "stream_sha256": hashlib.sha256(data).hexdigest(),
        "stream_bytes": len(data),
        "largest_error": largest_error,
        "seconds": time.perf_counter() - start,
        "note": "; ".join(image.notes),
    }
    return [_source(task, one.path) | facts | {"slice": index} for index, one in enumerate(slices)]


def _request(settings: Settings, image: Image, name: str) -> Request:
    goal = dict(settings.goal)
    if "max_error_hu" in goal:
        goal = {"max_error": stored_max_error(image, goal["max_error_hu"], name)}
    exact = {"lossless": True} if 0 in goal.values() and image.metadata else {}
    metadata = {**image.metadata, **exact}
    return Request.from_keywords(**goal, preset=settings.preset, metadata=metadata)


def _verified(output: Path, pixels: np.ndarray) -> int:
    """Return the largest error of a stream as it is on the disk; remove one that is damaged."""
    try:
        return Distortion.between(pixels, decompress(read_file(output))).peak_error
    except MmpcError:
        output.unlink(missing_ok=True)
        raise


def _refusal(task: Folder, path: Path, reason: str) -> Row:
    return _source(task, path) | {"status": REFUSED, "note": reason}


def _source(task: Folder, path: Path) -> Row:
    try:
        data = read_file(path)
    except UnreadableFileError:
        return {"source": task.source(path)}
    return {
        "source": task.source(path),
        "source_sha256": hashlib.sha256(data).hexdigest(),
        "source_bytes": len(data),
    }
