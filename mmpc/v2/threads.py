"""Parts of one piece of work in threads: compiled kernels run without Python's lock."""

from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

from mmpc.v2.pieces import Progress

Result = TypeVar("Result")
_LOOK_AGAIN_S = 0.1  # for progress, while threads compute


class _StoppedError(Exception):
    """What ends a part of which nobody wants the result any more."""


def in_threads(
    work: Callable[[int, Progress], Result],
    weights: list[int],
    jobs: int,
    progress: Progress | None = None,
) -> list[Result]:
    """Do all parts of some work, several at a time.

    Ctrl-C and the error of one part end all others at the next piece of theirs.

    Parameters
    ----------
    work : callable
        Does the part of this index; tells its progress, now and then.
    weights : list of int
        How much work each part is, in one unit.
    jobs : int
        How many parts are done at a time; a single one in the caller's thread.
    progress : callable, optional
        Called in the caller's thread, with how much is done of all, and of how much.

    Returns
    -------
    list
        What each part gave, in their order.
    """
    done = [0] * len(weights)
    stopped = False

    def tell_all() -> None:
        if progress is not None:
            progress(sum(done), sum(weights))

    def do(index: int) -> Result:
        def tell(part: int, total: int) -> None:
            if stopped:
                raise _StoppedError
            done[index] = weights[index] * part // total
            if jobs == 1:
                tell_all()

        return work(index, tell)

    if jobs == 1:
        return [do(index) for index in range(len(weights))]
    with ThreadPoolExecutor(min(jobs, len(weights))) as pool:
        try:
            futures = [pool.submit(do, index) for index in range(len(weights))]
            running = set(futures)
            while running:
                finished, running = wait(running, _LOOK_AGAIN_S, return_when=FIRST_EXCEPTION)
                for future in finished:
                    future.result()
                tell_all()
            return [future.result() for future in futures]
        finally:
            stopped = True
            pool.shutdown(cancel_futures=True)
