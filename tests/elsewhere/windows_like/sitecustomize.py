"""Take from Python what it does not have on Windows; Python imports this by itself at its start.

    PYTHONPATH=tests/windows_like:. python -m pytest

Not Windows, but its commonest surprises on any machine: modules and functions of POSIX are
missing, symbolic links need a right that students lack, an open file can neither be removed nor
replaced, text goes out in cp1252 with CR LF, and no process forks.
"""

import builtins
import fcntl
import io
import os
import shutil
import signal
import subprocess  # noqa: F401
import sys
import types

CODE_PAGE = "cp1252"


def _lock(file, mode, size):
    fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB, size)


# After `subprocess`, which takes a system that has this module for Windows.
sys.modules["msvcrt"] = types.SimpleNamespace(LK_NBLCK=2, locking=_lock)
for module in ("fcntl", "grp", "pwd", "resource", "termios"):
    sys.modules[module] = None
for name in ("chown", "fork", "geteuid", "getgid", "killpg", "mkfifo", "O_NOFOLLOW", "O_NONBLOCK"):
    if hasattr(os, name):
        delattr(os, name)
for name in ("SIGHUP", "SIGKILL", "SIGPIPE", "pthread_sigmask", "setitimer"):
    if hasattr(signal, name):
        delattr(signal, name)


def _no_right(source, target, *_, **__):
    raise OSError(1314, "A required privilege is not held by the client", source)


os.symlink = _no_right


def _is_open(path) -> bool:
    path = os.path.realpath(path)
    for number in os.listdir("/proc/self/fd"):
        try:
            if os.readlink(f"/proc/self/fd/{number}") == path:
                return True
        except OSError:
            continue
    return False


def _not_while_open(function, *positions):
    def guarded(*arguments, **options):
        for path in (arguments[position] for position in positions):
            if isinstance(path, str | os.PathLike) and _is_open(path):
                raise PermissionError(13, "used by another process", os.fspath(path))
        return function(*arguments, **options)

    return guarded


if os.path.isdir("/proc/self/fd"):
    os.unlink = os.remove = _not_while_open(os.unlink, 0)
    os.rename = _not_while_open(os.rename, 0, 1)
    os.replace = _not_while_open(os.replace, 0, 1)
    # Removal by descriptors, which Windows has not either, would go around the above.
    shutil._use_fd_functions = False

_open, _Text = io.open, io.TextIOWrapper


def _open_as_there(file, mode="r", buffering=-1, encoding=None, *rest, **options):
    if "b" not in mode:
        encoding = CODE_PAGE if encoding in (None, "locale") else encoding
        if "r" not in mode and len(rest) < 2 and options.get("newline") is None:
            options["newline"] = "\r\n"
    return _open(file, mode, buffering, encoding, *rest, **options)


class _TextAsThere(_Text):  # what a program prints into a pipe
    def __init__(self, buffer, encoding=None, *rest, **options):
        super().__init__(
            buffer, CODE_PAGE if encoding in (None, "locale") else encoding, *rest, **options
        )


builtins.open = io.open = _open_as_there
io.TextIOWrapper = _TextAsThere
if "PYTHONIOENCODING" not in os.environ:
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(encoding=CODE_PAGE, newline="\r\n")
