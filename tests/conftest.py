"""Where the tests find images: the installed packages, and ../shared where it is there."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

ROOT = Path(__file__).resolve().parents[1]
SHARED_DATA = ROOT.parent / "shared" / "data"
VECTORS = ROOT / "tests" / "vectors"
BAD = ROOT / "tests" / "bad"
# Longer than anything takes on the busiest machine: it only ends a test that hangs.
HANGING_SECONDS = 600


def may_link() -> bool:
    """Tell whether symbolic links can be made; on Windows that is a right of its own."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            os.symlink("nothing", os.path.join(folder, "link"))
        except (OSError, NotImplementedError):
            return False
    return True


MAY_LINK = may_link()
no_links = pytest.mark.skipif(not MAY_LINK, reason="this user may not make symbolic links")
no_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes in the file system")
no_bash = pytest.mark.skipif(
    os.name == "nt" or shutil.which("bash") is None, reason="no bash, or one of another system"
)

# No test fails because the machine had other things to do.
settings.register_profile("any", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any")


@pytest.fixture(scope="session")
def head_ct() -> np.ndarray:
    """Return a real head CT slice: int16, 512 x 512, padded with -2000."""
    from mmpc.images.samples import sample

    return sample("head_ct").pixels


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Return the folder of the development data, or skip."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the development data (../shared/data) is not here")
    return SHARED_DATA


@pytest.fixture(scope="module")
def cluster_address() -> Iterator[str]:
    """Return the address of a dask cluster of two worker processes, or skip."""
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    cluster = distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        silence_logs="CRITICAL",
    )
    yield cluster.scheduler_address
    with suppress(TimeoutError):  # where a worker was killed, closing may wait for it for ever
        cluster.close(timeout=60)
