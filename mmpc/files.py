"""Read a file whole; write one whole or not at all, and never over one that must stay."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from mmpc.errors import FileError, ProtectedFileError, UnreadableFileError


def read_file(path: str | Path) -> bytes:
    """Return the whole content of a file.

    Raises
    ------
    UnreadableFileError
        There is none, or the file system refuses.
    """
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise UnreadableFileError(f"{path}: there is no such file") from None
    except OSError as error:
        raise UnreadableFileError(f"{path}: cannot be read ({error.strerror})") from None


def atomic_write(path: str | Path, data: bytes, *, keep: Iterable[str | Path] = ()) -> None:
    """Write `data` to `path` through a temporary file in the same folder.

    A reader sees the old file or the new one; whatever goes wrong on the way, nothing
    half-written is left. A symbolic link is written through, as ``open`` would.

    Parameters
    ----------
    path : str or Path
        Where to write.
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
    check_output(path, keep=keep)
    target = Path(path).resolve()
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.part")
    try:
        try:
            with open(temporary, "xb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise FileError(f"{path}: cannot be written ({error.strerror})") from None


def check_output(path: str | Path, *, keep: Iterable[str | Path] = ()) -> None:
    """Refuse an output path that cannot or must not be written, before any work is done.

    Raises
    ------
    ProtectedFileError, FileError
        As :func:`atomic_write`.
    """
    path = Path(path)
    try:
        target = path.resolve()
        for kept in map(Path, keep):
            if target == kept.resolve() or (target.exists() and _same_file(target, kept)):
                raise ProtectedFileError(
                    f"{path}: is the input file; choose another name for the output"
                )
        if target.is_dir():
            raise FileError(f"{path}: is a folder; name a file in it")
        if target.exists() and not target.is_file():
            raise FileError(f"{path}: is a device or a pipe; name an ordinary file")
        if not target.parent.is_dir():
            raise FileError(f"{path}: the folder {path.parent} does not exist")
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of symbolic links
        reason = getattr(error, "strerror", None) or error
        raise FileError(f"{path}: cannot be written ({reason})") from None


def _same_file(first: Path, second: Path) -> bool:
    try:
        return first.samefile(second)
    except OSError:  # the file to keep does not exist: nothing to protect
        return False
