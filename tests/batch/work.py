"""What the workers of the tests do, in a file that imports next to nothing.

Each worker imports the file of its work; the tests themselves would bring pytest and hypothesis,
a second and a half a worker.
"""

import os
import signal
import time
from pathlib import Path


def square(number):
    return number * number


def square_or_die(number):
    if number == 7:
        os._exit(1)
    return number * number


def square_or_hang(number):
    if number == 1:
        time.sleep(600)  # as HANGING_SECONDS of the tests, which end it
    return number * number


def slow_square(number):
    time.sleep(0.15)
    return number * number, os.getpid()


def lost(task):
    return ("lost", task)


def sigint_of_this_process(_):
    return signal.getsignal(signal.SIGINT)


def hold_a_lock(folder):
    """Hold a lock on a file of this process's own, which its end alone frees."""
    import fcntl

    with open(Path(folder) / f"{os.getpid()}.lock", "w") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        (Path(folder) / f"{os.getpid()}.held").touch()
        while True:
            time.sleep(1)


def fail_at_first(task):
    """Raise as often as the task says; a file for each try is left in its folder."""
    folder, failures = task
    tries = len(list(folder.iterdir()))
    (folder / str(tries)).touch()
    if tries < failures:
        raise OSError("the network is down")
    return failures
