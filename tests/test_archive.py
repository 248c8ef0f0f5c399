"""``mmpc archive``: a tree of studies there, proved, broken off, damaged and gone on with."""

import csv
import hashlib
import os
import signal
import threading
import time

import numpy as np
import pytest
from pydicom import dcmread

import mmpc
from mmpc import archive
from mmpc.batch import archiving
from mmpc.errors import FileError
from mmpc.files import atomic_write
from tests.conftest import HANGING_SECONDS
from tests.images.series_making import save_shuffled, slices_of
from tests.test_series_tools import run

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


@pytest.fixture
def studies(tmp_path):
    """Return a folder with three folders of a series each, and a fourth of what is none."""
    root = tmp_path / "studies"
    for name, n_slices in (("a/ct", 3), ("a/mr", 2), ("b", 4)):
        (root / name).mkdir(parents=True)
        made = slices_of("MR_small.dcm" if "mr" in name else "CT_small.dcm", n_slices)
        for one in made:
            one.remove_private_tags()  # hundreds, which would take most of the time
        save_shuffled(made, root / name)
    (root / "c").mkdir()
    copies = slices_of(n_slices=2)
    copies[1].ImagePositionPatient = copies[0].ImagePositionPatient
    whole = save_shuffled(copies, root / "c")[0].read_bytes()
    (root / "c" / "cut.dcm").write_bytes(whole[:300])
    (root / "c" / "report.txt").write_text("of a doctor", encoding="utf-8", newline="\n")
    return root


