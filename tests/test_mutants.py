"""The search for missing tests: what it changes, what it calls killed, and its table."""

import csv
import os
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest

from tests.mutants import __main__ as command
from tests.mutants.covering import (
    COVERED_BY,
    OWN_TESTS,
    ROOT,
    TOO_SLOW,
    WITHOUT_COMPILER,
    chosen_modules,
    files_of_tests,
    own_tests,
)
from tests.mutants.operators import mutations
from tests.mutants.selection import Records
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
        "x = f(a, prog='five', help='six', metavar='N')",
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
        ".gitignore": "__pycache__/\nresults/\n.mutants/\n",
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
    for module in ("covering", "trial", "selection"):
        monkeypatch.setattr(f"tests.mutants.{module}.ROOT", root)
    monkeypatch.setattr("tests.mutants.selection.RECORDS", root / ".mutants")
    monkeypatch.setattr("tests.mutants.trial.LOADED", ())
    monkeypatch.setattr(command, "ROOT", root)
    monkeypatch.setattr(command, "TABLE", root / "results" / "mutants.csv")
    monkeypatch.setattr(command, "EXPLAINED", root / "tests" / "mutants" / "explained.csv")
    monkeypatch.setattr("tests.mutants.covering.COVERED_BY", {"mmpc": ("tests",)})
    return root


def table(project):
    with open(project / "results" / "mutants.csv", newline="") as stream:
        return list(csv.DictReader(stream))


def summary(capsys):
    """Return killed, explained and left of all."""
    line = capsys.readouterr().out.splitlines()[-1]
    return [int(word) for word in line.split()[1:4]]


def test_survivors_and_what_explains_them(project, capsys):
    arguments = ["--modules", "mmpc/toy.py"]
    assert command.main(arguments) == 1
    assert summary(capsys) == [2, 0, 1]
    rows = table(project)
    assert [row["outcome"] == SURVIVED for row in rows] == [False, False, True]
    assert rows[0]["outcome"] == "killed by tests/test_toy.py::test_larger"
    survivor = rows[2]["mutation"]
    assert survivor == "return a if a > b else b -> return a if a >= b else b"
    with open(project / "tests" / "mutants" / "explained.csv", "a") as stream:
        stream.write(f"mmpc/toy.py,return a if a > b else b,{survivor},equal ones are the same\n")
    assert command.main([*arguments, "--again"]) == 0
    assert summary(capsys) == [2, 1, 0]
    assert [row["explained"] for row in table(project)] == ["", "", "equal ones are the same"]
    # An explanation of what is there no more is a fault.
    (project / "mmpc" / "toy.py").write_text("def larger(a, b):\n    return max(a, b)\n")
    assert command.main(arguments) == 1
    assert "no such mutant any more" in capsys.readouterr().out


def test_shares_by_room(project, capsys):
    rows = [
        ("mmpc/files.py", "killed by a", ""),
        ("mmpc/encode.py", "killed by a", ""),
        ("mmpc/images/dicom/pixels.py", SURVIVED, "equal"),
        ("mmpc/images/frames.py", SURVIVED, ""),
        ("mmpc/images/frames.py", "killed: the tests hang", ""),
    ]
    for number, (module, outcome, why) in enumerate(rows):
        row = dict(zip(command.COLUMNS, (module, number, "a -> b", outcome, why), strict=True))
        command.write_rows(module, [row], again=True)
    assert command.main(["--summary"]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()[1:]]
    assert lines == [
        ["files", "1", "0", "0", "100.0", "%"],
        ["images", "1", "1", "1", "50.0", "%"],
        ["tools", "1", "0", "0", "100.0", "%"],
        ["all", "3", "1", "1", "75.0", "%"],
    ]


def test_again_tries_what_is_left_alone(project, capsys):
    arguments = ["--modules", "mmpc/toy.py"]
    command.main(arguments)
    with open(project / "tests" / "test_toy.py", "a") as stream:
        stream.write("    a = [1]\n    assert larger([1], a) is a\n")
    assert command.main([*arguments, "--again"]) == 0
    assert "mmpc/toy.py: 0 of 1 left" in capsys.readouterr().out
    assert len(table(project)) == 3


def test_a_sample_is_the_same_again_and_part_of_a_larger_one(project):
    source = "X = 1 + 2 + 3 + 4\n\n\ndef larger(a, b):\n    return max(a, b)\n"
    (project / "mmpc" / "toy.py").write_text(source)
    samples = {}
    for n in (4, 4, 6):
        command.main(["--modules", "mmpc", "--sample", str(n)])
        found = {(row["line"], row["mutation"]) for row in table(project)}
        assert len(found) == n
        assert found >= samples.setdefault(n, found) >= samples[4]
    command.main(["--modules", "mmpc", "--sample", "4", "--seed", "1"])
    assert {(row["line"], row["mutation"]) for row in table(project)} != samples[4]


MODULE = """import subprocess
from functools import cache

FIVE = 5

@cache
def cached(a):
    return a + FIVE

def other(a):
    def inner(b):
        return b + 1

    return inner(a)
"""
TESTS = """import subprocess, sys, time
import mmpc.toy

def test_slow_other():
    sum(range(3_000_000))
    assert mmpc.toy.other(1) == 2

def test_other():
    assert mmpc.toy.other(1) == 2

def test_cached():
    assert mmpc.toy.cached(1) == 6

def test_elsewhere():
    code = "import mmpc.toy; assert mmpc.toy.cached(1) == 6"
    subprocess.run([sys.executable, "-c", code], check=True)
"""


