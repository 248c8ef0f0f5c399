"""Work in the background of which only the newest request counts.

A slider asks for pictures faster than a thorough codec makes them. One thread works; a
request that comes meanwhile replaces the one that waits; a result is delivered only if
nothing newer was asked for, so an old picture never follows a new one.
"""

import threading
from collections.abc import Callable
from typing import Any


class LatestOnly:
    """One worker thread, one place to wait, and only the newest result is delivered."""

    def __init__(self) -> None:
        self._state = threading.Condition()
        self._newest = 0
        self._waiting: tuple[int, Callable[[], Any], Callable[[Any], None]] | None = None
        self._is_running = False

    def submit(self, work: Callable[[], Any], deliver: Callable[[Any], None]) -> None:
        """Ask for work; returns at once.

        Parameters
        ----------
        work : callable
            Runs in the worker thread, never two at a time.
        deliver : callable
            Is given the result, in the worker thread, unless something newer was
            submitted or `forget` was called since.
        """
        with self._state:
            self._newest += 1
            self._waiting = (self._newest, work, deliver)
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._run, daemon=True).start()

    def forget(self) -> None:
        """Let nothing that was submitted be delivered any more."""
        with self._state:
            self._newest += 1
            self._waiting = None

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Wait until nothing is left to do; return whether that came in time."""
        with self._state:
            return self._state.wait_for(lambda: not self._is_running, timeout_seconds)

    def _run(self) -> None:
        try:
            while job := self._next_job():
                number, work, deliver = job
                result = work()
                # Under the lock, so that nothing newer comes between the look and the delivery.
                with self._state:
                    if number == self._newest:
                        deliver(result)
        except BaseException:
            # The thread ends with its traceback, and the next request starts a new one.
            with self._state:
                self._is_running = False
                self._state.notify_all()
            raise

    def _next_job(self) -> tuple[int, Callable[[], Any], Callable[[Any], None]] | None:
        """Take the request that waits; without one, say that the thread ends."""
        with self._state:
            job, self._waiting = self._waiting, None
            if job is None:
                self._is_running = False
                self._state.notify_all()
            return job
