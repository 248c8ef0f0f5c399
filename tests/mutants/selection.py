"""Which tests run for a mutant: those in which its function runs, the quickest first.

Its module's own tests are asked before all others, of which nothing has to be known until a
mutant survives its own.
"""

import ast
import hashlib
import json
import threading
from collections.abc import Iterable, Iterator

from tests.mutants.covering import ROOT, files_of_tests, own_tests, runs_without_compiler
from tests.mutants.trial import Copy, Mutant

# Records of what ran are kept here, for tests and a package that have not changed.
RECORDS = ROOT / ".mutants"
# The first tests are few, because only their files are imported then.
FIRST_TESTS = 15
# CPU seconds of a module's own tests for one mutant, and of all others: what only a longer test
# sees counts as not seen.
MOST_SECONDS = 60

Group = tuple[list[str], float]


class Records:
    """What ran in each of the tests of one module."""

    def __init__(self, module: str, own_alone: bool = False):
        self._plain = runs_without_compiler(module)
        self._digest = _digest(self._plain)
        self._lock = threading.Lock()
        self._known: dict[int, list[dict[str, dict]]] = {}
        own = own_tests(module)
        others = [name for name in files_of_tests(module) if name not in own]
        self._stages = (own, [] if own and own_alone else others)

    def _files(self, stage: int, copy: Copy) -> list[dict[str, dict]]:
        with self._lock:
            if stage not in self._known:
                self._known[stage] = [self._file(name, copy) for name in self._stages[stage]]
        return self._known[stage]

    def _file(self, name: str, copy: Copy) -> dict[str, dict]:
        """Return what `runner` tells of the tests of a file."""
        text = (ROOT / name.partition("::")[0]).read_bytes()
        key = hashlib.sha256(self._digest + name.encode() + text).hexdigest()
        path = RECORDS / f"{key}.json"
        if not path.exists():
            RECORDS.mkdir(exist_ok=True)
            path.write_text(json.dumps(copy.record(name, self._plain)), "utf-8")
        ran = json.loads(path.read_text("utf-8"))
        for test in ran.values():
            test["functions"] = {tuple(function) for function in test["functions"]}
        return ran

    def groups(self, mutant: Mutant, copy: Copy) -> Iterator[Group]:
        """Yield the tests of a mutant in the order in which they run, with their seconds.

        Those in which its function runs, or, where it is outside of functions, those of every
        file that loads the module; last those that start processes, of which nothing is known.
        The copy of the project is unchanged while the next is asked for.
        """
        for stage in range(len(self._stages)):
            yield from _groups(mutant, self._files(stage, copy))


def _groups(mutant: Mutant, files: list[dict[str, dict]]) -> list[Group]:
    here = (mutant.module, _function(mutant))
    inside, processes = [], []
    for file in files:
        loaded = any(
            mutant.module == path for test in file.values() for path, _ in test["functions"]
        )
        for name, test in file.items():
            if loaded if here[1] is None else here in test["functions"]:
                inside.append((test["seconds"], name))
            elif test["process"]:
                processes.append((test["seconds"], name))
    inside.sort()
    first, rest = inside[:FIRST_TESTS], inside[FIRST_TESTS:] + sorted(processes)
    return [_group(pairs) for pairs in (first, _within(MOST_SECONDS, rest)) if pairs]


def _within(seconds: float, pairs: Iterable[tuple[float, str]]) -> list[tuple[float, str]]:
    kept, total = [], 0.0
    for pair in pairs:
        total += pair[0]
        if total <= seconds:
            kept.append(pair)
    return kept


def _group(pairs: list[tuple[float, str]]) -> Group:
    return [name for _, name in pairs], sum(seconds for seconds, _ in pairs)


def _function(mutant: Mutant) -> int | None:
    """Return the first line of the function that a mutant is in, as its code object has it."""
    found = None
    for node in ast.walk(ast.parse((ROOT / mutant.module).read_text("utf-8"))):
        # Defaults are computed outside.
        inside = isinstance(node, ast.FunctionDef) and node.body[0].lineno <= mutant.mutation.line
        if inside and mutant.mutation.line <= node.end_lineno:
            first = min([node.lineno, *(line.lineno for line in node.decorator_list)])
            found = max(first, found or 0)
    return found


def _digest(plain: bool) -> bytes:
    """Return a digest of the package and of what tests have in common."""
    paths = [*(ROOT / "mmpc").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    digest = hashlib.sha256(bytes([plain]))
    for path in sorted(paths):
        if not path.name.startswith("test_") and path.parent.name != "mutants":
            digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.digest()