def test_the_tests_of_a_mutant(project, tmp_path):
    (project / "mmpc" / "toy.py").write_text(MODULE)
    (project / "tests" / "test_toy.py").write_text(TESTS)
    with closing(Copy(tmp_path / "copy")) as copy:
        records, of_line = Records("mmpc/toy.py"), {}
        for mutation in mutations(MODULE):
            groups = records.groups(Mutant("mmpc/toy.py", mutation), copy)
            names = [[name.partition("::test_")[2] for name in group] for group, _ in groups]
            of_line.setdefault(mutation.line, names)
    assert of_line[8] == [["cached"], ["elsewhere"]]
    assert of_line[12] == [["other", "slow_other"], ["elsewhere"]]
    [outside] = of_line[4]
    assert {*outside} == {"cached", "other", "slow_other", "elsewhere"}


def test_what_hangs_or_cannot_be_imported_is_killed(project, tmp_path, monkeypatch):
    monkeypatch.setattr("tests.mutants.trial.LEAST_SECONDS", 1)
    tests = [(["tests/test_toy.py"], 0.1)]
    mutant = Mutant("mmpc/toy.py", mutations("x = 5")[0])
    hanging = "def larger(a, b):\n    while True:\n        pass\n"
    sleeping = "import time\n\n\ndef larger(a, b):\n    time.sleep(100)\n"
    with closing(Copy(tmp_path / "copy")) as copy:
        for text, outcome in (
            (hanging, "killed: the tests hang"),
            (sleeping, "killed: the tests hang"),
            ("x = y\n", "killed: the tests cannot run (tests/test_toy.py)"),
        ):
            tried = replace(mutant, mutation=replace(mutant.mutation, source=text))
            assert copy.try_out(tried, tests) == outcome
        unchanged = (project / "mmpc" / "toy.py").read_text()
        same = replace(mutant, mutation=replace(mutant.mutation, source=unchanged))
        assert copy.try_out(same, tests) == SURVIVED


def test_own_tests_come_before_all_others(project, tmp_path):
    """Of the others nothing is recorded until a mutant survives its own."""
    (project / "tests" / "test_all.py").write_text(
        "from mmpc.toy import larger\n\n\ndef test_equal():\n    assert larger(1, True) is True\n"
    )
    source = (project / "mmpc" / "toy.py").read_text()
    killers = {"if False": "test_toy.py::test_larger", ">=": "test_all.py::test_equal"}
    records = Records("mmpc/toy.py")
    with closing(Copy(tmp_path / "copy")) as copy:
        for number, (change, killer) in enumerate(killers.items(), start=1):
            [mutation] = [one for one in mutations(source) if change in one.change]
            mutant = Mutant("mmpc/toy.py", mutation)
            outcome = copy.try_out(mutant, records.groups(mutant, copy))
            assert outcome == f"killed by tests/{killer}"
            assert len(list((project / ".mutants").iterdir())) == number
            assert (copy.root / "mmpc" / "toy.py").read_text() == source


def test_what_runs_ends_with_its_copy(project, tmp_path):
    told = tmp_path / "process_id"
    (project / "tests" / "test_toy.py").write_text(
        "import os, time\nfrom pathlib import Path\n\n\ndef test_sleeps():\n"
        f"    Path({str(told)!r}).write_text(f'{{os.getpid()}}.')\n    time.sleep(1000)\n"
    )
    copy = Copy(tmp_path / "copy")
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(copy.ask, False, tests=["tests/test_toy.py"])
        while not (told.exists() and told.read_text().endswith(".")):
            assert not asked.done(), asked.result()
            time.sleep(0.02)
        copy.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(told.read_text().rstrip(".")), 0)


def test_tests_that_fail_anyway_are_an_error(project):
    (project / "tests" / "test_toy.py").write_text("def test():\n    assert False\n")
    with pytest.raises(SystemExit, match="fails without any change"):
        command.main(["--modules", "mmpc/toy.py"])


def test_modules_changed_since_a_commit(project):
    commit = ["-c", "user.name=n", "-c", "user.email=e", "commit", "-q", "-m", "first"]
    subprocess.run(["git", *commit], cwd=project, check=True)
    assert chosen_modules([], "HEAD") == []
    (project / "mmpc" / "toy.py").write_text("x = 5\n")
    (project / "tests" / "test_toy.py").write_text("")
    assert chosen_modules([], "HEAD") == ["mmpc/toy.py"]


def test_every_module_has_tests_that_are_there():
    assert set(WITHOUT_COMPILER) < set(COVERED_BY)
    for name in " ".join(OWN_TESTS.values()).split():
        assert (ROOT / "mmpc" / f"{name}.py").is_file(), name
    for names in [*COVERED_BY.values(), OWN_TESTS]:
        for name in names:
            assert (ROOT / name.partition("::")[0]).exists(), name
    assert all((ROOT / name).is_file() for name in TOO_SLOW)
    for module in chosen_modules(["mmpc"], None):
        assert files_of_tests(module)
    assert files_of_tests("mmpc/files.py")[0] == "tests/test_files.py"
    assert own_tests("mmpc/images/dicom/profile.py") == ["tests/images/test_profile.py"]
    assert own_tests("mmpc/evaluation/experiment.py") == ["tests/evaluation/test_evaluate.py"]
    assert len(files_of_tests("mmpc/v1/rle.py")) == len({*files_of_tests("mmpc/v1/rle.py")})
