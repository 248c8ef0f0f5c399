"""Where the course is, for its tests."""

import importlib
import shutil
import subprocess
import sys

import pytest

from tests.conftest import HANGING_SECONDS, ROOT


@pytest.fixture(scope="session")
def tools():
    """Return the module notebooks/tools/check.py."""
    sys.path.insert(0, str(ROOT / "notebooks" / "tools"))
    try:
        return importlib.import_module("check")
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="session")
def regenerate(tools):
    """Return the module notebooks/tools/regenerate.py."""
    sys.path.insert(0, str(ROOT / "notebooks" / "tools"))
    try:
        return importlib.import_module("regenerate")
    finally:
        sys.path.pop(0)


@pytest.fixture
def call(monkeypatch):
    """Return a function that calls a tool's main with arguments, and gives its exit code.

    A process of its own would take four seconds, most of them to import what checks notebooks.
    """

    def call_main(tool, *arguments):
        monkeypatch.setattr(sys, "argv", [tool.__name__, *map(str, arguments)])
        return tool.main()

    return call_main


@pytest.fixture
def course(tmp_path, tools):
    """Return a small project of its own: lesson 4, its solutions, the settings, README, CI."""
    folder = tmp_path / "course"
    (folder / "notebooks" / "solutions").mkdir(parents=True)
    lesson = "04_write_the_bitstream"
    for name in (f"{lesson}.py", f"{lesson}.ipynb", f"solutions/{lesson}.py"):
        shutil.copy(ROOT / "notebooks" / name, folder / "notebooks" / name)
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)
    minutes = tools.minutes.counted(ROOT / "notebooks" / f"{lesson}.py")
    row = f"| [4](notebooks/{lesson}.ipynb) | {minutes} | bytes |\n"
    (folder / "README.md").write_text(row)
    (folder / "Makefile").write_text("lessons:\n\tpython -m pytest --nbval notebooks\n")
    (folder / ".ci").mkdir()
    (folder / ".ci" / "run").write_text("make lessons\n")
    return folder


@pytest.fixture
def run():
    """Return a function that runs Python with arguments and gives the finished process."""

    def run_python(*arguments, cwd=None):
        return subprocess.run(
            [sys.executable, *map(str, arguments)],
            cwd=cwd,
            capture_output=True,
            text=True,
            timeout=HANGING_SECONDS,
        )

    return run_python
