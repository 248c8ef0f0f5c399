"""The same rows from a cluster of two worker processes, and when one of them is killed."""

import os
import time

import pytest

from mmpc import evaluate
from mmpc.batch.scheduler import Workers
from mmpc.batch.tables import read_table
from mmpc.evaluation.slices import Task, lost, run_task

distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")


def without_times(rows):
    kept = [{k: v for k, v in row.items() if "seconds" not in k} for row in rows]
    return sorted(kept, key=lambda row: (row["image"], float(row["quality"])))


def test_the_tool_gives_the_same_rows(cluster_address, folder, tmp_path, capsys):
    here, there = tmp_path / "here", tmp_path / "there"
    common = [folder, "--quality", 10, 60, "--pictures", 0]
    assert evaluate.main([*common, "--jobs", 1, "--out", here]) == 0
    with distributed.Client(cluster_address, set_as_default=False) as client:
        workers = set(client.nthreads())
        with distributed.get_task_stream(client) as done:
            options = ["--scheduler", cluster_address, "--jobs", 1, "--out", there]
            assert evaluate.main([*common, *options]) == 0
    assert len(done.data) == 5 and {task["worker"] for task in done.data} <= workers
    tables = [without_times(read_table(out / "summary.csv")) for out in (here, there)]
    assert len(tables[0]) == 10 and tables[0] == tables[1]


def test_a_worker_is_killed_half_way(cluster_address, folder):
    points = tuple(("mmpc-v1", float(quality)) for quality in (10, 20, 30, 60))
    tasks = [
        Task(f"{path.stem}-{copy}", path, points)
        for copy in range(6)
        for path in sorted(folder.iterdir())
    ]
    expected = [row for outcome in Workers().run(run_task, tasks, lost) for row in outcome.rows]
    with distributed.Client(cluster_address, set_as_default=False) as client:
        process_ids = list(client.run(os.getpid).values())
    assert len(process_ids) == 2 and os.getpid() not in process_ids
    found, failures, outcomes = [], [], 0
    for outcome in Workers(scheduler=cluster_address).run(run_task, iter(tasks), lost):
        outcomes += 1
        found += outcome.rows
        failures += outcome.failures
        if outcomes == 8:
            os.kill(process_ids[0], 9)
    assert outcomes == 30 and failures == []
    assert without_times(found) == without_times(expected)


def test_a_worker_is_killed_with_outcomes_that_nobody_has_fetched(cluster_address, folder):
    tasks = [Task(f"{path.stem}", path, (("mmpc-v1", 30.0),)) for path in sorted(folder.iterdir())]
    expected = [row for outcome in Workers().run(run_task, tasks, lost) for row in outcome.rows]

    def states(dask_scheduler):
        return {task.state for task in dask_scheduler.tasks.values()}

    def workers(dask_scheduler):
        return set(dask_scheduler.workers)

    with distributed.Client(cluster_address, set_as_default=False) as client:

        def wait_until(condition, asked):
            while not condition(client.run_on_scheduler(asked)):
                time.sleep(0.02)

        client.wait_for_workers(2)
        process_ids = client.run(os.getpid)
        outcomes = Workers(scheduler=cluster_address).run(run_task, iter(tasks), lost)
        found = [next(outcomes)]
        wait_until(lambda found: found == {"memory"}, states)  # all that were started with it
        for process_id in process_ids.values():
            os.kill(process_id, 9)
        wait_until(lambda found: found.isdisjoint(process_ids), workers)
        time.sleep(0.3)  # the scheduler tells its clients what is lost
        found += outcomes
    assert [outcome.failures for outcome in found] == [[]] * len(tasks)
    rows = [row for outcome in found for row in outcome.rows]
    assert without_times(rows) == without_times(expected)
