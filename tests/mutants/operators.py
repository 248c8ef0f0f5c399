"""Small changes to Python sources, one at a time, such as an author makes by mistake.

Numbers off by one, comparisons with and without equality, signs, ``min`` for ``max``, conditions
that always or never hold, keywords forgotten, calls left out. Texts, annotations, decorators
and what follows ``raise`` are left alone: nothing is computed with them.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

_OPERATORS = {
    **{ast.Add: "- +", ast.Sub: "+ -", ast.Mult: "/ *", ast.Div: "* /", ast.FloorDiv: "/ //"},
    **{ast.Mod: "// %", ast.Pow: "* **", ast.LShift: ">> <<", ast.RShift: "<< >>"},
    **{ast.BitAnd: "| &", ast.BitOr: "& |", ast.BitXor: "& ^", ast.MatMult: "* @"},
    **{ast.Lt: "<= <", ast.LtE: "< <=", ast.Gt: ">= >", ast.GtE: "> >="},
    **{ast.Eq: "!= ==", ast.NotEq: "== !=", ast.And: "or and", ast.Or: "and or"},
    **{ast.Is: "is not,is", ast.IsNot: "is,is not", ast.In: "not in,in", ast.NotIn: "in,not in"},
}
_NAMES = {
    **{"min": "max", "max": "min", "minimum": "maximum", "maximum": "minimum"},
    **{"floor": "ceil", "ceil": "floor", "any": "all", "all": "any"},
    **{"argmin": "argmax", "argmax": "argmin", "ones": "zeros", "zeros": "ones"},
}
# Keywords whose values people read.
_TEXTS = {"description", "epilog", "help", "metavar", "prog"}
Change = tuple[int, int, str]
# Characters that are shown on both sides of a change.
CONTEXT = 16


@dataclass(frozen=True)
class Mutation:
    """One change of one source.

    Attributes
    ----------
    line : int
        Where it is, counted from 1.
    code : str
        That line, without the space around it.
    change : str
        What becomes what, with some of the line around it: ``if a < b: -> if a <= b:``.
    source : str
        The whole changed source.
    """

    line: int
    code: str
    change: str
    source: str


def mutations(source: str) -> list[Mutation]:
    """Return all changes of a source, in the order of its lines.

    Parameters
    ----------
    source : str
        Of a module.
    """
    lines = source.splitlines(keepends=True)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def place(row: int, column_bytes: int) -> int:
        text = lines[row - 1].encode()[:column_bytes].decode()
        return starts[row - 1] + len(text)

    def start(node: ast.AST) -> int:
        return place(node.lineno, node.col_offset)

    def end(node: ast.AST) -> int:
        return place(node.end_lineno, node.end_col_offset)

    found = []
    for first, last, text in sorted(set(_changes(source, ast.parse(source), start, end))):
        mutated = source[:first] + text + source[last:]
        try:
            compile(mutated, "mutant", "exec")
        except SyntaxError:
            continue
        row = source.count("\n", 0, first) + 1
        left = max(starts[row - 1], first - CONTEXT)
        right = min(starts[source.count("\n", 0, last) + 1] - 1, last + CONTEXT)
        before, after = source[left:right], source[left:first] + text + source[last:right]
        change = f"{_one_line(before)} -> {_one_line(after)}"
        found.append(Mutation(row, lines[row - 1].strip(), change, mutated))
    return found


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:70]} ... {line[-24:]}"


def _changes(source, tree, start, end) -> Iterator[Change]:
    """Yield (first, last, text): what is put in place of a part of the source."""
    for node in _computing(tree):
        match node:
            case ast.Constant(value=bool()):
                yield start(node), end(node), str(not node.value)
            case ast.Constant(value=int()):
                for other in (1,) if node.value == 0 else (node.value + 1, node.value - 1):
                    yield start(node), end(node), str(other)
            case ast.Constant(value=float()):
                yield start(node), end(node), repr(1.5 * node.value or 1.0)
            case ast.BinOp(left=left, right=right) | ast.AugAssign(target=left, value=right):
                yield from _operator(source, node.op, end(left), start(right))
            case ast.BoolOp():
                for left, right in zip(node.values, node.values[1:], strict=False):
                    yield from _operator(source, node.op, end(left), start(right))
            case ast.Compare():
                operands = [node.left, *node.comparators]
                for op, left, right in zip(node.ops, operands, operands[1:], strict=False):
                    yield from _operator(source, op, end(left), start(right))
            case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.Invert()):
                length = 4 if isinstance(node.op, ast.Not) else 1
                yield start(node), start(node) + length, ""
            case ast.Name(id=name) if name in _NAMES:
                yield start(node), end(node), _NAMES[name]
            case ast.Attribute(attr=name) if name in _NAMES:
                yield end(node) - len(name), end(node), _NAMES[name]
            case ast.If(test=test) | ast.IfExp(test=test):
                for value in ("True", "False"):
                    yield start(test), end(test), value
            case ast.While(test=test) if not isinstance(test, ast.Constant):
                yield start(test), end(test), "False"
            case ast.Call():
                yield from _without_keywords(source, node, start, end)
            case ast.Expr(value=ast.Call()) | ast.Raise():
                yield start(node), end(node), "pass"
            case ast.Continue():
                yield start(node), end(node), "break"
            case ast.Break():
                yield start(node), end(node), "pass"


def _operator(source, op, first, last) -> Iterator[Change]:
    """Exchange the operator that stands between two operands."""
    pair = _OPERATORS.get(type(op))
    if pair is None or "#" in source[first:last]:
        return
    new, old = pair.split(",") if "," in pair else pair.split()
    pattern = r"\s+".join(map(re.escape, old.split()))
    if found := re.search(pattern, source[first:last]):
        yield first + found.start(), first + found.end(), new


def _without_keywords(source, call, start, end) -> Iterator[Change]:
    """Leave out one keyword, with the comma before it."""
    parts = sorted([*call.args, *call.keywords], key=start)
    for before, keyword in zip([None, *parts], parts, strict=False):
        if isinstance(keyword, ast.keyword) and keyword.arg not in {None, *_TEXTS}:
            first = end(call.func) + 1 if before is None else end(before)
            comma = re.match(r"\s*,", source[end(keyword) :]) if before is None else None
            yield first, end(keyword) + (comma.end() if comma else 0), ""


def _computing(node: ast.AST) -> Iterator[ast.AST]:
    """Walk through what is computed with."""
    yield node
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list", "type_params", "bases"):
            continue
        for child in value if isinstance(value, list) else [value]:
            if isinstance(child, ast.AST) and not _is_idle(child):
                yield from _computing(child)


def _is_idle(node: ast.AST) -> bool:
    match node:
        case ast.JoinedStr() | ast.Import() | ast.ImportFrom() | ast.Assert():
            return True
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
        case ast.If(test=ast.Compare(left=ast.Name(id="__name__"))):
            return True
        case ast.Assign(targets=[ast.Name(id="__all__" | "TYPE_CHECKING")]):
            return True
    return False
