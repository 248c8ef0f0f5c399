"""What came of the items of a run, kept in files, so that one that was broken off goes on.

The name of a file is a hash of what went in, the item with its pixels and the code of codecs and
methods, so what was made of anything else is not found. When all is done, tables and pictures
remain and the files go.
"""

import hashlib
import io
import json
import pickle
import shutil
from collections.abc import Iterable
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from mmpc.batch.provenance import PACKAGE, codec_fingerprint
from mmpc.evaluation.tasks_codecs import Found, Item
from mmpc.files import atomic_write

FOLDER = "tasks_unfinished"


class Journal:
    """A folder of results; `fresh` forgets those that are there."""

    def __init__(self, out: Path, fresh: bool = False):
        self.folder = out / FOLDER
        if fresh:
            self.remove()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._code = codec_fingerprint() + _methods_fingerprint()

    def path_of(self, item: Item) -> Path:
        """Return where the result of an item is."""
        known = hashlib.sha256(self._code.encode() + pickle.dumps(item)).hexdigest()[:24]
        return self.folder / f"{known}.npz"

    def missing(self, items: Iterable[Item]) -> list[int]:
        """Return the numbers of the items without a result."""
        return [number for number, item in enumerate(items) if self.read(item) is None]

    def write(self, item: Item, found: Found) -> None:
        """Keep a result."""
        content = io.BytesIO()
        np.savez(content, **found.arrays, rows=np.array(json.dumps(found.rows)))
        atomic_write(self.path_of(item), content.getvalue())

    def read(self, item: Item) -> Found | None:
        """Return a result, None if there is none that can be read."""
        try:
            with np.load(self.path_of(item), allow_pickle=False) as stored:
                arrays = {name: stored[name] for name in stored.files}
        except (OSError, ValueError, EOFError, BadZipFile):
            return None
        return Found(json.loads(str(arrays.pop("rows"))), arrays)

    def remove(self) -> None:
        """Forget all results."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _methods_fingerprint() -> str:
    digest = hashlib.sha256()
    for pattern in ("tasks/*.py", "rate/*.py", "evaluation/*.py"):
        for path in sorted(PACKAGE.glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()
