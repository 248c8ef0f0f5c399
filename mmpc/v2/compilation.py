"""What the user is told on stderr while kernels are compiled, which takes a while."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mmpc.errors import FileError
from mmpc.files import atomic_write

_announced: set[str] = set()
_not_kept: list[str] = []
_waits: list[str] = []


def say(line: str) -> None:
    """Print a line on stderr, if there is one."""
    if sys.stderr is not None:
        print(f"mmpc: {line}", file=sys.stderr, flush=True)


def tell_not_kept(reason: str) -> None:
    """Say, once in a process, that compiled kernels do not outlive it."""
    if not _not_kept:
        say(f"compiled kernels are not kept for next time: {reason}")
    _not_kept.append(reason)


def tell_waiting(coder: str) -> None:
    """Say, once in a process, that another one compiles and is waited for."""
    if not _waits:
        say(f"waiting for another process that compiles kernels, now of the {coder}")
    _waits.append(coder)


@contextmanager
def announced(coder: str, compile_s: float, former: list[Path], folder: Path) -> Iterator[None]:
    """Say what is being compiled and about how long it takes, and then how long it took.

    Parameters
    ----------
    coder : str
        What is being compiled; the second time in a process nothing is said.
    compile_s : float
        About how many seconds it takes, unless a duration was noted on this machine.
    former : list of Path
        Folders where durations may have been noted, the last used one first.
    folder : Path
        Of the compiled kernels; the duration is noted there.
    """
    if coder in _announced:
        yield
        return
    _announced.add(coder)
    # What another coder compiled before need not be compiled again.
    beside = " beside others" if any(folder.glob("*.kernel")) else ""
    name = f"{coder}{beside}.seconds".replace(" ", "-")
    noted = filter(None, (_read_seconds(path / name) for path in former))
    expected = max(next(noted, compile_s), 1)
    say(f"compiling the kernels of the {coder}, which takes about {expected:.0f} s")
    start = time.monotonic()
    yield
    elapsed = time.monotonic() - start
    with suppress(FileError):
        atomic_write(folder / name, f"{elapsed:.3f}\n".encode())
    say(f"kernels compiled in {elapsed:.0f} s" + ("" if _not_kept else ", kept for next time"))


def _read_seconds(path: Path) -> float:
    """Return a noted duration, 0 if there is none."""
    with suppress(OSError, ValueError):
        seconds = float(path.read_bytes()[:20])
        if 0 < seconds < 86400:
            return seconds
    return 0
