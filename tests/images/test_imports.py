"""Arrows between the modules of ``mmpc.images`` run one way, and to nothing above them."""

import ast
from graphlib import TopologicalSorter

from tests.conftest import ROOT

ALLOWED_BELOW = {"mmpc.errors", "mmpc.files", "mmpc.lazy"}


def imported_modules(path):
    """Names of the project's modules that a file imports anywhere, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("mmpc"):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith("mmpc"))


def module_graph():
    files = sorted((ROOT / "mmpc" / "images").rglob("*.py"))
    names = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in files
    }
    return {name: set(imported_modules(path)) for name, path in names.items()}


def test_no_circle_of_imports():
    graph = module_graph()
    assert len(graph) > 20
    inside = {name: imported & set(graph) - {name} for name, imported in graph.items()}
    # The package's public face imports its modules; they must not import it back.
    TopologicalSorter(inside).prepare()


def test_nothing_above_is_imported():
    for name, imported in module_graph().items():
        above = {
            module
            for module in imported
            if not module.startswith("mmpc.images")
            and not any(module == low or module.startswith(f"{low}.") for low in ALLOWED_BELOW)
            and module != "mmpc"
        }
        assert above == set(), name
