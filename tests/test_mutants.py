"""The search for missing tests: what it changes, what it calls killed, and its table."""

import csv
import subprocess
from dataclasses import replace

import pytest

from tests.mutants import __main__ as command
from tests.mutants.covering import (
    COVERED_BY,
    ROOT,
    WITHOUT_COMPILER,
    chosen_modules,
    covering_tests,
)
from tests.mutants.operators import mutations
from tests.mutants.trial import SURVIVED, Copy, Mutant


def changed(source):
    """Return the first line of each changed source that differs, without space."""
    found = []
    for mutation in mutations(source):
        pairs = zip(source.splitlines(), mutation.source.splitlines(), strict=False)
        found.append(next(new for old, new in pairs if new != old).strip())
    return found


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("x = 5", ["x = 6", "x = 4"]),
        ("x = 0", ["x = 1"]),
        ("x = 0.2", ["x = 0.30000000000000004"]),
        ("x = True", ["x = False"]),
        ("x = (a + b) * c", ["x = (a - b) * c", "x = (a + b) / c"]),
        ("x = a <= b < c", ["x = a < b < c", "x = a <= b <= c"]),
        ("x = a is not b", ["x = a is b"]),
        ("x = a not  in b", ["x = a in b"]),
        ("x = a and b or c", ["x = a or b or c", "x = a and b and c"]),
        ("x = not a", ["x = a"]),
        ("x = -a", ["x = a"]),
        ("x += a", ["x -= a"]),
        ("x = min(a.max())", ["x = max(a.max())", "x = min(a.min())"]),
        ("x = a if b else c", ["x = a if True else c", "x = a if False else c"]),
        ("f(a, b=c, d=e)", ["pass", "f(a, d=e)", "f(a, b=c)"]),
        ("x = f(b=c, d=e)", ["x = f( d=e)", "x = f(b=c)"]),
        ("x = f(*a, b=c)", ["x = f(*a)"]),
        ("raise E(a)", ["pass"]),
        ("x = 'ä' + 'ö'", ["x = 'ä' - 'ö'"]),
    ],
)
def test_changes(line, expected):
    assert sorted(changed(line)) == sorted(expected)


@pytest.mark.parametrize(
    "line",
    [
        '"""5 words."""',
        "import a",
        "def f(a: A[5]) -> B[5]: ...",
        "x = f'{5 + a}'",
        "@f(5)\ndef g(): ...",
        "__all__ = [*a[5:]]",
        "if TYPE_CHECKING:\n    x = 5",
        "if __name__ == '__main__':\n    x = 5",
        "x = 'five'",
    ],
)
def test_what_is_not_computed_with_stays(line):
    assert changed(line) == []


def test_blocks_and_places():
    source = "for a in b:\n    if a:\n        continue\n    while a:\n        break\n"
    found = [(mutation.line, mutation.code, mutation.change) for mutation in mutations(source)]
    assert found == [
        (2, "if a:", "if a: -> if False:"),
        (2, "if a:", "if a: -> if True:"),
        (3, "continue", "continue -> break"),
        (4, "while a:", "while a: -> while False:"),
        (5, "break", "break -> pass"),
    ]


