import os
import signal
import subprocess
import sys
import time

import pytest

from mmpc.batch.scheduler import run_here, run_in_processes, run_on_cluster
from mmpc.errors import MmpcError
from tests.batch.work import (
    fail_at_first,
    lost,
    sigint_of_this_process,
    slow_square,
    square,
    square_or_die,
    square_or_hang,
)
from tests.conftest import HANGING_SECONDS, ROOT


class Counted:
    """An iterable that counts what has been taken from it."""

    def __init__(self, items):
        self._items, self.taken = items, 0

    def __iter__(self):
        for item in self._items:
            self.taken += 1
            yield item


def test_here():
    assert list(run_here(square, iter(range(4)))) == [0, 1, 4, 9]


def test_processes_take_few_tasks_ahead():
    """Of two workers each has one task and one that waits, whatever comes out first."""
    tasks = Counted(range(60))
    outcomes = run_in_processes(square, tasks, 2, lost)
    found = [next(outcomes)]
    assert tasks.taken == 4
    for outcome in outcomes:
        found.append(outcome)
        assert tasks.taken - len(found) < 4
    assert sorted(found) == [number**2 for number in range(60)]


def test_a_task_that_kills_its_process_is_lost_alone():
    found = list(run_in_processes(square_or_die, iter(range(12)), 2, lost))
    assert ("lost", 7) in found
    others = sorted(item for item in found if not isinstance(item, tuple))
    assert others == [number**2 for number in range(12) if number != 7]


@pytest.mark.parametrize(
    ("inherited", "in_a_worker"),
    [(signal.SIG_DFL, signal.SIG_DFL), (signal.SIG_IGN, signal.SIG_IGN)],
)
def test_ctrl_c_ends_a_worker_unless_it_is_ignored_here(inherited, in_a_worker):
    before = signal.signal(signal.SIGINT, inherited)
    try:
        assert list(run_in_processes(sigint_of_this_process, [0], 1, lost)) == [in_a_worker]
    finally:
        signal.signal(signal.SIGINT, before)


def test_whoever_stops_asking_does_not_wait_for_what_is_in_flight():
    outcomes = run_in_processes(square_or_hang, iter(range(2)), 2, lost)
    assert next(outcomes) == 0
    start = time.monotonic()
    outcomes.close()
    assert time.monotonic() - start < HANGING_SECONDS / 2


TWO_WORKERS = """
import sys
from mmpc.batch.scheduler import run_in_processes
from tests.batch.work import hold_a_lock

if __name__ == "__main__":
    list(run_in_processes(hold_a_lock, sys.argv[1:] * 2, 2, None))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="locks are asked for as POSIX systems do")
def test_workers_end_with_a_parent_that_is_killed(tmp_path):
    import fcntl

    script = tmp_path / "two_workers.py"
    script.write_text(TWO_WORKERS, encoding="utf-8")
    held = tmp_path / "held"
    held.mkdir()
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, script, held], env=environment)
    deadline = time.monotonic() + HANGING_SECONDS
    while len(list(held.glob("*.held"))) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    parent.kill()
    parent.wait()
    locks = list(held.glob("*.lock"))
    assert len(locks) == 2
    for lock in locks:
        with lock.open("w") as stream:
            while True:
                try:
                    fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    assert time.monotonic() < deadline
                    time.sleep(0.05)


def test_cluster_with_a_worker_killed_half_way(cluster_address):
    found, killed = [], None
    for outcome in run_on_cluster(slow_square, iter(range(30)), cluster_address, lost):
        found.append(outcome)
        if len(found) == 8:
            killed = outcome[1]
            os.kill(killed, 9)
    assert sorted(number for number, _ in found) == [number**2 for number in range(30)]
    assert any(pid != killed for _, pid in found[8:])
    assert all(pid != os.getpid() for _, pid in found)


def test_cluster_takes_few_tasks_ahead(cluster_address):
    with sys.modules["distributed"].Client(cluster_address, set_as_default=False) as client:
        client.wait_for_workers(2)  # one may have been killed just now
    tasks = Counted(range(20))
    outcomes = run_on_cluster(square, tasks, cluster_address, lost)
    found = [next(outcomes)]
    assert tasks.taken == 4
    for outcome in outcomes:
        found.append(outcome)
        assert tasks.taken - len(found) < 4
    assert sorted(found) == [number**2 for number in range(20)]


@pytest.mark.parametrize(("failures", "tries"), [(0, 1), (1, 2), (2, 2)])
def test_what_fails_on_the_cluster_is_tried_once_more(cluster_address, tmp_path, failures, tries):
    task = tmp_path, failures
    (found,) = run_on_cluster(fail_at_first, [task], cluster_address, lost)
    assert found == (failures if failures < 2 else ("lost", task))
    assert len(list(tmp_path.iterdir())) == tries


def test_no_scheduler_there(monkeypatch):
    pytest.importorskip("distributed", reason="dask.distributed is not installed")
    monkeypatch.setattr("mmpc.batch.scheduler._CONNECT_SECONDS", 1)
    with pytest.raises(MmpcError, match=r"no dask scheduler answers at tcp://127\.0\.0\.1:9"):
        list(run_on_cluster(square, iter(range(3)), "tcp://127.0.0.1:9", lost))


def test_without_distributed(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MmpcError, match=r"mmpc\[cluster\]"):
        list(run_on_cluster(square, iter(range(3)), "tcp://127.0.0.1:9", lost))


def test_measuring_uses_one_thread_before_numeric_libraries_are_loaded(tmp_path):
    program = (
        "import os, sys, mmpc.evaluate\n"
        "from mmpc.batch import scheduler\n"
        "use_one_thread = scheduler.use_one_thread\n"
        "def note():\n"
        "    use_one_thread()\n"
        "    print('numpy' in sys.modules, os.environ['OPENBLAS_NUM_THREADS'])\n"
        "scheduler.use_one_thread = note\n"
        "raise SystemExit(mmpc.evaluate.main(['nowhere']))\n"
    )
    environment = {name: value for name, value in os.environ.items() if "THREADS" not in name}
    for given, threads in ({}, "1"), ({"OPENBLAS_NUM_THREADS": "2"}, "2"):
        run = subprocess.run(
            [sys.executable, "-c", program],
            cwd=tmp_path,
            env=environment | given,
            capture_output=True,
            text=True,
        )
        assert run.stdout == f"False {threads}\n"  # what the user says stays
        assert run.returncode == 1
        assert "nowhere" in run.stderr
