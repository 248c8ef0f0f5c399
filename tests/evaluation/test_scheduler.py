import os
import sys
import time

import pytest

from mmpc.batch.scheduler import (
    IN_FLIGHT_PER_WORKER,
    run_here,
    run_in_processes,
    run_on_cluster,
)
from mmpc.errors import MmpcError


def square(number):
    return number * number


def square_or_die(number):
    if number == 7:
        os._exit(1)
    return number * number


def lost(task):
    return ("lost", task)


def test_here():
    assert list(run_here(square, iter(range(4)))) == [0, 1, 4, 9]


def test_processes_take_few_tasks_ahead():
    taken = 0

    def tasks():
        nonlocal taken
        for number in range(60):
            taken += 1
            yield number

    found = []
    for outcome in run_in_processes(square, tasks(), 2, lost):
        found.append(outcome)
        # Never more than what is out, plus what is in flight, plus those being refilled.
        assert taken <= len(found) + 2 * IN_FLIGHT_PER_WORKER * 2
    assert sorted(found) == [number**2 for number in range(60)]


def test_a_task_that_kills_its_process_is_lost_alone():
    found = list(run_in_processes(square_or_die, iter(range(12)), 2, lost))
    assert ("lost", 7) in found
    others = sorted(item for item in found if not isinstance(item, tuple))
    assert others == [number**2 for number in range(12) if number != 7]


def slow_square(number):
    time.sleep(0.15)
    return number * number, os.getpid()


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


def test_no_scheduler_there(monkeypatch):
    pytest.importorskip("distributed", reason="dask.distributed is not installed")
    monkeypatch.setattr("mmpc.batch.scheduler._CONNECT_SECONDS", 1)
    with pytest.raises(MmpcError, match=r"no dask scheduler answers at tcp://127\.0\.0\.1:9"):
        list(run_on_cluster(square, iter(range(3)), "tcp://127.0.0.1:9", lost))


def test_without_distributed(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MmpcError, match=r"mmpc\[cluster\]"):
        list(run_on_cluster(square, iter(range(3)), "tcp://127.0.0.1:9", lost))
