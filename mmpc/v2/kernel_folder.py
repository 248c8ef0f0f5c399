"""Which folder holds the compiled kernels: named after the sources, and ours alone.

The hash of all sources of version 2 is in its name: copies of the same sources share a folder,
any change starts a new one, and the oldest ones are removed. To load a compiled kernel is to
run what its file says, so a folder to which anyone else may write is not taken.
"""

import atexit
import hashlib
import os
import shutil
import stat
import sys
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import llvmlite
import numba

from mmpc.v2.compilation import tell_not_kept

_SOURCES = Path(__file__).parent
_HASH_LENGTH = 16
_KEPT_FOLDERS = 10  # of 5 to 25 MB; whoever works on several branches needs several


@cache
def sources_hash() -> str:
    """Return a hash of the sources of version 2 and of what compiles them, "" without sources."""
    files = sorted(_SOURCES.rglob("*.py"))
    if not files:  # frozen, or stripped to bytecode: one version could not be told from another
        return ""
    settings = (numba.config.OPT, numba.config.BOUNDSCHECK)
    made_by = (numba.__version__, llvmlite.__version__, sys.version, settings)
    digest = hashlib.sha256(repr(made_by).encode())
    for path in files:
        content = path.read_bytes()
        digest.update(f"{path.relative_to(_SOURCES).as_posix()} {len(content)} ".encode())
        digest.update(content)
    return digest.hexdigest()[:_HASH_LENGTH]


@cache
def kernel_folder() -> Path:
    """Return the folder for the compiled kernels of exactly these sources.

    Returns
    -------
    folder : Path
        The first of these that is there or can be made, and is ours alone: below
        ``NUMBA_CACHE_DIR``, ``XDG_CACHE_HOME``, the home folder's ``.cache``, the folder for
        temporary files. If there is none, a new private one that goes with the process.
    """
    for path in _candidates():
        with suppress(OSError):
            if _take(path):
                return path
    tell_not_kept("no folder for them can be written and is safe from others")
    try:
        folder = tempfile.mkdtemp(prefix="mmpc-kernels-")
    except OSError:
        return Path(os.devnull) / "kernels"  # where nothing can be read or written
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def is_owned_by_us(status: os.stat_result) -> bool:
    """Tell whether we made a file or folder; on Windows the folders of a user are private."""
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()


def _is_ours_alone(folder: Path) -> bool:
    """Tell whether this is a folder, and no link to one, of ours where no one else may write."""
    status = folder.lstat()
    others_write = hasattr(os, "geteuid") and status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    return stat.S_ISDIR(status.st_mode) and is_owned_by_us(status) and not others_write


def siblings(folder: Path) -> list[Path]:
    """Return our folders of kernels that stand beside ``folder``, the last used one first."""
    pattern = folder.name[:-_HASH_LENGTH] + "[0-9a-f]" * _HASH_LENGTH
    found = []
    for path in folder.parent.glob(pattern):
        with suppress(OSError):  # another process may be removing it
            if path != folder and _is_ours_alone(path):
                found.append((path.stat().st_mtime, path))
    return [path for _, path in sorted(found, reverse=True)]


def _candidates() -> list[Path]:
    """Return where the folder may be, the best place first."""
    if not sources_hash():
        return []
    name = f"kernels-{sources_hash()}"
    places = []
    if os.environ.get("NUMBA_CACHE_DIR"):
        places.append(Path(os.environ["NUMBA_CACHE_DIR"]).absolute() / name)
    if os.environ.get("XDG_CACHE_HOME"):
        places.append(Path(os.environ["XDG_CACHE_HOME"]) / "mmpc" / name)
    with suppress(RuntimeError):  # HOME is not set and the user has no entry
        places.append(Path.home() / ".cache" / "mmpc" / name)
    with suppress(OSError):  # there is no folder for temporary files
        user = os.geteuid() if hasattr(os, "geteuid") else "user"
        places.append(Path(tempfile.gettempdir()) / f"mmpc-{user}-{name}")
    return [path for path in places if path.is_absolute()]


def _take(folder: Path) -> bool:
    """Make ``folder`` unless it is there, and tell whether it is ours alone."""
    standing = next(path for path in folder.parents if path.exists()).stat()
    if standing.st_uid != 0 and not is_owned_by_us(standing):
        return False  # another user's home, as with sudo: leave nothing of ours there
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        if not _is_ours_alone(folder):
            return False
        with suppress(OSError):  # on a disk that is read-only
            os.utime(folder)  # it was used, see `siblings`
    else:
        for old in siblings(folder)[_KEPT_FOLDERS - 1 :]:
            shutil.rmtree(old, ignore_errors=True)
    return True
