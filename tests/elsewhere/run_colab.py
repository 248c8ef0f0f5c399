"""Run the Colab cell of notebooks/README.md, and lessons after it, among Colab's own versions.

    python tests/elsewhere/run_colab.py [00 06 13 20]

Makes an environment with the versions of colab.txt, runs the cell in it with this repository as
its address, then the code cells of each lesson, all in one process as a kernel would, and checks
that nothing that was installed has changed. This is not Colab, where nobody has tried it yet.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
LESSONS = ("00", "06", "13", "20")

IN_COLAB = """
import json, sys
from pathlib import Path

import matplotlib
from IPython.core.interactiveshell import InteractiveShell

matplotlib.use("agg")
shell = InteractiveShell.instance()
first_cell, *lessons = sys.argv[1:]

def run(cell, where):
    if not shell.run_cell(cell).success:
        sys.exit(f"{where} failed")

run(first_cell, "the first cell")
for lesson in lessons:
    [path] = Path(".").glob(f"{lesson}_*.ipynb")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for number, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            run("".join(cell["source"]), f"{path}, cell {number}")
    print(f"=== {path.name}: all cells ran", flush=True)
"""


def first_cell() -> str:
    """Return the cell for Colab out of notebooks/README.md, its address being this repository."""
    text = (ROOT / "notebooks" / "README.md").read_text(encoding="utf-8")
    [cell] = re.findall(r"```python\n([^`]*ADDRESS[^`]*)```", text)
    return cell.replace("ADDRESS", ROOT.as_uri())


def main() -> None:
    """Make the environment, run everything, compare the versions."""
    finder = [HERE / "find_python.sh", "3.12", "3.13"]
    base = subprocess.check_output(finder, text=True).strip()
    with tempfile.TemporaryDirectory() as folder:
        subprocess.check_call([base, "-m", "venv", f"{folder}/venv"])
        python = f"{folder}/venv/bin/python"
        pip = [python, "-m", "pip", "--disable-pip-version-check"]
        subprocess.check_call([*pip, "install", "--quiet", "-r", HERE / "colab.txt"])
        before = set(subprocess.check_output([*pip, "list", "--format=freeze"]).splitlines())
        path = f"{folder}/venv/bin{os.pathsep}{os.environ['PATH']}"
        subprocess.check_call(
            [python, "-c", IN_COLAB, first_cell(), *(sys.argv[1:] or LESSONS)],
            cwd=folder,
            env={**os.environ, "PATH": path},
        )
        after = set(subprocess.check_output([*pip, "list", "--format=freeze"]).splitlines())
    changed = b" ".join(sorted(before - after)).decode()
    if changed:
        sys.exit(f"the cell changed {changed}")
    print(f"the cell and the lessons ran on {base}; nothing that was there has changed")


if __name__ == "__main__":
    main()