def test_every_change_compiles_and_changes():
    source = (ROOT / "mmpc" / "v1" / "rle.py").read_text("utf-8")
    found = mutations(source)
    assert len({mutation.source for mutation in found} | {source}) == len(found) + 1 > 50


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Return a project with one module and one test, in a repository, put in our place."""
    root = tmp_path / "project"
    files = {
        ".gitignore": "__pycache__/\nresults/\n",
        "mmpc/__init__.py": "",
        "mmpc/toy.py": "def larger(a, b):\n    return a if a > b else b\n",
        "tests/test_toy.py": "from mmpc.toy import larger\n\n\n"
        "def test_larger():\n    assert larger(2, 3) == 3\n    assert larger(3, 2) == 3\n",
        "tests/mutants/explained.csv": "module,code,mutation,why\n",
        "results/.keep": "",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for arguments in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *arguments], cwd=root, check=True)
    monkeypatch.setattr("tests.mutants.covering.ROOT", root)
    monkeypatch.setattr("tests.mutants.trial.ROOT", root)
    monkeypatch.setattr(command, "ROOT", root)
    monkeypatch.setattr(command, "TABLE", root / "results" / "mutants.csv")
    monkeypatch.setattr(command, "EXPLAINED", root / "tests" / "mutants" / "explained.csv")
    monkeypatch.setattr("tests.mutants.covering.COVERED_BY", {"mmpc": ("tests",)})
    return root


def table(project):
    with open(project / "results" / "mutants.csv", newline="") as stream:
        return list(csv.DictReader(stream))


def test_survivors_and_what_explains_them(project, capsys):
    arguments = ["--modules", "mmpc/toy.py"]
    assert command.main(arguments) == 1
    assert "2 killed, 0 explained, 1 left" in capsys.readouterr().out
    rows = table(project)
    assert [row["outcome"] == SURVIVED for row in rows] == [False, False, True]
    assert rows[0]["outcome"] == "killed by tests/test_toy.py::test_larger"
    survivor = rows[2]["mutation"]
    assert survivor == "return a if a > b else b -> return a if a >= b else b"
    with open(project / "tests" / "mutants" / "explained.csv", "a") as stream:
        stream.write(f"mmpc/toy.py,return a if a > b else b,{survivor},equal ones are the same\n")
    assert command.main(arguments) == 0
    assert "2 killed, 1 explained, 0 left" in capsys.readouterr().out
    assert [row["explained"] for row in table(project)] == ["", "", "equal ones are the same"]
    # An explanation of what is there no more is a fault.
    (project / "mmpc" / "toy.py").write_text("def larger(a, b):\n    return max(a, b)\n")
    assert command.main(arguments) == 1
    assert "no such mutant any more" in capsys.readouterr().out


def test_a_sample_is_the_same_again(project):
    source = "X = 1 + 2 + 3 + 4\n\n\ndef larger(a, b):\n    return max(a, b)\n"
    (project / "mmpc" / "toy.py").write_text(source)
    arguments = ["--modules", "mmpc", "--sample", "4"]
    samples = []
    for _ in range(2):
        command.main(arguments)
        samples.append(table(project))
        assert len(samples[-1]) == 4
    assert samples[0] == samples[1]
    command.main([*arguments, "--seed", "1"])
    assert table(project) != samples[0]


def test_what_hangs_or_cannot_be_imported_is_killed(project, tmp_path):
    copy = Copy(tmp_path / "copy")
    mutant = Mutant("mmpc/toy.py", mutations("x = 5")[0])
    hanging = "def larger(a, b):\n    while True:\n        pass\n"
    for text, outcome in (
        (hanging, "killed: the tests hang"),
        ("x = y\n", "killed by tests/test_toy.py"),
    ):
        tried = replace(mutant, mutation=replace(mutant.mutation, source=text))
        assert copy.try_out(tried, [["tests"]], 10) == outcome
    assert copy.run([["tests"]], compiled=False) == SURVIVED


def test_tests_that_fail_anyway_are_an_error(project):
    (project / "tests" / "test_toy.py").write_text("def test():\n    assert False\n")
    with pytest.raises(SystemExit, match="fail without any change"):
        command.main(["--modules", "mmpc/toy.py"])


def test_modules_changed_since_a_commit(project):
    commit = ["-c", "user.name=n", "-c", "user.email=e", "commit", "-q", "-m", "first"]
    subprocess.run(["git", *commit], cwd=project, check=True)
    assert chosen_modules([], "HEAD") == []
    (project / "mmpc" / "toy.py").write_text("x = 5\n")
    (project / "tests" / "test_toy.py").write_text("")
    assert chosen_modules([], "HEAD") == ["mmpc/toy.py"]


def test_every_module_has_tests_that_are_there():
    for names in (*COVERED_BY.values(), *WITHOUT_COMPILER.values()):
        for name in names:
            assert (ROOT / name.partition("::")[0]).exists(), name
    assert covering_tests("mmpc/v1/rle.py")[0] == ["tests/v1/test_rle.py"]
    for module in chosen_modules(["mmpc"], None):
        assert covering_tests(module)