def rows_of(folder):
    with open(folder / "manifest.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_the_manifest_says_is_true(tmp_path, studies, capsys):
    before, kept = contents(studies), tmp_path / "kept"
    text, _ = run(archive, capsys, studies, kept, "--jobs", 1)
    assert "11 files in 5 streams" in text and "largest error 0; 2 files refused" in text
    assert contents(studies) == before
    rows = rows_of(kept)
    assert {studies / row["source"] for row in rows} == set(before) and len(rows) == len(before)
    for row in rows:
        data = before[studies / row["source"]]
        assert row["source_sha256"] == hashlib.sha256(data).hexdigest()
        assert int(row["source_bytes"]) == len(data)
        if row["status"] == "stored":
            stream = (kept / row["stream"]).read_bytes()
            assert row["stream_sha256"] == hashlib.sha256(stream).hexdigest()
            assert (int(row["stream_bytes"]), row["largest_error"]) == (len(stream), "0")
            decoded = mmpc.open(stream)[int(row["slice"])]
            np.testing.assert_array_equal(decoded, dcmread(studies / row["source"]).pixel_array)
    why = {row["source"]: row["note"] for row in rows if row["status"] == "refused"}
    assert why.keys() == {"c/cut.dcm", "c/report.txt"}
    assert "damaged" in why["c/cut.dcm"] and "no DICOM" in why["c/report.txt"]
    alone = [row for row in rows if "by itself" in row["note"] and "same position" in row["note"]]
    assert [row["stream"] for row in alone] == ["c/series_1_1.mmpc", "c/series_1_2.mmpc"]
    text, _ = run(archive, capsys, "--check", kept)
    assert "11 files in 5 streams" in text


def test_a_check_finds_what_is_damaged_gone_or_foreign(tmp_path, studies, capsys):
    kept = tmp_path / "kept"
    run(archive, capsys, studies, kept, "--jobs", 1)
    one, other, third, *_ = sorted(kept.rglob("*.mmpc"))
    data = bytearray(one.read_bytes())
    data[-1] ^= 1
    one.write_bytes(data)
    third.with_name("foreign.mmpc").write_bytes(other.read_bytes())
    other.unlink()
    _, error = run(archive, capsys, "--check", kept, code=1)
    assert "a/ct/series_1.mmpc: is not the stream" in error
    assert "a/mr/series_1.mmpc: there is no such file" in error
    assert "foreign.mmpc: is not in the manifest" in error and "3 of its streams" in error
    _, error = run(archive, capsys, "--check", studies, code=1)
    assert "manifest.csv: cannot be read" in error


def test_a_run_goes_on_where_it_was_broken_off(tmp_path, studies, capsys):
    kept = tmp_path / "studies" / "kept"  # inside the studies: it is no study itself
    run(archive, capsys, studies, kept, "--jobs", 1)
    manifest, whole = kept / "manifest.csv", rows_of(kept)
    lines = manifest.read_text(encoding="utf-8").splitlines(keepends=True)
    cut = "".join(lines[:5]) + lines[5][:20]  # a/ct, half of a/mr, and half a line
    manifest.write_text(cut, encoding="utf-8", newline="\n")
    (kept / "b" / ".series_1.mmpc.0123.part").write_bytes(b"of a worker that was killed")
    old = {path: path.stat().st_mtime_ns for path in kept.rglob("*.mmpc")}
    run(archive, capsys, studies, kept, "--jobs", 1)
    new = {path: path.stat().st_mtime_ns for path in kept.rglob("*.mmpc")}
    assert [path.parent.name for path in sorted(old) if new[path] != old[path]] == [
        "mr",
        "b",
        "c",
        "c",
    ]
    assert not list(kept.rglob("*.part"))
    for row in [*whole, *(again := rows_of(kept))]:
        row.pop("seconds")
    assert again == whole
    run(archive, capsys, studies, kept, "--jobs", 1)
    assert {path: path.stat().st_mtime_ns for path in kept.rglob("*.mmpc")} == new
    save_shuffled(slices_of(n_slices=2, SeriesNumber=999), studies / "a" / "mr")
    text, _ = run(archive, capsys, studies, kept, "--jobs", 1)
    assert "13 files in 6 streams" in text
    _, error = run(archive, capsys, studies, kept, "--max-error", 2, code=1)
    assert "another goal" in error
    text, _ = run(
        archive, capsys, studies, kept, "--max-error", 2, "--fresh", "--no-verify", "--jobs", 1
    )
    assert "largest error not verified" in text


def test_a_full_disk_costs_only_what_does_not_fit(tmp_path, studies, capsys, monkeypatch):
    kept, full = tmp_path / "kept", {"a/mr"}

    def write(path, data, **arguments):
        if any(one in path.as_posix() for one in full):
            raise FileError(f"{path}: cannot be written (No space left on device)")
        atomic_write(path, data, **arguments)

    monkeypatch.setattr(archiving, "atomic_write", write)
    text, error = run(archive, capsys, studies, kept, "--jobs", 1, code=1)
    assert "9 files in 4 streams" in text and "1 folders could not be archived" in error
    assert "No space left" in (kept / "manifest_failures.csv").read_text(encoding="utf-8")
    full.clear()
    text, _ = run(archive, capsys, studies, kept, "--jobs", 1)
    assert "11 files in 5 streams" in text and not (kept / "manifest_failures.csv").exists()


def test_a_stream_that_does_not_decode_does_not_count(tmp_path, studies, capsys, monkeypatch):
    def write(path, data, **arguments):
        atomic_write(path, data[:-9], **arguments)

    monkeypatch.setattr(archiving, "atomic_write", write)
    run(archive, capsys, studies, tmp_path / "kept", "--jobs", 1, code=1)
    assert not list((tmp_path / "kept").rglob("*.mmpc"))


def test_an_unreadable_file_costs_only_itself(tmp_path, studies, capsys):
    try:
        (studies / "b" / "nowhere.dcm").symlink_to("gone")
    except OSError:
        pytest.skip("this user may not make symbolic links")
    text, _ = run(archive, capsys, studies, tmp_path / "kept", "--jobs", 1)
    assert "11 files in 5 streams" in text
    (row,) = [row for row in rows_of(tmp_path / "kept") if "nowhere" in row["source"]]
    assert (row["status"], row["source_sha256"]) == ("refused", "") and "no such" in row["note"]


def test_a_largest_error_in_hounsfield_units(tmp_path, capsys):
    (tmp_path / "in").mkdir()
    save_shuffled(slices_of(n_slices=2, RescaleSlope=2), tmp_path / "in")
    run(archive, capsys, tmp_path / "in", tmp_path / "kept", "--max-error-hu", 6, "--jobs", 1)
    assert {row["largest_error"] for row in rows_of(tmp_path / "kept")} <= {"1", "2", "3"}
    run(
        archive,
        capsys,
        tmp_path / "in",
        tmp_path / "k",
        "--quality",
        20,
        "--preset",
        "fast",
        "--jobs",
        1,
    )
    assert mmpc.read_header((tmp_path / "k" / "series_1.mmpc").read_bytes()).step == 20


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["studies"], 2, "name the studies and the archive"),
        (["--check", "studies", "kept"], 2, "--check and the archive alone"),
        (["studies", "kept", "--preset", "fast"], 2, "--preset does nothing"),
        (["nothing", "kept"], 1, "no such folder"),
        (["studies/a", "studies"], 1, "holds the studies"),
        (["studies", "studies"], 1, "holds the studies"),
        (["studies", "studies/c/report.txt"], 1, "cannot be made"),
        (["empty", "kept"], 1, "no file in it"),
    ],
)
def test_wrong_requests(tmp_path, studies, capsys, monkeypatch, arguments, code, says):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    _, error = run(archive, capsys, *arguments, code=code)
    assert says in error and "Traceback" not in error


