"""`mmpc.compress_slices`: a volume that never is in memory, into a file."""

import numpy as np
import pytest

import mmpc
from mmpc.errors import FileError, InvalidParameterError, UnsupportedImageError
from tests.v2.test_vectors import volume

ORIGINAL = volume(19, 17, 20, 1)


def counted(slices, seen):
    for one in slices:
        seen.append(one)
        yield one


@pytest.mark.parametrize("jobs", [1, 3])
@pytest.mark.parametrize("goal", [{"quality": 40}, {"max_error": 1}])
def test_the_bytes_are_those_of_a_volume_in_memory(goal, jobs, tmp_path):
    path = tmp_path / "a.mmpc"
    size_bytes = mmpc.compress_slices(iter(ORIGINAL), path, n_slices=19, jobs=jobs, **goal)
    data = path.read_bytes()
    assert data == mmpc.compress(ORIGINAL, **goal)
    assert size_bytes == len(data)


def test_slices_are_taken_as_they_are_needed(tmp_path):
    seen, taken = [], []

    def progress(done, total):
        taken.append((done, len(seen), total))

    many = volume(40, 8, 9, 1)
    mmpc.compress_slices(
        counted(many, seen), tmp_path / "a.mmpc", n_slices=40, max_error=0, progress=progress
    )
    assert taken[0] == (1, 1, 40)
    assert all(came <= done + 17 for done, came, _ in taken)


def test_metadata_and_region_come_along(tmp_path):
    region = mmpc.Region(ORIGINAL > 0, 4.0)
    options = {"quality": 60, "region": region, "metadata": {"a": 1}}
    mmpc.compress_slices(ORIGINAL, tmp_path / "a.mmpc", **options)
    assert (tmp_path / "a.mmpc").read_bytes() == mmpc.compress(ORIGINAL, **options)


def nothing_left(folder):
    return [path.name for path in folder.iterdir()] == []


@pytest.mark.parametrize(
    ("slices", "options", "error", "message"),
    [
        (ORIGINAL[:5], {"n_slices": 6}, InvalidParameterError, "only 5 slices came of the 6"),
        (ORIGINAL[:5], {"n_slices": 4}, InvalidParameterError, "more slices than the 4"),
        ((), {"n_slices": 2}, InvalidParameterError, "only 0 slices came of the 2"),
        ((), {"n_slices": 0}, InvalidParameterError, "0 slices are not 1 to 65535"),
        (iter(ORIGINAL), {}, InvalidParameterError, "say how many slices"),
        (ORIGINAL, {"psnr_db": 50}, InvalidParameterError, "give the whole volume"),
        (ORIGINAL, {"bitstream": 1}, InvalidParameterError, "bitstream 2"),
        (
            [ORIGINAL[0], ORIGINAL[1, :3]],
            {},
            UnsupportedImageError,
            "slice 1 has 3 x 20 samples of int16, and the first 17 x 20 of int16",
        ),
        ([ORIGINAL[0], ORIGINAL[0].astype(np.uint16)], {}, UnsupportedImageError, "of uint16"),
        ([ORIGINAL[0] / 2], {}, UnsupportedImageError, "float64"),
        (
            ORIGINAL,
            {"region": mmpc.Region(np.ones((2, 3), bool), 2.0)},
            InvalidParameterError,
            "mask",
        ),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_no_file(slices, options, error, message, tmp_path):
    with pytest.raises(error, match=message):
        mmpc.compress_slices(slices, tmp_path / "a.mmpc", **options)
    assert nothing_left(tmp_path)


def test_what_the_slices_raise_goes_through(tmp_path):
    def broken():
        yield from ORIGINAL[:3]
        raise FileNotFoundError("slice_3.dcm")

    with pytest.raises(FileNotFoundError, match=r"slice_3.dcm"):
        mmpc.compress_slices(broken(), tmp_path / "a.mmpc", n_slices=9)
    assert nothing_left(tmp_path)


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(FileError, match="does not exist"):
        mmpc.compress_slices(ORIGINAL, tmp_path / "nowhere" / "a.mmpc")
