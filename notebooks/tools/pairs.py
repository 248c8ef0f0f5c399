"""The notebook pairs: where they are, and how a source becomes an executed notebook.

The ``.py`` file (py:percent) is the source; the ``.ipynb`` beside it is generated from it
and carries the outputs. What would differ from run to run (times, random identifiers,
widget state) is not kept, so that executing twice gives the same bytes.
"""

import hashlib
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).resolve().parents[1]
SOURCE_PATTERN = "[0-9][0-9]_*.py"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
SECONDS_PER_CELL = 600
HIDDEN_TAG = "claims"


def sources(folder: Path = FOLDER) -> list[Path]:
    """Return the sources of all lessons in the order in which they are read."""
    return sorted(folder.glob(SOURCE_PATTERN))


def read_source(path: Path) -> nbformat.NotebookNode:
    """Read a py:percent file as a notebook without outputs."""
    return jupytext.read(path, fmt="py:percent")


def execute(path: Path) -> nbformat.NotebookNode:
    """Run a source from top to bottom in a fresh kernel and return the clean notebook."""
    notebook = read_source(path)
    NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    clean(notebook)
    return notebook


def with_new_prose(path: Path) -> nbformat.NotebookNode | None:
    """Return the executed notebook of a source with the source's text, or None if code changed."""
    source, notebook = read_source(path), nbformat.read(path.with_suffix(".ipynb"), as_version=4)
    code = [
        [(cell.source, cell.metadata.get("tags", [])) for cell in one.cells if is_code(cell)]
        for one in (source, notebook)
    ]
    if code[0] != code[1]:
        return None
    executed = iter([cell for cell in notebook.cells if is_code(cell)])
    notebook.cells = [next(executed) if is_code(cell) else cell for cell in source.cells]
    clean(notebook)
    return notebook


def is_code(cell: nbformat.NotebookNode) -> bool:
    """Whether a cell holds code."""
    return cell.cell_type == "code"


def clean(notebook: nbformat.NotebookNode) -> None:
    """Remove what a reader does not need and a second run would not repeat."""
    notebook.metadata = nbformat.from_dict(
        {"kernelspec": notebook.metadata.kernelspec, "jupytext": {"formats": "ipynb,py:percent"}}
    )
    seen: dict[str, int] = {}
    for cell in notebook.cells:
        cell.id = _cell_id(cell, seen)
        cell.metadata = {"tags": cell.metadata.tags} if "tags" in cell.metadata else {}
        if HIDDEN_TAG in cell.metadata.get("tags", []):
            cell.metadata["jupyter"] = {"source_hidden": True}
        for output in cell.get("outputs", []):
            output.get("data", {}).pop(WIDGET_VIEW, None)
            if "metadata" in output:
                output.metadata = {}


def _cell_id(cell: nbformat.NotebookNode, seen: dict[str, int]) -> str:
    """Derive a cell's identifier from its content, counting equal cells."""
    digest = hashlib.sha256(f"{cell.cell_type}\n{cell.source}".encode()).hexdigest()[:12]
    seen[digest] = seen.get(digest, 0) + 1
    return digest if seen[digest] == 1 else f"{digest}-{seen[digest]}"