def test_a_series_in_several_folders_is_one_stream(tmp_path, capsys):
    """One folder of it comes only when the other is archived; a third holds copies."""
    studies, kept = tmp_path / "studies", tmp_path / "kept"
    made = slices_of(n_slices=5)
    for name, part in (("a", made[::2]), ("other", slices_of(n_slices=2))):
        (studies / name).mkdir(parents=True)
        save_shuffled(part, studies / name)
    text, _ = run(archive, capsys, studies, kept, "--jobs", 1)
    assert "5 files in 2 streams" in text
    save_shuffled(made[1::2], studies / "b")
    text, _ = run(archive, capsys, studies, kept, "--jobs", 1)
    assert "7 files in 2 streams" in text
    rows = {int(row["slice"]): row for row in rows_of(kept) if row["source"][:5] != "other"}
    assert [rows[index]["source"][0] for index in range(5)] == ["a", "b", "a", "b", "a"]
    assert {row["stream"] for row in rows.values()} == {"a/series_1.mmpc"}
    decoded = mmpc.open(kept / "a" / "series_1.mmpc")
    for index, row in rows.items():
        original = dcmread(studies / row["source"]).pixel_array
        np.testing.assert_array_equal(decoded[index], original)
    save_shuffled(made[1::2], studies / "copies")
    text, _ = run(archive, capsys, studies, kept, "--jobs", 1)
    assert "9 files in 4 streams" in text
    assert {row["stream"] for row in rows_of(kept)} == {
        f"{name}/series_1.mmpc" for name in ("a", "b", "copies", "other")
    }


def test_a_de_identified_archive_names_nobody(tmp_path, capsys):
    """Not in a header and not by a folder; two runs with one key match, others do not mix."""
    studies, kept, key = tmp_path / "studies", tmp_path / "kept", tmp_path / "key"
    how = ("--anonymize", "--anonymize-key", key, "--jobs", 1)
    first = slices_of(n_slices=2, PatientName="Secret^Name", PatientID="SECRET-4711")
    second = slices_of("MR_small.dcm", 2, FrameOfReferenceUID=first[0].FrameOfReferenceUID)
    for name, made in (("Secret^Name", first), ("Secret^Name/later", second)):
        (studies / name).mkdir(parents=True, exist_ok=True)
        save_shuffled(made, studies / name)
        _, error = run(archive, capsys, studies, kept, *how)
        assert "as close as the key" in error
    streams = sorted(kept.rglob("*.mmpc"))
    told = [str(path.relative_to(kept)) for path in streams]
    headers = [mmpc.read_header(path.read_bytes()).metadata for path in streams]
    for secret in ("ecret", "4711", str(first[0].SeriesInstanceUID), first[0].FrameOfReferenceUID):
        assert secret not in "".join(told + list(map(str, headers)))
    frames = {one["dicom"]["00200052"]["Value"][0] for one in headers}
    assert len(streams) == 2 and len(frames) == 1
    assert key.read_text(encoding="ascii").strip() not in "".join(
        path.read_text(encoding="utf-8") for path in kept.glob("manifest*")
    )
    assert run(archive, capsys, "--check", kept)[0].startswith(f"{kept}: 4 files in 2 streams")
    _, error = run(archive, capsys, studies, kept, "--jobs", 1, code=1)
    assert "another deidentified_under" in error
    _, error = run(archive, capsys, studies, kept, *how[:2], kept / "key", code=1)
    assert "keep it elsewhere" in error and not (kept / "key").exists()
    _, error = run(archive, capsys, studies, kept, "--anonymize", code=2)
    assert "go together" in error


def test_the_benchmark_archives_what_it_makes(tmp_path, capsys):
    from benchmarks.archive import make_studies

    make_studies(tmp_path / "in", 2)
    text, _ = run(archive, capsys, tmp_path / "in", tmp_path / "kept", "--jobs", 1)
    assert "6 files in 2 streams" in text and "largest error 0" in text


def test_a_worker_is_killed(tmp_path, capsys, cluster_address):
    """Of two workers of a cluster one dies when the first folder is done; nothing is missing."""
    from distributed import Client

    studies, kept = tmp_path / "studies", tmp_path / "kept"
    for index in range(8):
        (studies / str(index)).mkdir(parents=True)
        save_shuffled(slices_of(n_slices=2), studies / str(index))

    with Client(cluster_address, set_as_default=False) as client:
        victim = next(iter(client.run(os.getpid).values()))

    def kill():
        deadline = time.monotonic() + HANGING_SECONDS
        while not list(kept.rglob("*.mmpc")) and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(victim, getattr(signal, "SIGKILL", signal.SIGTERM))

    killer = threading.Thread(target=kill)
    killer.start()
    text, _ = run(archive, capsys, studies, kept, "--scheduler", cluster_address)
    killer.join()
    assert "16 files in 8 streams" in text and "largest error 0" in text
    run(archive, capsys, "--check", kept)
