import numpy as np
import pytest

from mmpc.batch.inputs import file_stem, find_files, read_frames
from mmpc.errors import UnreadableFileError, UnsupportedPixelsError
from mmpc.images.samples import find_packaged_file


@pytest.fixture
def tree(tmp_path):
    for name in ("a/1.npy", "a/2.npy", "b/1.npy", ".hidden/1.npy", "a/.git", "out/x.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_names_are_paths_inside_the_folder(tree):
    assert list(find_files([tree], skip=tree / "out")) == ["a/1.npy", "a/2.npy", "b/1.npy"]


def test_several_folders_are_named(tree):
    files = find_files([tree / "a", tree / "b", tree / "a/2.npy"])
    assert sorted(files) == ["a/1.npy", "a/2.npy", "b/1.npy"]
    assert files["b/1.npy"] == (tree / "b/1.npy").resolve()
    assert list(find_files([tree / "a/2.npy"])) == ["2.npy"]


def test_equal_names_are_told_apart(tree):
    (tree / "c/a").mkdir(parents=True)
    (tree / "c/a/1.npy").touch()
    names = set(find_files([tree / "a", tree / "c/a"]))
    assert names == {"a/2.npy", "c/a/1.npy", f"{tree.name}/a/1.npy"}


def test_what_is_not_there(tree):
    with pytest.raises(UnreadableFileError, match=r"none\.npy"):
        find_files([tree / "none.npy"])
    (tree / "empty").mkdir()
    with pytest.raises(UnreadableFileError, match="no file"):
        find_files([tree / "empty"])


def test_frames(tmp_path):
    frames = list(read_frames(find_packaged_file("eCT_Supplemental.dcm")))
    assert [number for number, _ in frames] == [0, 1]
    assert not np.array_equal(frames[0][1].pixels, frames[1][1].pixels)
    np.save(tmp_path / "float.npy", np.zeros((4, 4)))
    with pytest.raises(UnsupportedPixelsError, match="float"):
        list(read_frames(tmp_path / "float.npy"))


def test_stems():
    assert file_stem("I0.dcm") == "I0"
    assert file_stem("a/b/I0.dcm", 3) == "a_b_I0_f3"
