"""The tool as a user runs it."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zlib
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image as Pillow

import mmpc
from mmpc import evaluate
from mmpc.batch.tables import read_table
from mmpc.evaluation.slices import COLUMNS
from mmpc.images.reading import read_image
from mmpc.images.samples import find_packaged_file
from tests.conftest import HANGING_SECONDS, ROOT, no_pipes
from tests.test_tools import run as run_tool

PUBLISHED = """
I0.dcm 10 67103 2.2373 89.33
I0.dcm 30 27452 4.2758 83.71
I0.dcm 60 16128 6.6731 79.84
I104.dcm 10 8158 0.9028 97.22
I104.dcm 30 1752 1.5980 92.26
I104.dcm 60 720 2.1033 89.87
I150.dcm 10 59872 1.6931 91.76
I150.dcm 30 33275 3.9258 84.45
I150.dcm 60 22369 6.5830 79.96
"""


def run(capsys, *arguments):
    """Run the tool in this process: exit code, standard output, standard error."""
    return run_tool(evaluate, capsys, *arguments)


def keys(path):
    return [(row["image"], row["quality"]) for row in read_table(path)]


def without_times(path):
    rows = [{k: v for k, v in row.items() if "seconds" not in k} for row in read_table(path)]
    return sorted(rows, key=lambda row: (row["image"], float(row["quality"])))


def test_the_published_rows(shared_data, tmp_path, capsys):
    source = shared_data / "human_skull_2"
    options = ["--quality", 10, 30, 60, "--out", tmp_path, "--pictures", 0, "--jobs", 1]
    assert run(capsys, source, *options)[0] == 0
    rows = {(row["image"], row["quality"]): row for row in read_table(tmp_path / "summary.csv")}
    assert len(rows) == 27
    for line in PUBLISHED.strip().splitlines():
        image, quality, size_bytes, rmse, psnr_db = line.split()
        row = rows[image, quality]
        assert f"{float(row['rmse']):.4f}" == rmse
        assert f"{float(row['psnr_db']):.2f}" == psnr_db
        if zlib.ZLIB_RUNTIME_VERSION.startswith(("1.2", "1.3")) and "ng" not in (
            zlib.ZLIB_RUNTIME_VERSION
        ):
            assert row["plain_v1_bytes"] == size_bytes
            trailer = int(row["size_bytes"]) - int(size_bytes)
            assert trailer == 17  # the pixels are signed
    for image in ("I20.dcm", "I60.dcm", "I80.dcm"):
        pixels = read_image(source / image).pixels
        assert pixels.min() == -2000
        row = rows[image, "60"]
        decoded = mmpc.decompress(mmpc.compress(pixels, bitstream=1, quality=60))
        expected = mmpc.Distortion.between(pixels, decoded)
        assert float(row["rmse"]) == pytest.approx(expected.rmse, rel=1e-5)
        assert int(row["peak_error"]) == expected.peak_error < 90
    assert float(rows["I20.dcm", "60"]["skull_interior_rmse"]) < 10
    # The worst slice of the aggregates is among the rows.
    worst = [r for r in read_table(tmp_path / "aggregates.csv") if r["measure"] == "rmse"]
    assert float(worst[-1]["worst"]) == max(float(row["rmse"]) for row in rows.values())


def test_what_is_written(folder, tmp_path, capsys):
    out = tmp_path / "out"
    code, printed, err = run(capsys, folder, "--quality", 10, 60, "--out", out, "--jobs", 1)
    assert (code, err) == (0, "")
    assert f"10 rows in {out / 'summary.csv'}" in printed.splitlines()
    assert "psnr_db" in printed
    rows = list(read_table(out / "summary.csv"))
    assert tuple(rows[0]) == COLUMNS and len(rows) == 10
    for kind in ("rec", "err", "vis"):
        with Pillow.open(out / f"cut2_q60_{kind}.png") as picture:
            assert np.asarray(picture).std() > 5
    with Pillow.open(out / "cut2_q10_rec.png") as picture:
        assert picture.size == (80, 72)
    facts = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    assert facts["state"] == "complete" and facts["rows"] == 10
    assert facts["versions"]["mmpc"] == mmpc.__version__
    assert "--quality 10 60" in facts["command"] and facts["machine"]["cores"]
    for name in ("rd_plot.png", "aggregates.csv", "cut0_roi.png"):
        assert (out / name).stat().st_size > 500
    assert not (out / "failures.csv").exists()


def test_processes_give_the_same_rows(folder, tmp_path, capsys):
    common = [folder, "--quality", 20, 40, "--pictures", 0]
    assert run(capsys, *common, "--jobs", 1, "--out", tmp_path / "one")[0] == 0
    assert run(capsys, *common, "--jobs", 2, "--out", tmp_path / "two")[0] == 0
    one, two = (without_times(tmp_path / name / "summary.csv") for name in ("one", "two"))
    assert one == two


def test_a_broken_off_run_goes_on(folder, tmp_path, capsys):
    command = [folder, "--quality", 10, 30, "--out", tmp_path, "--pictures", 0, "--jobs", 1]
    assert run(capsys, *command)[0] == 0
    table = tmp_path / "summary.csv"
    whole = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join(whole[:4]) + whole[4][:37])
    assert run(capsys, *command)[0] == 0
    again = table.read_text(encoding="utf-8").splitlines(keepends=True)
    assert again[:4] == whole[:4]  # not measured again: the times are the same
    expected = {(f"cut{index}.npy", quality) for index in range(5) for quality in ("10", "30")}
    assert sorted(keys(table)) == sorted(expected)
    # More settings in the same folder only add rows.
    assert run(capsys, *command[:2], 10, 30, 50, *command[4:])[0] == 0
    assert table.read_text(encoding="utf-8").splitlines(keepends=True)[:11] == again
    assert len(keys(table)) == 15


def test_rows_of_other_settings_are_not_mixed(folder, tmp_path, capsys):
    command = [folder, "--quality", 10, "--out", tmp_path / "out", "--pictures", 0, "--jobs", 1]
    assert run(capsys, *command)[0] == 0
    mask = np.zeros((72, 80), np.uint8)
    mask[:36] = 1
    np.save(tmp_path / "mask.npy", mask)
    code, _, err = run(capsys, *command, "--mask", tmp_path / "mask.npy")
    assert code == 1 and "mask_sha256" in err and "--fresh" in err
    assert run(capsys, *command, "--mask", tmp_path / "mask.npy", "--fresh")[0] == 0
    row = next(read_table(tmp_path / "out" / "summary.csv"))
    assert row["mask_pixels"] == "2880" and row["body_pixels"] == ""


def test_bad_files_do_not_stop_the_rest(folder, tmp_path, capsys):
    (folder / "notes.txt").write_text("no image")
    np.save(folder / "float.npy", np.zeros((8, 8)))
    np.save(folder / "bright.npy", np.full((16, 16), 65000, np.uint16))
    command = [folder, "--quality", 2, 30, "--out", tmp_path, "--pictures", 0, "--jobs", 1]
    code, printed, err = run(capsys, *command)
    assert (code, err) == (0, "")
    lines = printed.splitlines()
    assert f"11 rows in {tmp_path / 'summary.csv'}" in lines
    assert f"3 failures, with reasons, in {tmp_path / 'failures.csv'}" in lines
    failures = {row["image"]: row for row in read_table(tmp_path / "failures.csv")}
    assert set(failures) == {"notes.txt", "float.npy", "bright.npy"}
    assert "supported" in failures["notes.txt"]["error"]
    assert failures["bright.npy"]["quality"] == "2" and "step" in failures["bright.npy"]["error"]
    assert len(keys(tmp_path / "summary.csv")) == 11


def test_frames_are_rows(tmp_path, capsys):
    source = find_packaged_file("eCT_Supplemental.dcm")
    assert run(capsys, source, "--quality", 40, "--out", tmp_path, "--jobs", 1)[0] == 0
    assert [row["frame"] for row in read_table(tmp_path / "summary.csv")] == ["0", "1"]
    assert (tmp_path / "eCT_Supplemental_f1_q40_vis.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["none.dcm"], "no such file"),
        (["notes.txt"], "supported"),
        (["cut0.npy", "--mask", "notes.txt"], "supported"),
        (["cut0.npy", "--bitstream", "7"], "bitstream 7"),
        (["cut0.npy", "--quality", "2.5"], "2.5"),
    ],
)
def test_one_line_and_exit_code_1(folder, monkeypatch, capsys, arguments, says):
    (folder / "notes.txt").write_text("no image")
    monkeypatch.chdir(folder)
    code, _, err = run(capsys, *arguments, "--jobs", 1)
    assert code == 1
    assert says in err and err.count("\n") == 1 and "error: " in err


def test_without_the_extra_packages(folder, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "skimage", None)
    code, _, err = run(capsys, folder, "--out", tmp_path / "out")
    assert code == 1 and "skimage not installed; pip install 'mmpc[evaluation]'" in err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments", [["--quality", "0"], ["--jobs", "0"], ["--target-table"], ["--nonsense"]]
)
def test_usage_is_exit_code_2(folder, capsys, arguments):
    assert run(capsys, folder, *arguments)[0] == 2


@pytest.fixture
def run_in_its_middle(folder, tmp_path):
    """Start the tool on five cuts, two pipes that nobody fills, and five more cuts.

    Both workers are then held by a pipe each: five files have been measured, five have not
    been begun. Yields the process, its arguments, and the pipes with their writing ends.
    """
    cuts = sorted(folder.glob("cut*.npy"))
    pipes = [folder / f"pipe{number}.npy" for number in range(2)]
    later = [folder / f"later_{cut.name}" for cut in cuts]
    for pipe in pipes:
        os.mkfifo(pipe)
    for cut, copy in zip(cuts, later, strict=True):
        shutil.copy(cut, copy)
    out = tmp_path / "out"
    options = ["--quality", "10", "--out", str(out), "--pictures", "0", "--jobs", "2"]
    command = [*map(str, [*cuts, *pipes, *later]), *options]
    process = subprocess.Popen(
        [sys.executable, "-m", "mmpc.evaluate", *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # Tests that a script started in its background were told to ignore the signal.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    try:
        writers = {pipe: open_when_read(pipe, process) for pipe in pipes}
        wait_until(lambda: len(keys(out / "summary.csv")) == 5, process)
        yield process, command, writers
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_until(is_so, process):
    """Wait for something that must come; the deadline only ends a test that hangs."""
    deadline = time.monotonic() + HANGING_SECONDS
    while not is_so():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.02)


def open_when_read(pipe, process):
    """Return the writing end of a pipe, once somebody has opened the other end."""
    ends = []

    def has_reader():
        try:
            ends.append(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))
        except OSError as error:
            assert error.errno == errno.ENXIO
        return bool(ends)

    wait_until(has_reader, process)
    return ends[0]


@no_pipes
def test_ctrl_c_keeps_whole_rows_and_the_run_goes_on(run_in_its_middle, folder, tmp_path, capsys):
    process, command, writers = run_in_its_middle
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to the workers too
    _, err = process.communicate(timeout=HANGING_SECONDS)
    assert process.returncode == 130, err
    assert "interrupted" in err and "Traceback" not in err
    table = tmp_path / "out" / "summary.csv"
    before = table.read_text(encoding="utf-8")
    assert before.endswith("\n")
    assert sorted(keys(table)) == [(f"cut{index}.npy", "10") for index in range(5)]
    facts = json.loads(table.with_suffix(".json").read_text(encoding="utf-8"))
    assert facts["state"] == "broken off"
    for pipe, writer in writers.items():
        os.close(writer)
        pipe.unlink()
        shutil.copy(folder / "cut0.npy", pipe)
    assert run(capsys, *command)[0] == 0
    assert table.read_text(encoding="utf-8").startswith(before)
    assert len(set(keys(table))) == len(keys(table)) == 12


def test_the_samples_without_any_input(tmp_path, capsys):
    code, printed, _ = run(capsys, "--quality", 60, "--out", tmp_path, "--pictures", 0, "--jobs", 1)
    assert code == 0 and f"4 rows in {tmp_path / 'summary.csv'}" in printed.splitlines()
