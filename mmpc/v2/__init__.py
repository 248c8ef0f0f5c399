"""Bitstream version 2: the pipeline of version 1 grown up, in compiled Python.

Its kernels are compiled by numba when they first run and kept in a cache. numba does not notice
when a function that a kernel calls changes in another file, so the cache lives in a folder named
after the hash of all sources of this package (unless NUMBA_CACHE_DIR says where).
"""

import hashlib
import os
import sys
import tempfile
from pathlib import Path

import numba


def _sources_hash() -> str:
    """Return a hash of the sources of this package and of what compiles them."""
    digest = hashlib.sha256(f"{numba.__version__} {sys.version}".encode())
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _cache_folder() -> Path:
    """Return a writable folder for the compiled kernels of exactly these sources."""
    if os.environ.get("NUMBA_CACHE_DIR"):
        return Path(os.environ["NUMBA_CACHE_DIR"])
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "mmpc" / f"kernels-{_sources_hash()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except OSError:
        user = os.getuid() if hasattr(os, "getuid") else 0
        return Path(tempfile.gettempdir()) / f"mmpc-{user}-{folder.name}"


CACHE_FOLDER = _cache_folder()

# numba looks at this setting when a kernel is defined, that is, while the modules are imported.
_previous = numba.config.CACHE_DIR
numba.config.CACHE_DIR = str(CACHE_FOLDER)
try:
    from mmpc.v2.codec import compress, decompress, read_header
    from mmpc.v2.parameters import Tools
finally:
    numba.config.CACHE_DIR = _previous

__all__ = ["Tools", "compress", "decompress", "read_header"]
