"""Which modules are tried, and which tests cover each."""

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The tests of a folder's modules, by the longest name that fits; those of the same name as the
# module, such as tests/v1/test_rle.py, run first.
COVERED_BY = {
    "mmpc": ("tests/test_files.py", "tests/test_streams.py", "tests/test_encode.py",
             "tests/test_tools.py", "tests/test_door.py"),
    "mmpc/batch": ("tests/batch", "tests/evaluation/test_evaluate.py",
                   "tests/evaluation/test_cluster.py"),
    "mmpc/evaluate.py": ("tests/evaluation",),
    "mmpc/evaluation": ("tests/evaluation",),
    "mmpc/explore": ("tests/notebooks/test_slider.py", "tests/notebooks/test_decisions.py",
                     "tests/notebooks/test_recoding.py",
                     "tests/notebooks/test_exercises.py::TestCheck"),
    "mmpc/images": ("tests/images", "tests/test_tools.py"),
    "mmpc/rate": ("tests/rate", "tests/test_streams.py"),
    "mmpc/streams": ("tests/test_streams.py", "tests/test_metadata.py", "tests/test_bad_files.py",
                     "tests/test_mutations.py", "tests/test_tools.py"),
    "mmpc/v1": ("tests/v1", "tests/test_vectors.py", "tests/test_streams.py"),
    "mmpc/v2": ("tests/v2",),
}  # fmt: skip
# Compiling each mutant of a kernel takes minutes; as plain Python it is tested in seconds, on
# the golden streams and all that is small.
WITHOUT_COMPILER = {
    "mmpc/v2": ("tests/v2/test_vectors.py", "tests/v2/test_arithmetic_coder.py",
                "tests/v2/test_quantizer.py", "tests/v2/test_transform.py",
                "tests/v2/test_prediction.py", "tests/v2/test_pieces.py",
                "tests/v2/test_regions.py"),
}  # fmt: skip


def chosen_modules(modules: Sequence[str], since: str | None) -> list[str]:
    """Return the modules of some folders and files, or those changed since a commit."""
    if since:
        command = ["git", "diff", "--name-only", "--diff-filter=d", since, "--", "mmpc/*.py"]
        changed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return sorted(changed.stdout.split())
    found = []
    for given in modules:
        path = ROOT / given
        paths = [path] if path.is_file() else sorted(path.rglob("*.py"))
        if not paths:
            raise SystemExit(f"{given}: no module there")
        found += [module.relative_to(ROOT).as_posix() for module in paths]
    return list(dict.fromkeys(found))


def covering_tests(module: str) -> list[list[str]]:
    """Return the tests that cover a module: those of its own name if there are, and all."""
    table = COVERED_BY | (WITHOUT_COMPILER if is_compiled(module) else {})
    covering = table[max((name for name in table if f"{module}/".startswith(f"{name}/")), key=len)]
    own = Path("tests", *Path(module).parts[1:-1], f"test_{Path(module).name}")
    return [*([[own.as_posix()]] if (ROOT / own).exists() else []), list(covering)]


def is_compiled(module: str) -> bool:
    """Tell whether a module has kernels that numba compiles."""
    return bool(re.search(r"^\s*@(kernel|njit)\b", (ROOT / module).read_text("utf-8"), re.M))
