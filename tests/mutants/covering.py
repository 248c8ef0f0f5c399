"""Which modules are tried, and which tests cover each."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# The tests of modules, by the longest name that fits; those of the same name as the module, such
# as tests/v1/test_rle.py, run first.
COVERED_BY = {
    "mmpc": ("tests/test_files.py", "tests/test_streams.py", "tests/test_encode.py",
             "tests/test_tools.py", "tests/test_door.py"),
    **{f"mmpc/{name}.py": ("tests/test_door.py",)
       for name in ("__main__", "info", "interruption", "lazy")},
    **{f"mmpc/{name}.py": ("tests/test_door.py", "tests/test_tools.py")
       for name in ("cli", "decode", "demo", "files", "samples")},
    "mmpc/convert.py": ("tests/images/test_convert.py", "tests/test_door.py",
                        "tests/test_tools.py"),
    "mmpc/batch": ("tests/batch", "tests/evaluation/test_evaluate.py",
                   "tests/evaluation/test_cluster.py"),
    "mmpc/evaluate.py": ("tests/evaluation",),
    "mmpc/evaluation": ("tests/evaluation",),
    "mmpc/explore": ("tests/notebooks/test_slider.py", "tests/notebooks/test_decisions.py",
                     "tests/notebooks/test_recoding.py", "tests/notebooks/test_block_costs.py",
                     "tests/notebooks/test_microscope.py", "tests/notebooks/test_stack.py",
                     "tests/notebooks/test_walker.py", "tests/notebooks/test_predictor.py",
                     "tests/notebooks/test_lesion.py",
                     "tests/notebooks/test_exercises.py::TestCheck"),
    "mmpc/images": ("tests/images", "tests/test_tools.py"),
    "mmpc/rate": ("tests/rate", "tests/test_streams.py"),
    "mmpc/streams": ("tests/test_streams.py", "tests/test_metadata.py", "tests/test_bad_files.py",
                     "tests/test_mutations.py", "tests/test_encode.py", "tests/test_tools.py"),
    "mmpc/streams/image.py": ("tests/images/test_convert.py", "tests/images/test_original.py"),
    "mmpc/v1": ("tests/v1", "tests/test_vectors.py", "tests/test_streams.py"),
    "mmpc/v2": ("tests/v2/test_arithmetic_coder.py", "tests/v2/test_quantizer.py",
                "tests/v2/test_transform.py", "tests/v2/test_prediction.py",
                "tests/v2/test_deblocking.py", "tests/v2/test_wiener.py",
                "tests/v2/test_trellis.py", "tests/v2/test_vectors.py"),
    "mmpc/v2/codec.py": ("tests/v2/test_vectors.py", "tests/v2/test_bad_files.py"),
    "mmpc/v2/header.py": ("tests/v2/test_vectors.py", "tests/v2/test_bad_files.py"),
    "mmpc/v2/slice_table.py": ("tests/v2/test_vectors.py", "tests/v2/test_bad_files.py"),
    "mmpc/v2/slice_order.py": ("tests/v2/test_slice_order.py",),
    "mmpc/v2/search": ("tests/v2/test_trellis.py", "tests/v2/test_wiener.py",
                       "tests/v2/test_codec.py", "tests/v2/test_rate_distortion.py"),
    "mmpc/v2/kernel.py": ("tests/v2/test_kernels.py",),
    "mmpc/v2/kernel_cache.py": ("tests/v2/test_kernel_cache.py",),
    "mmpc/v2/kernel_folder.py": ("tests/v2/test_kernel_cache.py",),
    "mmpc/v2/process_lock.py": ("tests/v2/test_kernel_cache.py",),
}  # fmt: skip
# These walk through all real files for minutes: a mistake is to be seen by smaller tests as well.
TOO_SLOW = ("tests/images/test_packaged_files.py", "tests/images/test_planted_identity.py",
            "tests/images/test_whole_objects.py")  # fmt: skip
# Compiling a mutant of version 2 takes a minute. As plain Python it is tested in seconds on what
# is small, the golden streams above all; an encoder's search is too slow for that.
WITHOUT_COMPILER = ("mmpc/v2", "mmpc/v2/codec.py", "mmpc/v2/header.py")


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


def files_of_tests(module: str) -> list[str]:
    """Return the files of tests that cover a module, or parts of files; that of its name first."""
    own = Path("tests", *Path(module).parts[1:-1], f"test_{Path(module).name}")
    found = [own.as_posix()] if (ROOT / own).exists() else []
    for given in COVERED_BY[_row(module)]:
        path = ROOT / given
        paths = sorted(path.glob("test_*.py")) if path.is_dir() else []
        found += [path.relative_to(ROOT).as_posix() for path in paths] or [given]
    return [name for name in dict.fromkeys(found) if name not in TOO_SLOW]


def runs_without_compiler(module: str) -> bool:
    """Tell whether the tests of a module run with numba's compiler switched off."""
    return _row(module) in WITHOUT_COMPILER


def _row(module: str) -> str:
    return max((name for name in COVERED_BY if f"{module}/".startswith(f"{name}/")), key=len)
