"""Where compiled kernels are kept: one folder for all copies of the same sources.

numba keeps the compiled form of a function in a folder named after the path of its file, and
throws it away when that file changes, but not when another file changes that holds a function
which it calls. Here the folder is named after the hash of all sources of version 2 instead: two
checkouts of the same sources share it, and any change starts a new one.
"""

import hashlib
import os
import sys
import tempfile
from functools import cache
from pathlib import Path

import numba
from numba.core.caching import CompileResultCacheImpl, _CacheLocator

_SOURCES = Path(__file__).parent
_PACKAGE = _SOURCES.parent


@cache
def sources_hash() -> str:
    """Return a hash of the sources of version 2 and of what compiles them."""
    digest = hashlib.sha256(f"{numba.__version__} {sys.version}".encode())
    for path in sorted(_SOURCES.rglob("*.py")):
        if path != Path(__file__):  # holds no kernel
            digest.update(path.relative_to(_SOURCES).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


@cache
def cache_folder() -> Path:
    """Return a writable folder for the compiled kernels of exactly these sources."""
    name = f"kernels-{sources_hash()}"
    if os.environ.get("NUMBA_CACHE_DIR"):
        return Path(os.environ["NUMBA_CACHE_DIR"]) / name
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "mmpc" / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        user = os.getuid() if hasattr(os, "getuid") else 0
        return Path(tempfile.gettempdir()) / f"mmpc-{user}-{name}"


class KernelLocator(_CacheLocator):
    """Keeps the kernels of this package, of whichever copy of it, in one folder."""

    def __init__(self, function, file: Path):
        self._py_file = str(file)  # for numba's warnings
        self._line = function.__code__.co_firstlineno
        self._folder = cache_folder() / file.parent.relative_to(_PACKAGE)
        # Kernels outside of version 2 call its kernels: they need both hashes.
        self._stamp = sources_hash() + hashlib.sha256(file.read_bytes()).hexdigest()

    @classmethod
    def from_function(cls, py_func, py_file):
        """Return a locator for a function of this package, None for any other."""
        file = Path(py_file)
        if not file.is_relative_to(_PACKAGE):
            return None
        return cls(py_func, file)

    def get_cache_path(self):
        """Return the folder as numba wants it."""
        return str(self._folder)

    def get_source_stamp(self):
        """Return what must be equal for a compiled kernel to be used."""
        return self._stamp

    def get_disambiguator(self):
        """Return what tells two functions of one name in a file apart."""
        return str(self._line)


def share_kernels() -> None:
    """Let numba ask `KernelLocator` first, for all kernels that are defined from now on."""
    if KernelLocator not in CompileResultCacheImpl._locator_classes:
        CompileResultCacheImpl._locator_classes = [
            KernelLocator,
            *CompileResultCacheImpl._locator_classes,
        ]
