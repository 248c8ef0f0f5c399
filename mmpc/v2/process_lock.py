"""A lock between processes that the system takes back when its holder dies."""

import errno
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows
    import msvcrt

    fcntl = None

_POLL_S = 0.05


@contextmanager
def process_lock(path: Path, patience_s: float, on_wait: Callable[[], None]) -> Iterator[None]:
    """Hold the lock that a file stands for; where it cannot be had, go on without.

    Parameters
    ----------
    path : Path
        A file that exists for the lock alone; made if it is not there, and left there.
    patience_s : float
        How long to wait for a holder that lives but does not let go.
    on_wait : callable
        Called once if the lock is held by another process.

    Notes
    -----
    A lock of a process as POSIX has them (``lockf``), not of an open file (``flock``), which a
    child made by fork would hold on; threads of one process do not exclude each other.
    """
    file = _open(path)
    try:
        deadline = time.monotonic() + patience_s
        waiting = False
        while file and _is_held_by_another(file) and time.monotonic() < deadline:
            if not waiting:
                waiting = True
                on_wait()
            time.sleep(_POLL_S)
        yield
    finally:
        if file:
            os.close(file)  # gives the lock back


def _open(path: Path) -> int | None:
    """Return the open file, None if it cannot be made."""
    with suppress(OSError):
        return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o600)
    return None


def _is_held_by_another(file: int) -> bool:
    """Try to lock an open file; tell whether another process holds it."""
    try:
        if fcntl:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
    except OSError as error:
        return error.errno in (errno.EACCES, errno.EAGAIN)  # else this disk knows no locks
    return False
