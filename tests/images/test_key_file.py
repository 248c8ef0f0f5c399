"""The key of the new UIDs in a file: made once, for its owner alone, and the same ever after."""

import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from pydicom import Dataset

import mmpc
from mmpc import encode
from mmpc.errors import FileError
from mmpc.images.dicom.key_file import read_or_make_key
from tests.conftest import no_pipes
from tests.images.making import make_dataset, save


def test_a_key_is_made_for_its_owner_alone_and_read_again(tmp_path):
    path = tmp_path / "key"
    before = os.umask(0)
    try:
        key = read_or_make_key(path)
    finally:
        os.umask(before)
    assert len(key) == 32
    if os.name == "posix":  # on Windows a user's folders are private
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert re.fullmatch(r"[0-9a-f]{64}\n", path.read_text())
    assert path.read_text().strip() == key.hex()
    assert read_or_make_key(str(path)) == key
    assert read_or_make_key(tmp_path / "other") != key
    assert sorted(os.listdir(tmp_path)) == ["key", "other"]


def test_a_key_may_be_written_by_hand(tmp_path):
    path = tmp_path / "key"
    path.write_text("  " + "AB" * 32)
    assert read_or_make_key(path) == b"\xab" * 32


def test_runs_that_start_together_agree_on_one_key(tmp_path):
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(read_or_make_key, [tmp_path / "key"] * 64))
    assert len(keys) == 1
    assert os.listdir(tmp_path) == ["key"]


@pytest.mark.parametrize(
    "content",
    [b"", b"ab" * 31, b"ab" * 33, b"zz" * 32, b"\xff" * 64, b"ab" * 10**6, b"a" * 63],
    ids=["empty", "short", "long", "no digits", "binary", "huge", "odd"],
)
def test_what_is_no_key_is_refused_and_left_alone(tmp_path, content):
    path = tmp_path / "key"
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"key: holds no key of 64 hexadecimal digits; name a file"):
        read_or_make_key(path)
    assert path.read_bytes() == content


def test_where_no_key_can_be(tmp_path):
    with pytest.raises(FileError, match="is a folder"):
        read_or_make_key(tmp_path)
    with pytest.raises(FileError, match=r"the folder .*nowhere does not exist"):
        read_or_make_key(tmp_path / "nowhere" / "key")


@no_pipes
def test_a_pipe_is_no_place_for_a_key(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(FileError, match="is a device or a pipe"):
        read_or_make_key(tmp_path / "pipe")


def test_a_key_that_is_there_is_read_where_nothing_can_be_written(tmp_path, monkeypatch):
    key = read_or_make_key(tmp_path / "key")

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("mmpc.images.dicom.key_file.secrets.token_hex", refuse)
    assert read_or_make_key(tmp_path / "key") == key


@pytest.mark.parametrize("call", ["open", "link"])
def test_a_file_system_that_refuses(tmp_path, monkeypatch, call):
    monkeypatch.setattr("mmpc.images.dicom.key_file.check_output", lambda path: None)

    def refuse(*_, **__):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, call, refuse)
    with pytest.raises(FileError, match=r"cannot be read or made \(Operation not permitted\)"):
        read_or_make_key(tmp_path / "key")
    assert os.listdir(tmp_path) == []


@pytest.fixture
def slices(tmp_path):
    """Two slices of a series; the tools' arguments to encode each."""
    for number in (1, 2):
        dataset = make_dataset(
            np.zeros((8, 8), np.int16),
            StudyInstanceUID="1.2.3.1",
            SeriesInstanceUID="1.2.3.1.1",
            SOPInstanceUID=f"1.2.3.1.1.{number}",
        )
        save(dataset, tmp_path / f"{number}.dcm")
    return tmp_path


def encoded(folder, number, *options):
    stream = folder / f"{number}.mmpc"
    arguments = [folder / f"{number}.dcm", stream, "--bitstream", 1, "--anonymize", *options]
    assert encode.main([str(argument) for argument in arguments]) == 0
    return Dataset.from_json(mmpc.read_header(stream.read_bytes()).metadata["dicom"])


def test_runs_with_the_same_key_file_match(slices):
    key = ("--anonymize-key", slices / "key")
    first, second = (encoded(slices, number, *key) for number in (1, 2))
    assert first.SeriesInstanceUID == second.SeriesInstanceUID != "1.2.3.1.1"
    assert first.SOPInstanceUID != second.SOPInstanceUID
    other = encoded(slices, 1, "--anonymize-key", slices / "another key")
    assert other.SeriesInstanceUID != first.SeriesInstanceUID


def test_errors_of_the_tool_are_one_line(slices, capsys):
    (slices / "key").write_text("no key")
    stream = str(slices / "1.mmpc")
    arguments = [str(slices / "1.dcm"), stream, "--bitstream", "1", "--anonymize"]
    assert encode.main([*arguments, "--anonymize-key", str(slices / "key")]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1 and "holds no key" in error
    assert not (slices / "1.mmpc").exists()
    assert encode.main([*arguments, "--anonymize-key", stream]) == 1, "the key is no output"
    assert "is an input file" in capsys.readouterr().err
    assert not (slices / "1.mmpc").exists()
    with pytest.raises(SystemExit) as stop:
        encode.main([*arguments[:-1], "--anonymize-key", str(slices / "new")])
    assert stop.value.code == 2
    assert "does nothing without --anonymize" in capsys.readouterr().err
    assert not (slices / "new").exists()
