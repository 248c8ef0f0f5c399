"""Which systems and Pythons can install the project: what the package index has wheels for.

    python tests/elsewhere/platforms.py results/platforms.csv

uv resolves the pins of requirements.txt, and what the bare package asks for, as each system
would, dependencies and markers included, and takes nothing that has to be compiled first. That
tells what resolves, not what works.
"""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from mmpc.batch.tables import csv_text
from mmpc.files import atomic_write

ROOT = Path(__file__).resolve().parents[2]
SYSTEMS = {
    "Linux x86-64": "x86_64-manylinux_2_28",
    "Linux arm64": "aarch64-manylinux_2_28",
    "Windows x86-64": "x86_64-pc-windows-msvc",
    "Windows arm64": "aarch64-pc-windows-msvc",
    "macOS arm64": "aarch64-apple-darwin",
    "macOS Intel": "x86_64-apple-darwin",
}


def resolves(requirements: str, system: str, python: str) -> str:
    """Return an empty text if there are wheels for all that is required, else uv's reason."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "-", "--quiet", "--no-header"]
    command += ["--python-platform", SYSTEMS[system], "--python-version", python]
    command += ["--only-binary", ":all:", "--prerelease", "disallow"]
    done = subprocess.run(
        command, input=requirements, capture_output=True, text=True, encoding="utf-8"
    )
    reason = re.search(r"(?<=cause: ).*?(?=, we can|\n|$)", done.stderr)
    if done.returncode == 0:
        return ""
    return reason[0] if reason else done.stderr


def pinned() -> str:
    """Return requirements.txt without the project itself."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith("-e"))


def main() -> None:
    """Ask for every system and Python, print a table, write the CSV file."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    package = "\n".join(project["dependencies"])
    pythons = [name.rpartition(" ")[2] for name in project["classifiers"] if "Python :: 3." in name]
    rows = []
    for system in SYSTEMS:
        row = {"system": system}
        for python in pythons:
            if not (refusal := resolves(pinned(), system, python)):
                row[python] = "resolves"
            else:
                print(f"{system}, Python {python}: {refusal}", file=sys.stderr)
                row[python] = "no" if resolves(package, system, python) else "package alone"
        print(*row.values(), sep="\t", flush=True)
        rows.append(row)
    atomic_write(sys.argv[1], csv_text(rows, ["system", *pythons]).encode())


if __name__ == "__main__":
    main()
