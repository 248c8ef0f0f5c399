"""Small real images as files, for the tests of whole runs."""

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def folder(tmp_path, head_ct) -> Path:
    """Return a folder with five cuts of a head CT slice, signed."""
    cuts = tmp_path / "cuts"
    cuts.mkdir()
    for index in range(5):
        row, column = 90 + 60 * index, 40 + 50 * index
        np.save(cuts / f"cut{index}.npy", head_ct[row : row + 72, column : column + 80])
    return cuts
