"""Small real images as files, for the tests of whole runs."""

from collections.abc import Iterator
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


@pytest.fixture(scope="module")
def cluster_address() -> Iterator[str]:
    """Return the address of a dask cluster of two worker processes, or skip."""
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        silence_logs="CRITICAL",
    ) as cluster:
        yield cluster.scheduler_address
