"""Which cells of a lesson its exercises need: the run that reads the lesson runs the others."""

import ast
import symtable
from collections.abc import Iterator, Sequence


def needed_cells(cells: Sequence[str], wanted: set[int]) -> list[int]:
    """Return the indices of the wanted cells and of all that make what these use.

    What a cell uses is made by the last cell before it that binds the name, and by those in
    between that change the value (``rates["x"] = 1``, ``seen.append(3)``). The names in a function
    are looked up when it is called, so all cells that bind them count. What is overlooked ends in
    a NameError or a wrong verdict, never in a verdict that is right by luck.

    Parameters
    ----------
    cells : sequence of str
        The sources of all code cells, in order.
    wanted : set of int
        Indices of the cells that shall run.
    """
    read = [_Cell(source) for source in cells]
    imported = set().union(*(cell.imported for cell in read))
    for cell in read:  # plt.show() changes nothing that another cell would see
        cell.changed -= imported
    needed: set[int] = set()
    left = set(wanted)
    while left:
        index = left.pop()
        needed.add(index)
        for name in read[index].used:
            left |= set(_makers(read, name, index))
        for name in read[index].used_later:
            left |= {i for i in range(max(wanted)) if name in read[i].bound | read[i].changed}
        left -= needed
    return sorted(needed)


def _makers(cells: "Sequence[_Cell]", name: str, before: int) -> Iterator[int]:
    for index in range(before - 1, -1, -1):
        if name in cells[index].bound | cells[index].changed:
            yield index
        if name in cells[index].bound:
            return


class _Cell:
    """The names that a cell binds, changes, uses as it runs, and uses in its functions."""

    def __init__(self, source: str):
        self.bound: set[str] = set()
        self.changed: set[str] = set()
        self.used: set[str] = set()
        self.used_later: set[str] = set()
        self.imported: set[str] = set()
        self._read(ast.parse(source))

    def _read(self, *nodes: ast.AST | None) -> None:
        for node in filter(None, nodes):
            self._read_one(node)

    def _read_one(self, node: ast.AST) -> None:
        match node:
            case ast.Name(name, ast.Store()):
                self.bound.add(name)
            case ast.Name(name):
                self.used |= {name} - self.bound
            case ast.Assign(targets, value):
                self._read(value, *targets)
                self.changed |= {_root(target) for target in targets} - self.bound
            case ast.AugAssign(target, _, value):
                self._read(value)
                self.changed.add(_root(target))
                self.used |= {_root(target)} - self.bound
            case ast.For():
                self._read(node.iter, node.target, *node.body, *node.orelse)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                self.used |= set(_globals_of(node)) - self.bound
            case ast.Lambda() | ast.FunctionDef() | ast.ClassDef():
                self._read_definition(node)
            case ast.Import(names) | ast.ImportFrom(_, names):
                self.imported |= {(n.asname or n.name).partition(".")[0] for n in names}
                self.bound |= self.imported
            case ast.Expr(ast.Call(ast.Attribute() as method)):
                self._read(*ast.iter_child_nodes(node))
                self.changed.add(_root(method))
            case _:
                self._read(*ast.iter_child_nodes(node))

    def _read_definition(self, node: ast.Lambda | ast.FunctionDef | ast.ClassDef) -> None:
        """Read what is looked up when a function or class is defined, and when it is used."""
        self._read(*getattr(node, "decorator_list", []))
        if isinstance(node, ast.ClassDef):
            self._read(*node.bases)
        else:
            self._read(*node.args.defaults, *node.args.kw_defaults)
        self.used_later |= set(_globals_of(node))
        if not isinstance(node, ast.Lambda):
            self.bound.add(node.name)


def _root(node: ast.expr) -> str:
    """Return the name that an attribute or subscript starts with; nothing for a call's value."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _globals_of(node: ast.AST) -> Iterator[str]:
    """Yield what a function, class or comprehension looks up outside of itself."""
    table = symtable.symtable(ast.unparse(node), "cell", "exec")
    if isinstance(node, ast.expr):  # what a comprehension goes over is looked up at once
        yield from (symbol.get_name() for symbol in table.get_symbols() if symbol.is_referenced())
    tables = table.get_children()
    while tables:
        table = tables.pop()
        tables += table.get_children()
        yield from (symbol.get_name() for symbol in table.get_symbols() if symbol.is_global())
