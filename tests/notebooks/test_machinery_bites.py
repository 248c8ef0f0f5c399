"""The checks of the notebooks fail when they should: each test breaks one thing."""

import json
import re
import shutil

import pytest

from tests.conftest import ROOT

pytest.importorskip("nbval", reason="nbval is in the extra mmpc[notebooks]")

LESSON = "notebooks/04_write_the_bitstream"


def edit_notebook(course, change, lesson=LESSON):
    """Let `change` edit the stored notebook of a lesson in place."""
    path = course / f"{lesson}.ipynb"
    notebook = json.loads(path.read_text(encoding="utf-8"))
    change(notebook)
    path.write_text(json.dumps(notebook), encoding="utf-8")


def code_cells(notebook):
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def first_printed(notebook):
    """Return the first output that is printed text, and its text."""
    for cell in code_cells(notebook):
        for output in cell["outputs"]:
            if output["output_type"] == "stream":
                return output, "".join(output["text"])
    raise AssertionError("nothing is printed")


def alter_number(notebook):
    output, text = first_printed(notebook)
    assert text.startswith("17 bytes")
    output["text"] = "18" + text[2:]


def clear_outputs(notebook):
    for cell in code_cells(notebook):
        cell["outputs"], cell["execution_count"] = [], None


def clear_one_cell(notebook):
    code_cells(notebook)[3].update(outputs=[], execution_count=None)


