"""One mutant after the other in a copy of the project."""

import os
import re
import resource
import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.covering import ROOT, is_compiled
from tests.mutants.operators import Mutation

SURVIVED = "survived"
LARGEST_BYTES = 12 << 30


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
        listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        files = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
        for name in files.stdout.split("\0"):
            if name and (ROOT / name).is_file():
                (self.root / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.root / name)
        shared = ROOT.parent / "shared"
        if shared.exists():
            (folder / "shared").symlink_to(shared.resolve())

    def run(
        self, tests: Sequence[Sequence[str]], compiled: bool, seconds: float | None = None
    ) -> str:
        """Run groups of tests until one fails; return what failed, or `SURVIVED`."""
        outcomes = (self._run_group(group, compiled, seconds) for group in tests)
        return next((outcome for outcome in outcomes if outcome != SURVIVED), SURVIVED)

    def _run_group(self, tests: Sequence[str], compiled: bool, seconds: float | None) -> str:
        environment = os.environ | {
            "PYTHONPATH": str(self.root),
            "PYTHONDONTWRITEBYTECODE": "1",
            # No test needs one, and loading them takes longer than most tests.
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }
        if compiled:
            environment["NUMBA_DISABLE_JIT"] = "1"
        options = ("-x", "-q", "--tb=no", "--no-header", "-rfE", "-p", "no:cacheprovider")
        process = subprocess.Popen(
            [sys.executable, "-m", "pytest", *options, *tests],
            cwd=self.root,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (LARGEST_BYTES,) * 2),
        )
        try:
            said, _ = process.communicate(timeout=seconds)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if isinstance(error, subprocess.TimeoutExpired):
                return "killed: the tests hang"
            raise
        with suppress(ProcessLookupError):  # of what it may have started
            os.killpg(process.pid, signal.SIGKILL)
        if process.returncode == 0:
            return SURVIVED
        failed = re.search(r"^(?:FAILED|ERROR) (\S+)", said, re.M)
        return f"killed by {failed[1]}" if failed else "killed: the tests cannot run"

    def try_out(self, mutant: Mutant, tests: Sequence[Sequence[str]], seconds: float) -> str:
        """Return what kills a mutant, or `SURVIVED`."""
        path = self.root / mutant.module
        original = path.read_bytes()
        compiled = is_compiled(mutant.module)
        path.write_text(mutant.mutation.source, encoding="utf-8", newline="\n")
        try:
            return self.run(tests, compiled, seconds)
        finally:
            path.write_bytes(original)
