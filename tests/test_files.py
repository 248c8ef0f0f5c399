"""Writing whole or not at all, and never over the input."""

import io
import os
import sys
from types import SimpleNamespace

import pytest

from mmpc.errors import FileError, ProtectedFileError, UnreadableFileError
from mmpc.files import atomic_write, check_folder, check_output, read_file, whole_folder
from tests.conftest import no_links


def test_writes_and_overwrites(tmp_path):
    path = tmp_path / "a.bin"
    atomic_write(path, b"one")
    atomic_write(path, b"two")
    assert path.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_permissions_follow_the_umask(tmp_path):
    (tmp_path / "ordinary").write_bytes(b"")
    atomic_write(tmp_path / "a.bin", b"x")
    assert (tmp_path / "a.bin").stat().st_mode == (tmp_path / "ordinary").stat().st_mode


@pytest.mark.parametrize("failing", ["fsync", "replace"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_nothing_half_written_is_left(tmp_path, monkeypatch, failing, error):
    path = tmp_path / "a.bin"
    path.write_bytes(b"old")

    def fail(*_):
        raise error

    monkeypatch.setattr(os, failing, fail)
    expected = FileError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected):
        atomic_write(path, b"new")
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.bin"]


def test_all_bytes_are_on_their_way_to_the_disk_before_it_is_asked_to_keep_them(
    tmp_path, monkeypatch
):
    sizes = []
    monkeypatch.setattr(os, "fsync", lambda file: sizes.append(os.fstat(file).st_size))
    atomic_write(tmp_path / "a.bin", b"few")
    assert sizes == [3]


@no_links
def test_writes_through_a_symbolic_link(tmp_path):
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to("real")
    atomic_write(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"


@pytest.fixture
def scan(tmp_path):
    path = tmp_path / "scan.dcm"
    path.write_bytes(b"precious")
    (tmp_path / "sub").mkdir()
    return path


@pytest.mark.parametrize("name", ["scan.dcm", "./sub/../scan.dcm"])
def test_the_input_is_protected_under_every_name(tmp_path, scan, name):
    with pytest.raises(ProtectedFileError, match="is an input file"):
        atomic_write(tmp_path / name, b"x", keep=[scan])
    assert scan.read_bytes() == b"precious"


@no_links
@pytest.mark.parametrize("name", ["soft", "hard"])
def test_the_input_is_protected_under_every_link(tmp_path, scan, name):
    (tmp_path / "soft").symlink_to(scan)
    os.link(scan, tmp_path / "hard")
    with pytest.raises(ProtectedFileError, match="is an input file"):
        atomic_write(tmp_path / name, b"x", keep=[scan])
    assert scan.read_bytes() == b"precious"


@no_links
def test_the_input_may_be_named_by_a_link_too(tmp_path, scan):
    (tmp_path / "soft").symlink_to(scan)
    with pytest.raises(ProtectedFileError):
        atomic_write(scan, b"x", keep=[tmp_path / "soft"])


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nowhere/a.bin", "does not exist"),
        ("sub", "is a folder"),
        ("scan.dcm/a.bin", "does not exist"),
        ("x" * 300, "cannot be written"),
        pytest.param("loop", "a loop of symbolic links", marks=no_links),
        pytest.param("loop/a.bin", "does not exist", marks=no_links),
    ],
)
def test_impossible_outputs_are_one_sentence(tmp_path, scan, name, words):
    if name.startswith("loop"):
        (tmp_path / "loop").symlink_to("loop")
    for refuse in (check_output, lambda path: atomic_write(path, b"x")):
        with pytest.raises(FileError, match=words) as caught:
            refuse(tmp_path / name)
        assert "\n" not in str(caught.value)
    assert not (tmp_path / "loop").exists()


@pytest.mark.parametrize(("name", "words"), [("none", "no such file"), ("sub", "cannot be read")])
def test_what_cannot_be_read_is_one_sentence(tmp_path, scan, name, words):
    with pytest.raises(UnreadableFileError, match=f"{name}: .*{words}"):
        read_file(tmp_path / name)
    assert read_file(scan) == b"precious"


def test_standard_input_is_read_unless_it_is_closed(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"precious")))
    assert read_file("-") == b"precious"
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UnreadableFileError, match="standard input: is closed"):
        read_file("-")


def test_a_full_disk_is_found_out_before_the_work(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=5000))
    check_output(tmp_path / "a.bin", size_bytes=5000)
    with pytest.raises(FileError, match="5001 bytes are needed and its disk has 5000 free"):
        check_output(tmp_path / "a.bin", size_bytes=5001)
    assert os.listdir(tmp_path) == []


def test_a_folder_has_room_too(tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=5000))
    check_folder(tmp_path / "new", size_bytes=5000)
    with pytest.raises(FileError, match="5001 bytes are needed and its disk has 5000 free"):
        check_folder(tmp_path / "new", size_bytes=5001)


def test_a_folder_that_cannot_be_filled_is_not_there(tmp_path):
    said = r"new: cannot be written \(No space left on device\)$"
    with pytest.raises(FileError, match=said), whole_folder(tmp_path / "new") as folder:
        (folder / "a").write_bytes(b"half")
        raise OSError(28, "No space left on device")
    assert os.listdir(tmp_path) == []


def test_a_file_to_keep_that_is_not_there_protects_nothing(tmp_path):
    (tmp_path / "a.bin").write_bytes(b"old")
    atomic_write(tmp_path / "a.bin", b"new", keep=[tmp_path / "missing"])
    assert (tmp_path / "a.bin").read_bytes() == b"new"


@pytest.mark.parametrize("write", [check_output, lambda path: atomic_write(path, b"x")])
def test_the_terminal_is_no_place_for_a_file(monkeypatch, capsys, write):
    write("-")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    with pytest.raises(FileError, match="standard output"):
        write("-")


@pytest.mark.parametrize("failing", ["write", "making"])
def test_a_disk_that_refuses_is_found_out_before_the_work(tmp_path, monkeypatch, failing):
    class Full:
        def __init__(self, dir):
            if failing == "making":
                raise OSError(30, "Read-only file system")

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def write(self, data):
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("tempfile.TemporaryFile", Full)
    with pytest.raises(FileError, match="cannot be written"):
        check_output(tmp_path / "a.bin")


@pytest.mark.skipif(not os.path.exists("/dev/null"), reason="no devices in the file system")
def test_devices_are_not_replaced():
    with pytest.raises(FileError, match="device"):
        check_output("/dev/null")


@pytest.mark.skipif(
    getattr(os, "geteuid", int)() == 0,
    reason="root may write everywhere, and on Windows a folder has no such bit",
)
def test_no_permission(tmp_path):
    tmp_path.chmod(0o500)
    with pytest.raises(FileError, match="Permission denied"):
        atomic_write(tmp_path / "a.bin", b"x")


def test_a_file_is_no_folder_to_fill(tmp_path):
    (tmp_path / "a").write_bytes(b"kept")
    with pytest.raises(FileError, match="is not a folder; name a new one"):
        check_folder(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"kept"
