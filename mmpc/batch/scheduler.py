"""Hand tasks to this process, to processes on all cores, or to a dask cluster.

All three take tasks one at a time and keep a few in flight, so memory does not grow with
their number, and yield the outcomes as they come, in any order.
"""

import os
import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any

from mmpc.errors import InvalidParameterError, MmpcError

IN_FLIGHT_PER_WORKER = 2
ATTEMPTS = 2
_CONNECT_SECONDS = 20
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")

Work = Callable[[Any], Any]


def use_one_thread() -> None:
    """Let numeric libraries use one thread where they are loaded from now on, in workers too.

    Timings are of one thread. And a thread of theirs that waits for work spins for milliseconds,
    which makes what is timed beside it up to twice as slow.
    """
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")


@dataclass(frozen=True)
class Workers:
    """Who does the work: this process, processes of this machine, or a cluster."""

    jobs: int = 1
    scheduler: str | None = None

    def run(self, work: Work, tasks: Iterable[Any], lost: Work) -> Iterator[Any]:
        """Yield the outcomes of tasks as they come; see the three functions below."""
        if self.scheduler:
            return run_on_cluster(work, tasks, self.scheduler, lost)
        if self.jobs > 1:
            return run_in_processes(work, tasks, self.jobs, lost)
        return run_here(work, tasks)


def run_here(work: Work, tasks: Iterable[Any]) -> Iterator[Any]:
    """Work one task after the other in this process."""
    yield from map(work, tasks)


def run_in_processes(work: Work, tasks: Iterable[Any], jobs: int, lost: Work) -> Iterator[Any]:
    """Work on several cores.

    Parameters
    ----------
    work : callable
        A function of a module, so that a spawned process finds it.
    tasks : iterable
        Taken from as room comes free: at most ``2 * jobs`` are in flight.
    jobs : int
        Number of processes.
    lost : callable
        Makes the outcome of a task whose process died twice, for example for want of
        memory.

    Yields
    ------
    Whatever `work` returns.
    """
    tasks = iter(tasks)
    suspects: list[Any] = []
    while True:
        yield from _run_until_broken(work, tasks, jobs, suspects)
        if not suspects:
            return
        # One of the tasks in flight killed its process, and the pool with it. Alone in a
        # pool of one, each shows whether it was the one.
        for suspect in suspects:
            alone: list[Any] = []
            yield from _run_until_broken(work, iter([suspect]), 1, alone)
            if alone:
                yield lost(suspect)
        suspects.clear()


def _run_until_broken(
    work: Work, tasks: Iterator[Any], jobs: int, suspects: list[Any]
) -> Iterator[Any]:
    """Yield outcomes until the tasks run out, or a process dies: then fill `suspects`."""
    in_flight: dict[Future, Any] = {}
    use_one_thread()
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_start_worker)
    try:
        while True:
            for task in islice(tasks, IN_FLIGHT_PER_WORKER * jobs - len(in_flight)):
                suspects.append(task)  # until it is in flight: the pool may be broken already
                in_flight[pool.submit(work, task)] = suspects.pop()
            if not in_flight:
                return
            for future in wait(in_flight, return_when=FIRST_COMPLETED).done:
                outcome = future.result()
                del in_flight[future]
                yield outcome
    except BrokenProcessPool:
        suspects.extend(in_flight.values())
    except (KeyboardInterrupt, GeneratorExit):  # nobody waits for what is in flight
        for worker in list(pool._processes.values()):  # Python 3.14 has a method for it
            worker.terminate()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker() -> None:
    """Let Ctrl-C end a worker at once and without a traceback; the parent says the word.

    A program that was started to ignore it, as scripts start what runs in the background,
    goes on; so must its workers. They end with it when it is killed, in the middle of a task.
    """
    Thread(target=_end_with_the_parent, daemon=True).start()
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _end_with_the_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def run_on_cluster(work: Work, tasks: Iterable[Any], address: str, lost: Work) -> Iterator[Any]:
    """Work on an existing dask.distributed cluster, whose machines see the same files.

    A task whose worker dies is started again on another one; what raises is tried once more.

    Parameters
    ----------
    work, tasks, lost
        As `run_in_processes`.
    address : str
        Of the scheduler, such as ``tcp://10.0.0.1:8786``.

    Raises
    ------
    InvalidParameterError
        If dask.distributed is not installed.
    MmpcError
        If no scheduler answers, or it has no workers.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise InvalidParameterError(
            "--scheduler needs dask.distributed; pip install 'mmpc[cluster]'"
        ) from None
    try:
        client = Client(address, timeout=_CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise MmpcError(f"no dask scheduler answers at {address} ({error})") from None
    with client:
        threads = sum(client.nthreads().values())
        if not threads:
            raise MmpcError(f"the dask scheduler at {address} has no workers; start some first")
        tasks = iter(tasks)
        of_future: dict[str, Any] = {}

        def submit(task):
            future = client.submit(work, task, pure=False, retries=ATTEMPTS - 1)
            of_future[future.key] = task
            return future

        started = map(submit, islice(tasks, IN_FLIGHT_PER_WORKER * threads))
        completed = as_completed(list(started), loop=client.loop, raise_errors=False)
        for future in completed:
            task = of_future.pop(future.key)
            # Both wait where the worker died after its work and before it was asked for the
            # outcome: the task is then started again.
            yield lost(task) if future.exception() else future.result()
            future.release()
            for another in islice(tasks, 1):
                completed.add(submit(another))
