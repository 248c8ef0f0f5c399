"""One mutant after the other in a copy of the project."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.covering import ROOT, runs_without_compiler
from tests.mutants.operators import Mutation

SURVIVED = "survived"
RUNNER = Path(__file__).with_name("runner.py")
# What many tests or modules import.
LOADED = ("numpy", "numba", "pydicom.pixels", "PIL.Image", "gdcm", "hypothesis", "scipy.ndimage",
          "scipy.optimize", "skimage.metrics", "matplotlib.figure", "dicomanonymizer")  # fmt: skip
# CPU seconds: a mutant hangs if its tests take longer than this, and than so many times theirs.
LEAST_SECONDS, SLOWER = 20, 4


@dataclass(frozen=True)
class Mutant:
    """A change of one module of the package, given by its path from the project's root."""

    module: str
    mutation: Mutation

    @property
    def key(self) -> tuple[str, str, str]:
        """What names it in the list of explanations, whatever its line."""
        return self.module, self.mutation.code, self.mutation.change


class Copy:
    """A copy of the project in which one mutant after the other is tried."""

    def __init__(self, folder: Path):
        self.root = folder / "project"
        self._runners: dict[bool, subprocess.Popen] = {}
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        files = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
        for name in files.stdout.split("\0"):
            if name and (ROOT / name).is_file():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.root / name)
        shared = ROOT.parent / "shared"
        if shared.exists():
            (folder / "shared").symlink_to(shared.resolve())
        # Bytecode that is used only where its source has not changed.
        compiling = [sys.executable, "-m", "compileall", "-q", "--invalidation-mode=checked-hash"]
        subprocess.run([*compiling, "mmpc", "tests"], cwd=self.root, check=True)

    def close(self) -> None:
        """End the processes that run the tests."""
        for runner in self._runners.values():
            runner.terminate()
            # Python handles a signal that comes just before it waits for a line when a line comes,
            # or the end of them.
            runner.stdin.close()
            runner.wait()
            runner.stdout.close()

    def _runner(self, plain: bool) -> subprocess.Popen:
        """Return the process that runs the tests, started when it is wanted first."""
        if plain not in self._runners:
            environment = os.environ | {
                "PYTHONPATH": str(self.root),
                "PYTHONDONTWRITEBYTECODE": "1",
                # No test needs one, and loading them takes longer than most tests.
                "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            }
            if plain:
                environment["NUMBA_DISABLE_JIT"] = "1"
            self._runners[plain] = subprocess.Popen(
                [sys.executable, "-P", RUNNER, *LOADED],
                cwd=self.root,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        return self._runners[plain]

    def ask(self, plain: bool, **request) -> dict:
        """Send a request to ``runner``, return its answer."""
        runner = self._runner(plain)
        print(json.dumps(request), file=runner.stdin, flush=True)
        return json.loads(runner.stdout.readline())

    def record(self, file: str, plain: bool) -> dict[str, dict]:
        """Run a file of tests, or a part of it; return what ran, or stop where a test fails."""
        told = self.ask(plain, tests=[file], record=True)
        if told["failed"]:
            raise SystemExit(f"{told['failed']} fails without any change")
        return told["ran"]

    def try_out(self, mutant: Mutant, groups: Iterable[tuple[Sequence[str], float]]) -> str:
        """Return what kills a mutant, or `SURVIVED`.

        Parameters
        ----------
        mutant : Mutant
            The change.
        groups : iterable of (sequence of str, float)
            Tests that are run together, and the seconds that they take without a change.
        """
        plain = runs_without_compiler(mutant.module)
        for tests, seconds in groups:
            limit = LEAST_SECONDS + SLOWER * seconds
            with self._changed(mutant):
                failed = self.ask(plain, tests=list(tests), cpu_seconds=limit)["failed"]
            if failed == "hangs":
                return "killed: the tests hang"
            if failed and "::" not in failed:
                return f"killed: the tests cannot run ({failed})"
            if failed:
                return f"killed by {failed}"
        return SURVIVED

    @contextmanager
    def _changed(self, mutant: Mutant) -> Iterator[None]:
        path = self.root / mutant.module
        original = path.read_bytes()
        path.write_text(mutant.mutation.source, encoding="utf-8", newline="\n")
        try:
            yield
        finally:
            path.write_bytes(original)
