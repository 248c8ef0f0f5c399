"""Sample images by name, from files or from the installed packages."""

import csv

import numpy as np
import pytest

from mmpc.errors import FileError, UnreadableFileError
from mmpc.images.samples import SAMPLES, fetch_samples, find_packaged_file, sample, sample_names
from mmpc.samples import main

needs_pydicom_data = pytest.mark.skipif(
    find_packaged_file("693_UNCR.dcm") is None, reason="pydicom-data is not installed"
)


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.delenv("MMPC_DATA", raising=False)
    monkeypatch.chdir(tmp_path)


@needs_pydicom_data
def test_head_ct():
    image = sample("head_ct")
    assert (image.pixels.shape, image.pixels.dtype) == ((512, 512), np.int16)
    assert (image.pixels.min(), image.pixels.max()) == (-2000, 2492)
    assert image.rescale_intercept == -1024


@needs_pydicom_data
def test_every_sample_can_be_read():
    for name in SAMPLES:
        assert sample(name).pixels.size >= 64 * 64


@needs_pydicom_data
def test_command_fills_the_folder(tmp_path, capsys):
    assert main(["--data", str(tmp_path / "data")]) == 0
    rows = list(csv.DictReader((tmp_path / "data" / "samples.csv").open()))
    assert [row["name"] for row in rows] == list(SAMPLES)
    assert rows[0]["range"] == "-2000 to 2492"
    assert all(all(row.values()) for row in rows)
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed[:-1]] == list(SAMPLES)
    assert printed[0].split()[1:6] == ["CT", "512", "x", "512", "int16"]
    assert "15 images" in printed[-1]
    assert sample("head_ct").source_name == "head_ct.dcm"  # now the copy in ./data


@needs_pydicom_data
@pytest.mark.parametrize("is_new", [True, False])
def test_a_new_folder_in_which_nothing_could_be_written_goes(tmp_path, monkeypatch, is_new):
    def refuse(path, data):
        raise FileError(f"{path}: no")

    monkeypatch.setattr("mmpc.images.samples.atomic_write", refuse)
    folder = tmp_path / "data"
    if not is_new:
        folder.mkdir()
    with pytest.raises(FileError):
        fetch_samples(folder)
    assert folder.exists() != is_new


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UnreadableFileError, match="cannot be made"):
        fetch_samples(tmp_path / "file" / "data")


def test_what_no_package_has(monkeypatch):
    assert find_packaged_file("no_such_file.dcm") is None
    monkeypatch.setattr("importlib.util.find_spec", lambda package: None)
    assert find_packaged_file("CT_small.dcm") is None


def test_own_files_are_picked_up(tmp_path, monkeypatch):
    own = tmp_path / "data" / "human_skull_2"
    own.mkdir(parents=True)
    for name in ("I0.dcm", "I1"):
        (own / name).write_bytes(find_packaged_file("CT_small.dcm").read_bytes())
    assert {"human_skull_2/I0", "human_skull_2/I1"} <= set(sample_names())
    assert sample("human_skull_2/I0").pixels.shape == (128, 128)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert sample("human_skull_2/I1").pixels.shape == (128, 128)
    monkeypatch.chdir("/")
    monkeypatch.setenv("MMPC_DATA", str(tmp_path / "data"))
    assert sample("human_skull_2/I1").pixels.shape == (128, 128)


def test_unknown_names_list_the_known():
    with pytest.raises(UnreadableFileError, match="head_ct"):
        sample("nobody")


def test_without_pydicom_data(monkeypatch, capsys):
    monkeypatch.setattr("mmpc.images.samples.find_packaged_file", lambda file: None)
    with pytest.raises(UnreadableFileError, match="pip install pydicom-data"):
        sample("head_ct")
    assert main(["--data", "data"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
