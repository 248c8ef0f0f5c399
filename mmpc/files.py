"""Read a file; write one whole or not at all, and never over one that must stay.

The name ``-`` is standard input or standard output.
"""

import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from mmpc.errors import FileError, ProtectedFileError, UnreadableFileError

STANDARD_STREAM = "-"
PROBE_BYTES = 4096


def read_file(path: str | Path) -> bytes:
    """Return all bytes of a file, or of standard input where `path` is ``-``.

    Raises
    ------
    UnreadableFileError
        It is not there or cannot be read; one sentence that names the file.
    """
    try:
        if is_standard_stream(path):
            if sys.stdin is None:
                raise UnreadableFileError("standard input: is closed")
            return sys.stdin.buffer.read()
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise UnreadableFileError(f"{path}: there is no such file") from None
    except OSError as error:
        reason = error.strerror
        raise UnreadableFileError(f"{input_name(path)}: cannot be read ({reason})") from None


def atomic_write(path: str | Path, data: bytes, *, keep: Iterable[str | Path] = ()) -> None:
    """Write `data` to `path` through a temporary file in the same folder.

    A reader sees the old file or the new one; whatever goes wrong on the way, nothing
    half-written is left. A symbolic link is written through, as ``open`` would.

    Parameters
    ----------
    path : str or Path
        Where to write; ``-`` is standard output.
    data : bytes
        The whole content.
    keep : iterable of str or Path
        Files that must survive, such as the input: `path` may not be one of them
        under any name, link or spelling.

    Raises
    ------
    ProtectedFileError
        `path` is one of `keep`.
    FileError
        The folder does not exist, or the file system refuses.
    """
    if is_standard_stream(path):
        _check_standard_output()
        sys.stdout.buffer.write(data)
        return
    with whole_file(path, keep=keep) as stream:
        stream.write(data)


@contextmanager
def whole_file(path: str | Path, *, keep: Iterable[str | Path] = ()) -> Iterator[BinaryIO]:
    """Give a file to write into that becomes `path` when all went well, else is removed.

    Parameters
    ----------
    path, keep
        As for :func:`atomic_write`, but no standard output: what is given can be sought in.

    Raises
    ------
    ProtectedFileError, FileError
        As :func:`atomic_write`.
    """
    target = _checked_target(path, keep)
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.part")
    try:
        try:
            with open(temporary, "xb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror})") from None


def check_output(
    path: str | Path, *, keep: Iterable[str | Path] = (), size_bytes: int = PROBE_BYTES
) -> None:
    """Refuse an output that cannot or must not be written, before any work is done.

    Parameters
    ----------
    path, keep
        As for :func:`atomic_write`.
    size_bytes : int
        How much will be written, as far as that is known.

    Raises
    ------
    ProtectedFileError, FileError
        As :func:`atomic_write`; also where the disk has no room.
    """
    if is_standard_stream(path):
        _check_standard_output()
        return
    folder = _checked_target(path, keep).parent
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(PROBE_BYTES))
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror})") from None
    if free < size_bytes:
        raise FileError(f"{path}: {size_bytes} bytes are needed and its disk has {free} free")


def check_folder(path: str | Path, *, size_bytes: int = PROBE_BYTES) -> None:
    """Refuse a folder that cannot be written, or that holds anything, before any work is done.

    Parameters
    ----------
    path : str or Path
        Of the folder, which need not be there.
    size_bytes : int
        How much will be written into it, as far as that is known.

    Raises
    ------
    FileError
        It holds something, is a file, or the file system refuses.
    """
    path = Path(path)
    if path.is_dir():
        if any(path.iterdir()):
            raise FileError(f"{path}: the folder is not empty; name a new one")
    elif path.exists() or path.is_symlink():
        raise FileError(f"{path}: is not a folder; name a new one")
    check_output(_beside(path), size_bytes=size_bytes)


@contextmanager
def whole_folder(path: str | Path) -> Iterator[Path]:
    """Give a folder to write into that becomes `path` when all went well, else is removed.

    Raises
    ------
    FileError
        As :func:`check_folder`.
    """
    path = Path(path)
    check_folder(path)
    temporary = _beside(path)
    try:
        temporary.mkdir()
        try:
            yield temporary
            if path.is_dir():
                path.rmdir()  # it is empty, and not every system puts another in its place
            temporary.rename(path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror})") from None


def is_standard_stream(path: str | Path) -> bool:
    """Tell whether a name stands for standard input or output."""
    return str(path) == STANDARD_STREAM


def input_name(path: str | Path) -> str:
    """Return what to call an input in a message."""
    return "standard input" if is_standard_stream(path) else str(path)


def output_name(path: str | Path) -> str:
    """Return what to call an output in a message."""
    return "standard output" if is_standard_stream(path) else str(path)


def _beside(path: Path) -> Path:
    """Return a new name in the folder of `path`, wherever its links lead."""
    path = _resolved(path)
    return path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}.part")


def _checked_target(path: str | Path, keep: Iterable[str | Path]) -> Path:
    """Return the file that `path` leads to, or refuse it."""
    path = Path(path)
    try:
        target = _resolved(path)
        for kept in (Path(kept) for kept in keep if not is_standard_stream(kept)):
            if target == _resolved(kept) or (target.exists() and _same_file(target, kept)):
                raise ProtectedFileError(
                    f"{path}: is an input file; choose another name for the output"
                )
        if target.is_symlink():  # where all links are followed, one is left: it leads to itself
            raise FileError(f"{path}: cannot be written (a loop of symbolic links)")
        if target.is_dir():
            raise FileError(f"{path}: is a folder; name a file in it")
        if target.exists() and not target.is_file():
            raise FileError(f"{path}: is a device or a pipe; name an ordinary file")
        if not target.parent.is_dir():
            raise FileError(f"{path}: the folder {path.parent} does not exist")
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror})") from None
    return target


def _resolved(path: Path) -> Path:
    """Follow all links; unlike ``Path.resolve``, alike in all versions of Python for a loop."""
    return Path(os.path.realpath(path))


def _same_file(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:  # the file to keep does not exist: nothing to protect
        return False


def _check_standard_output() -> None:
    if sys.stdout is None or sys.stdout.isatty():
        raise FileError("standard output is no file and no pipe; name an output or redirect it")
