"""Run one tool with clocks in it: ``python -m benchmarks.stages TOOL ...`` prints JSON.

The tool runs twice in this process: the first run shows what importing modules and loading
compiled kernels take, the second what the codec takes when all is loaded.
"""

import builtins
import contextlib
import io
import json
import sys
from time import process_time

from mmpc.__main__ import main

CODECS = "mmpc.v1.codec", "mmpc.v2.codec"


class Clock:
    """CPU seconds by stage; a stage inside another is counted as itself alone."""

    def __init__(self):
        self.seconds = {"other": 0.0, "modules": 0.0, "kernels": 0.0, "codec": 0.0}
        self._stages, self._last = ["other"], process_time()

    def _charge(self):
        now = process_time()
        self.seconds[self._stages[-1]] += now - self._last
        self._last = now

    def timed(self, stage, function):
        """Return `function` with its time charged to a stage."""

        def run(*arguments, **options):
            self._charge()
            self._stages.append(stage)
            try:
                return function(*arguments, **options)
            finally:
                self._charge()
                self._stages.pop()

        return run


def time_loading(clock: Clock) -> None:
    """Put the clock into Python's import, and into the loading of kernels once that is there."""
    import_module = clock.timed("modules", builtins.__import__)

    def watch(*arguments, **options):
        module = import_module(*arguments, **options)
        cache = getattr(sys.modules.get("mmpc.v2.kernel_cache"), "KernelCache", None)
        if cache and not hasattr(cache, "clock"):
            cache.clock = clock
            cache.load_overload = clock.timed("kernels", cache.load_overload)
        return module

    builtins.__import__ = watch


def run_quietly(arguments: list[str]) -> None:
    """Run the tool; what it prints is not kept."""
    with contextlib.redirect_stdout(io.StringIO()):
        if main(arguments):
            raise SystemExit(f"mmpc {' '.join(arguments)} failed")


def measure(arguments: list[str]) -> dict[str, float]:
    """Return CPU seconds: ``modules``, ``kernels`` and ``codec``."""
    first, second = Clock(), Clock()
    plain_import = builtins.__import__
    time_loading(first)
    run_quietly(arguments)
    builtins.__import__ = plain_import
    for name in CODECS:
        codec = sys.modules.get(name)
        for function in ("compress", "decompress") if codec else ():
            setattr(codec, function, second.timed("codec", getattr(codec, function)))
    run_quietly(arguments)
    return {**first.seconds, "codec": second.seconds["codec"]}


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1:])))