def leave_widget_state(notebook):
    notebook["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {}}


def swap_execution_counts(notebook):
    first, second = code_cells(notebook)[:2]
    first["execution_count"], second["execution_count"] = 2, 1


def edit_code(notebook):
    code_cells(notebook)[1]["source"] = "print('edited in the browser')"


def edit_prose(notebook):
    notebook["cells"][0]["source"] = "# Another title"


def make_large(notebook):
    output, text = first_printed(notebook)
    output["text"] = text + "x" * 1_500_000


def keep_a_failure(notebook):
    code_cells(notebook)[1]["outputs"] = [
        {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": []}
    ]


def test_nbval_sees_one_altered_number_from_another_folder(course, run, tmp_path):
    """A true notebook and one with another number side by side, so that a kernel starts twice."""
    name = f"{LESSON}.ipynb"
    shutil.copy(course / name, course / "notebooks" / "05_altered.ipynb")
    edit_notebook(course, alter_number, "notebooks/05_altered")
    cells = len(code_cells(json.loads((course / name).read_text(encoding="utf-8"))))
    command = ("-m", "pytest", "-p", "no:cacheprovider", "--nbval", course / "notebooks")
    result = run(*command, cwd=tmp_path)
    assert result.returncode == 1
    assert f"1 failed, {2 * cells - 1} passed" in result.stdout, result.stdout
    [failed] = re.findall(r"^FAILED (.*?)::", result.stdout, re.MULTILINE)
    assert failed.endswith("05_altered.ipynb")


class TestCheck:
    def test_this_course_is_in_order(self, tools):
        assert list(tools.faults(ROOT)) == []

    def test_command_tells_by_its_exit_code(self, tools, course, call, run, capsys):
        assert call(tools, "--project", course) == 0
        assert capsys.readouterr().out == "1 notebooks are in order\n"
        edit_notebook(course, clear_outputs)
        result = run(ROOT / "notebooks" / "tools" / "check.py", "--project", course)
        assert result.returncode == 1
        assert "1 notebooks, 2 faults" in result.stdout

    @pytest.mark.parametrize(
        ("change", "complaint"),
        [
            (clear_outputs, "not run once each"),
            (clear_one_cell, "not run once each"),
            (swap_execution_counts, "not run once each"),
            (leave_widget_state, "widget state"),
            (edit_code, "out of step"),
            (edit_prose, "out of step"),
            (make_large, "more than 1500000"),
            (keep_a_failure, "traceback"),
        ],
    )
    def test_broken_notebook_fails(self, tools, course, change, complaint):
        edit_notebook(course, change)
        assert any(complaint in fault for fault in tools.faults(course))

    @pytest.mark.parametrize(
        ("file", "old", "new", "complaint"),
        [
            (f"{LESSON}.py", "Seventeen bytes", "17 bytes", "out of step"),
            ("README.md", "04_write", "05_write", "not in the table"),
            ("README.md", " | bytes", "0 | bytes", "lesson and README say otherwise"),
            (f"{LESSON}.py", "and about ", "and about 1", "lesson and README say otherwise"),
            ("README.md", "| [", "[", "not in the table"),
            ("Makefile", "--nbval notebooks", "tests", "is not run by"),
            ("Makefile", "--nbval notebooks", "--nbval notebooks/0*.ipynb", "is not run by"),
            (".ci/run", "make lessons", "make lint", "is not run by"),
            ("Makefile", "--nbval", "--ignore=x --nbval", "may leave it out"),
            ("notebooks/solutions/04_write_the_bitstream.py", "exercise-2", "exercise-9", "differ"),
        ],
    )
    def test_broken_surroundings_fail(self, tools, course, file, old, new, complaint):
        path = course / file
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")
        assert any(complaint in fault for fault in tools.faults(course))

    def test_missing_notebook_fails(self, tools, course):
        (course / f"{LESSON}.ipynb").unlink()
        assert any("was not made into" in fault for fault in tools.faults(course))

    def test_notebook_without_source_fails(self, tools, course):
        (course / f"{LESSON}.ipynb").rename(course / "notebooks" / "99_alone.ipynb")
        assert any("99_alone.ipynb: has no source" in fault for fault in tools.faults(course))


class TestRegenerate:
    def test_second_run_changes_nothing(self, course, regenerate, call):
        before = (course / f"{LESSON}.ipynb").read_bytes()
        (course / f"{LESSON}.ipynb").unlink()
        times = course / "results" / "lessons.csv"
        times.parent.mkdir()
        times.write_text("lesson,cpu_s\n4. Another title,9\n10. Below,9\n", encoding="utf-8")
        assert call(regenerate, "--times", "--folder", course / "notebooks") == 0
        assert (course / f"{LESSON}.ipynb").read_bytes() == before
        rows = times.read_text(encoding="utf-8").splitlines()
        assert re.fullmatch(r"4\. Write the bitstream,\d+", rows[1]) and rows[2] == "10. Below,9"

    def test_prose_alone_is_taken_over_without_running(self, course, regenerate, call, capsys):
        source, executed = course / f"{LESSON}.py", course / f"{LESSON}.ipynb"
        prose = ("--prose", "--folder", course / "notebooks")
        text = source.read_text(encoding="utf-8")
        source.write_text(text.replace("# ## 1. Seventeen", "# ## 1. Just 17"), encoding="utf-8")
        assert call(regenerate, *prose) == 0
        stored = json.loads(executed.read_text(encoding="utf-8"))
        assert any("Just 17" in "".join(cell["source"]) for cell in stored["cells"])
        assert first_printed(stored)[1].startswith("17 bytes")
        source.write_text(text.replace("30, 40_000)", "31, 40_000)"), encoding="utf-8")
        assert call(regenerate, *prose) == 1
        assert "its code has changed" in capsys.readouterr().err

    def test_failing_cell_is_reported_and_nothing_written(self, course, run):
        source = course / f"{LESSON}.py"
        head, code, rest = source.read_text(encoding="utf-8").partition("\n# %%\n")
        text = f"{head}{code}raise ValueError('broken')\n{code}{rest}"
        source.write_text(text, encoding="utf-8")
        before = (course / f"{LESSON}.ipynb").read_bytes()
        tool = ROOT / "notebooks" / "tools" / "regenerate.py"
        result = run(tool, "04", "--folder", course / "notebooks")
        assert result.returncode == 1
        assert "broken" in result.stderr
        assert (course / f"{LESSON}.ipynb").read_bytes() == before
