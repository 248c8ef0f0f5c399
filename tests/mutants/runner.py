"""Run tests in one fork of this process after the other, each with all that is slow to load.

Started by ``trial`` in a copy of the project. A line of JSON asks, a line of JSON answers::

    {"tests": ["tests/test_a.py::test_b"], "cpu_seconds": 20}    {"failed": null}
    {"tests": ["tests/test_a.py"], "record": true}               {"failed": ..., "ran": {...}}

What fails first is told, or "hangs". The package and its tests are imported in the fork alone.
A record tells of each test its seconds, whether it started a process, and which functions of the
package ran, by file and first line; what ran between tests, fixtures above all, is each test's.
"""

import cProfile
import gc
import importlib
import json
import os
import resource
import signal
import sys
import tempfile
import threading
import time
from contextlib import redirect_stdout, suppress
from pathlib import Path

import pytest

LARGEST_BYTES = 12 << 30
# Seconds for one of CPU time: a busy machine kills nothing, but what only sleeps has to end.
PATIENCE = 6
PROCESSES = ("subprocess.Popen", "os.posix_spawn", "os.fork")


class Watch:
    """A plugin of pytest: what fails, and what runs while which test does."""

    def __init__(self, record: bool):
        self.failed: str | None = None
        self.ran: dict[str, dict] = {}
        self.always: set[tuple[str, int]] = set()
        self.now = self.always
        self.started = False
        # Written in C: a trace in Python takes as long again as the tests. Of one thread alone.
        self._profile = cProfile.Profile(subcalls=False, builtins=False) if record else None
        if record:
            sys.addaudithook(self._audit)
            threading.settrace(self._trace)
            self._profile.enable()

    def _audit(self, event: str, _arguments: tuple) -> None:
        self.started |= event in PROCESSES

    def _trace(self, frame, _event, _argument) -> None:
        self._add(frame.f_code)

    def _add(self, code) -> None:
        if "/mmpc/" in (path := code.co_filename):
            self.now.add((path, code.co_firstlineno))

    def harvest(self, then: set[tuple[str, int]]) -> None:
        """Put what ran since the last time into its set; what runs from now on is for another."""
        if self._profile is not None:
            self._profile.disable()
            for entry in self._profile.getstats():
                if not isinstance(entry.code, str):  # a string names what is written in C
                    self._add(entry.code)
            self._profile.clear()
            self._profile.enable()
        self.now = then

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item):
        self.harvest(functions := set())
        self.started, start = False, time.process_time()
        try:
            return (yield)
        finally:
            seconds = time.process_time() - start
            self.harvest(self.always)
            self.ran[item.nodeid] = {
                "seconds": seconds,
                "process": self.started,
                "functions": functions,
            }

    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.failed = self.failed or report.nodeid

    def pytest_collectreport(self, report):
        if report.failed:
            self.failed = self.failed or report.nodeid

    def answer(self) -> dict:
        """Return what is to be told, functions by their paths from here."""
        self.harvest(self.always)
        root = os.getcwd()
        for told in self.ran.values():
            functions = self.always | told["functions"]
            told["functions"] = sorted((os.path.relpath(p, root), line) for p, line in functions)
        return {"failed": self.failed, "ran": self.ran}


def run(request: dict, answer: Path) -> None:
    """Run the tests and write the answer; it is read when this process has ended."""
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    if "cpu_seconds" in request:
        resource.setrlimit(resource.RLIMIT_CPU, (int(request["cpu_seconds"]),) * 2)
    resource.setrlimit(resource.RLIMIT_AS, (LARGEST_BYTES,) * 2)
    watch = Watch(request.get("record", False))
    options = ["-q", "--tb=no", "--assert=plain", "-p", "no:cacheprovider"]
    options += [] if request.get("record") else ["-x"]
    code = pytest.main([*options, *request["tests"]], plugins=[watch])
    if code != 0 and not watch.failed:
        watch.failed = f"pytest, code {int(code)}"
    told = watch.answer() if request.get("record") else {"failed": watch.failed}
    answer.write_text(json.dumps(told), "utf-8")


def waited_for(child: int, cpu_seconds: float | None) -> bool:
    """Tell whether a fork ended before its time was over; whatever it started is ended."""
    end = None if cpu_seconds is None else time.monotonic() + PATIENCE * cpu_seconds
    try:
        while os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            if end is not None and time.monotonic() > end:
                break
            time.sleep(0.005)
    finally:  # also where this process is told to end
        for end_it in (os.killpg, os.kill):  # it may have no group yet
            with suppress(ProcessLookupError):
                end_it(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
    return os.WIFEXITED(status)


def main() -> None:
    """Load the modules that are named, answer each line of the standard input."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    for name in sys.argv[1:]:
        with suppress(ImportError):
            importlib.import_module(name)
    with open(os.devnull, "w") as nowhere, redirect_stdout(nowhere):
        pytest.main(["--version"])  # loads its own plugins
    gc.freeze()
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "answer.json")
        for line in sys.stdin:
            request = json.loads(line)
            answer.unlink(missing_ok=True)
            child = os.fork()
            if child == 0:
                try:
                    run(request, answer)
                finally:
                    os._exit(0)
            ended = waited_for(child, request.get("cpu_seconds"))
            told = '{"failed": "the process ended"}' if ended else '{"failed": "hangs"}'
            print(answer.read_text("utf-8") if answer.exists() else told, flush=True)


if __name__ == "__main__":
    main()
