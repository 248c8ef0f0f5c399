"""Every command and snippet of README.md and FORMAT.md is executed here; all text is UTF-8."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pydicom import dcmread

from tests.conftest import ROOT, no_bash

README, FORMAT, PYPI = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "FORMAT.md", "PYPI.md")
)


def blocks(text, language):
    """Return the code blocks of a language, with what stands in the block after each."""
    pattern = rf"```{language}\n(.*?)```(?:\n+```\n(.*?)```)?"
    return [(code, printed) for code, printed in re.findall(pattern, text, re.DOTALL)]


def run_shell(commands, folder, **extra):
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder,
        env={**os.environ, "PATH": path, **extra},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def workplace(tmp_path_factory):
    """Return a folder with data/ filled, as after `make demo`."""
    from mmpc.images.samples import fetch_samples

    folder = tmp_path_factory.mktemp("readme")
    fetch_samples(folder / "data")
    return folder


@pytest.mark.parametrize("text", [README, FORMAT, PYPI], ids=["README", "FORMAT", "PYPI"])
def test_python_snippets(text, workplace):
    snippets = blocks(text, "python")
    assert snippets
    for code, printed in snippets:
        result = subprocess.run(
            [sys.executable, "-c", code], cwd=workplace, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stderr
        if printed:
            assert result.stdout == printed


@no_bash
def test_shell_snippets(workplace, tmp_path):
    """Blocks marked `bash` are run; those marked `sh` set up a machine and are checked below.

    They get a twelfth of the slice: a search for a target codes it eight times.
    """
    dataset = dcmread(workplace / "data" / "head_ct.dcm")
    middle = dataset.pixel_array[128:272, 128:272]
    dataset.Rows, dataset.Columns, dataset.PixelData = *middle.shape, middle.tobytes()
    (tmp_path / "data").mkdir()
    dataset.save_as(tmp_path / "data" / "head_ct.dcm")
    snippets = blocks(README, "bash")
    assert snippets
    for commands, _ in snippets:
        result = run_shell(commands, tmp_path)
        assert result.returncode == 0, result.stderr


def test_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"make ([a-z-]+)", README))
    assert {"demo", "test"} <= named
    for target in named:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_set_up_lines_name_what_exists():
    lines = "".join(commands for commands, _ in blocks(README, "sh"))
    assert "python3 -m venv" in lines and "-r requirements.txt" in lines
    [(windows, _)] = blocks(README, "powershell")
    modules = re.findall(r"python -m (mmpc\.\w+)", lines)
    assert re.findall(r"python -m (mmpc\.\w+)", windows) == modules
    for module in modules:
        result = subprocess.run([sys.executable, "-m", module, "--help"], capture_output=True)
        assert result.returncode == 0, module


def test_links_and_pictures_of_the_readme_exist():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README + FORMAT):
        assert (ROOT / target).exists(), target


def test_the_text_for_the_package_index_needs_no_other_file():
    targets = re.findall(r"(?:\]\(|src=\")([^)\"]+)", PYPI)
    assert all(target.startswith("https://") for target in targets)


@pytest.mark.parametrize(("name", "snippet"), [("hex dump", 0), ("volume", 1)])
def test_hex_dump_is_the_file_of_the_snippet(name, snippet):
    dump = re.search(rf"<!-- snippet: {name} -->\n```\n(.*?)```", FORMAT, re.DOTALL)[1]
    code = blocks(FORMAT, "python")[snippet][0] + "\nimport sys; sys.stderr.write(data.hex())"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    dumped = "".join("".join(line[10:58].split()) for line in dump.splitlines())
    assert dumped == result.stderr


@no_bash
@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_help_lists_the_targets():
    result = run_shell("make help", ROOT)
    assert "demo" in result.stdout and "test" in result.stdout


def careless_text_files(source):
    """Yield the lines of a program that leave encoding or line ends of a text file to the system.

    ruff's PLW1514 sees only calls on what it knows to be a path.
    """
    for call in (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)):
        method = call.func.attr if isinstance(call.func, ast.Attribute) else None
        name = method or getattr(call.func, "id", None)
        owner = getattr(getattr(call.func, "value", None), "id", None)
        given = {keyword.arg for keyword in call.keywords}
        given |= {"encoding"} if method == "read_text" and call.args else set()
        if name == "open" and owner not in ("os", "Pillow", "mmpc"):
            arguments = call.args if method else call.args[1:]
            mode = str(getattr(arguments[0], "value", "")) if arguments else "r"
            name = "binary" if "b" in mode else "write_text" if "w" in mode else "read_text"
        needed = {"read_text": {"encoding"}, "write_text": {"encoding", "newline"}}
        if not needed.get(name, set()) <= given:
            yield call.lineno


def test_encoding_and_line_ends_of_text_files_are_said():
    bad = "a.read_text()\nopen(a)\nopen(a, 'w')\na.open()\na.write_text(b, encoding='utf-8')\n"
    good = "open(a, 'rb')\na.open('xb')\nos.open(a, 1)\na.read_text(encoding='utf-8')\n"
    assert list(careless_text_files(bad + good)) == [1, 2, 3, 4, 5]
    found = [
        f"{path.relative_to(ROOT)}:{line}"
        for folder in ("mmpc", "benchmarks", "notebooks")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line in careless_text_files(path.read_text(encoding="utf-8"))
    ]
    assert not found
