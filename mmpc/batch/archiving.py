"""A tree of DICOM studies into an archive, one stream for each series.

A folder, or several that share a series, is a task. Its rows go into the manifest together, one
for each of its files, when all its streams are written and, by default, decoded again and compared.
"""

import hashlib
import hmac
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mmpc.batch.runs import Outcome, Row
from mmpc.batch.studies import files_of
from mmpc.errors import (
    EncoderError,
    MetadataError,
    MmpcError,
    UnreadableFileError,
    UnsupportedPixelsError,
)
from mmpc.files import atomic_write, check_output, read_file
from mmpc.goal_options import stored_max_error
from mmpc.images.dicom.deidentify import Deidentifier
from mmpc.images.dicom.series import Series, group_files
from mmpc.images.dicom.series_order import sort_slices, split_series
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
    deidentified_under : str or None
        The name of the key, see :func:`key_name`; None where headers are kept as they are.
    """

    goal: dict[str, float] = field(default_factory=lambda: {"max_error": 0.0})
    preset: str = "default"
    metadata: str = "full"
    verify: bool = True
    deidentified_under: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as plain types, by which runs are told apart."""
        return asdict(self)


@dataclass(frozen=True)
class Task:
    """Folders that are archived together.

    Attributes
    ----------
    root, destination : Path
        Of the studies, and of the archive.
    folders : tuple of str
        Their names below the root, with ``/``; ``.`` is the root.
    settings : Settings
        How to encode.
    key : bytes or None
        De-identify under it.
    """

    root: Path
    destination: Path
    folders: tuple[str, ...]
    settings: Settings
    key: bytes | None = field(default=None, repr=False)

    def source(self, path: Path) -> str:
        """Return how a file is called in the manifest."""
        return path.relative_to(self.root).as_posix()

    def place_of(self, folder: str) -> str:
        """Return where in the archive the streams of a folder lie.

        A folder may be called by a patient's name, so one of a de-identified archive has a name
        that follows from the key.
        """
        if self.key is None:
            return folder
        return hmac.digest(self.key, f"folder {folder}".encode(), "sha256").hex()[:16]


def key_name(key: bytes) -> str:
    """Return a name by which runs know whether they have the same key, and nobody more."""
    return hmac.digest(key, b"name of the key", "sha256").hex()[:16]


def archive_folders(task: Task) -> Outcome:
    """Write a stream for each series of a task; never raises for what is wrong with one."""
    rows: list[Row] = []
    try:
        for folder in task.folders:
            for stray in (task.destination / task.place_of(folder)).glob(".series_*.part"):
                stray.unlink()  # of a worker that was killed
        paths = [path for folder in task.folders for path in files_of(task.root / folder)]
        found = group_files(paths, tolerant=True)
        for reason, left_out in found.left_out.items():
            rows += [_refusal(task, path, reason) for path in left_out]
        for series in found.series:
            volumes, reason = split_series(series)
            for volume in volumes:
                rows += _volume_rows(task, volume, _stream_name(task, volume, volumes), reason)
    except (MmpcError, OSError, MemoryError) as error:
        return _failure(task, str(error) or "not enough memory")
    return Outcome(task.folders[0], rows, [])


def lost_folders(task: Task) -> Outcome:
    """Return the outcome of a task whose worker died."""
    return _failure(task, "the worker died, perhaps for want of memory")


def _failure(task: Task, reason: str) -> Outcome:
    failures = [{"folder": folder, "error": reason} for folder in task.folders]
    return Outcome(task.folders[0], [], failures)


def _stream_name(task: Task, volume: Series, volumes: list[Series]) -> str:
    """Return how the stream of a volume is called: by its series, counted where it has several."""
    folder = volume.slices[0].path.parent
    beside = [one for one in volumes if one.slices[0].path.parent == folder]
    count = f"_{beside.index(volume) + 1}" if len(beside) > 1 else ""
    place = task.place_of(task.source(folder))
    return f"{place}/series_{volume.number}{count}.mmpc".removeprefix("./")


def _volume_rows(task: Task, series: Series, name: str, reason: str) -> list[Row]:
    """Return the rows of a volume, stored or refused."""
    start = time.perf_counter()
    keep = [one.path for one in series.slices]
    anonymize = Deidentifier(task.key) if task.key else False
    try:
        slices, _ = sort_slices(series)
        image = read_series(series, metadata=task.settings.metadata, anonymize=anonymize)
        request = _request(task.settings, image, series.title)
        data = compress(image.pixels, request=request)
    except SOURCE_ERRORS as error:
        return [_refusal(task, path, str(error)) for path in keep]
    output = task.destination / name
    output.parent.mkdir(parents=True, exist_ok=True)
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
        "note": "; ".join([*([f"by itself: {reason}"] if reason else []), *image.notes]),
    }
    return [_source(task, one.path) | facts | {"slice": index} for index, one in enumerate(slices)]


def _request(settings: Settings, image: Image, name: str) -> Request:
    goal = dict(settings.goal)
    if "max_error_hu" in goal:
        goal = {"max_error": stored_max_error(image, goal["max_error_hu"], name)}
    exact = {"lossless": True} if 0 in goal.values() and image.metadata else {}
    metadata = {**image.metadata, **exact}
    padding = image.padding_value
    return Request.from_keywords(
        **goal, preset=settings.preset, padding_value=padding, metadata=metadata
    )


def _verified(output: Path, pixels: np.ndarray) -> int:
    """Return the largest error of a stream as it is on the disk; remove one that is damaged."""
    try:
        return Distortion.between(pixels, decompress(read_file(output))).peak_error
    except MmpcError:
        output.unlink(missing_ok=True)
        raise


def _refusal(task: Task, path: Path, reason: str) -> Row:
    return _source(task, path) | {"status": REFUSED, "note": reason}


def _source(task: Task, path: Path) -> Row:
    try:
        data = read_file(path)
    except UnreadableFileError:
        return {"source": task.source(path)}
    return {
        "source": task.source(path),
        "source_sha256": hashlib.sha256(data).hexdigest(),
        "source_bytes": len(data),
    }
