"""Where numbers come from: versions, machine, command, and a fingerprint of the code."""

import hashlib
import json
import os
import platform
import shlex
import time
import zlib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mmpc.files import atomic_write

PACKAGE = Path(__file__).resolve().parents[1]
PACKAGES = ("numpy", "scipy", "scikit-image", "imagecodecs", "numba", "pydicom")


def provenance(command: list[str]) -> dict[str, Any]:
    """Return what a reader needs to know about a run that this command line started."""
    import mmpc

    return {
        "command": shlex.join(command),
        "date_utc": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "versions": {
            "mmpc": mmpc.__version__,
            "python": platform.python_version(),
            "zlib": zlib.ZLIB_RUNTIME_VERSION,
            **{name: found for name in PACKAGES if (found := _version(name))},
        },
        "machine": {
            "system": f"{platform.system()} {platform.machine()}",
            "processor": _processor(),
            "cores": os.cpu_count(),
        },
    }


def codec_fingerprint(root: Path = PACKAGE) -> str:
    """Return a hash of our codecs' sources and tables: rows of others must not be mixed in.

    Parameters
    ----------
    root : Path
        Folder of the package. Line ends do not count: a checkout may have changed them.
    """
    digest = hashlib.sha256()
    for path in sorted([*root.glob("v[0-9]*/**/*.py"), *root.glob("v[0-9]*/**/*.bin")]):
        code = path.read_bytes().replace(b"\r\n", b"\n")
        digest.update(path.relative_to(root).as_posix().encode() + code)
    return digest.hexdigest()[:16]


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file for people: indented, in the order given."""
    atomic_write(path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or "unknown"
