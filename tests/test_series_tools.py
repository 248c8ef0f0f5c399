"""``mmpc encode FOLDER``, ``decode`` into a folder and ``--slice``, ``info`` of a series."""

import json

import numpy as np
import pytest
from pydicom import dcmread

import mmpc
from mmpc import decode, encode, info
from tests.images.series_making import save_shuffled, slices_of
from tests.images.test_series import same_elements

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning")


def run(tool, capsys, *arguments, code=0):
    """Run a tool; return what it prints on both streams."""
    try:
        got = tool.main([str(one) for one in arguments])
    except SystemExit as stop:
        got = stop.code
    said = capsys.readouterr()
    assert got == code, said
    return said.out, said.err


@pytest.fixture
def folder(tmp_path):
    """Return a folder with one series, and its files in the order of the slices."""
    return tmp_path / "in", save_shuffled(slices_of(n_slices=5), tmp_path / "in")


def test_a_series_there_and_back_without_loss(tmp_path, folder, capsys):
    source, paths = folder
    before = {path.name: path.read_bytes() for path in source.iterdir()}
    stream, out = tmp_path / "s.mmpc", tmp_path / "out"
    run(encode, capsys, source, stream, "--max-error", 0, "--verify")
    text, _ = run(decode, capsys, stream, out)
    assert "5 slices of 20 x 24 int16" in text
    written = sorted(out.iterdir())
    assert all(same_elements(*pair) for pair in zip(written, paths, strict=True))
    assert {path.name: path.read_bytes() for path in source.iterdir()} == before
    run(decode, capsys, stream, tmp_path / "all.npy")
    expected = np.stack([dcmread(path).pixel_array for path in paths])
    np.testing.assert_array_equal(np.load(tmp_path / "all.npy"), expected)
    _, error = run(decode, capsys, stream, out, code=1)
    assert "not empty" in error and error.count("\n") == 1


@pytest.mark.parametrize("how", [("--max-error", 0), ("--quality", 30, "--preset", "fast")])
@pytest.mark.parametrize("what", [(), ("--anonymize",), ("--metadata", "whitelist")])
def test_one_slice_is_the_file_that_the_folder_has(tmp_path, folder, capsys, how, what):
    stream = tmp_path / "s.mmpc"
    run(encode, capsys, folder[0], stream, *how, *what)
    run(decode, capsys, stream, tmp_path / "out")
    for index in (0, 3):
        run(decode, capsys, stream, tmp_path / "one.dcm", "--slice", index)
        whole = (tmp_path / "out" / f"slice_000{index}.dcm").read_bytes()
        assert (tmp_path / "one.dcm").read_bytes() == whole
    run(decode, capsys, stream, tmp_path / "one.npy", "--slice", 3)
    np.testing.assert_array_equal(np.load(tmp_path / "one.npy"), mmpc.open(stream)[3])


def test_slices_without_a_uid_become_different_objects(tmp_path, folder, capsys):
    stream = tmp_path / "s.mmpc"
    run(encode, capsys, folder[0], stream, "--max-error", 0, "--metadata", "none")
    _, error = run(decode, capsys, stream, tmp_path / "out", code=1)
    assert "which object each slice is" in error and error.count("\n") == 1
    assert not (tmp_path / "out").exists()
    for index in (1, 2):
        run(decode, capsys, stream, tmp_path / f"{index}.dcm", "--slice", index)
    assert len({dcmread(tmp_path / f"{index}.dcm").SOPInstanceUID for index in (1, 2)}) == 2


def test_several_series(tmp_path, folder, capsys):
    source = folder[0]
    other = slices_of("MR_small.dcm", 2, SeriesDescription="T1 of a head", SeriesNumber=900)
    save_shuffled(other, source / "deeper")
    single = tmp_path / "one.mmpc"
    _, error = run(encode, capsys, source, single, "--max-error", 0, code=1)
    assert "holds 2 series" in error and "series 2: MR, 2 files" in error and "T1 of a" in error
    assert not single.exists()
    run(encode, capsys, source, single, "--max-error", 0, "--series", other[0].SeriesInstanceUID)
    assert mmpc.open(single).shape == (2, 24, 20)
    out, _ = run(encode, capsys, source, tmp_path / "all", "--max-error", 0, "--json")
    assert [json.loads(line)["slices"] for line in out.splitlines()] == [5, 2]
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == [
        "series_1.mmpc",
        "series_2.mmpc",
    ]
    assert (tmp_path / "all" / "series_2.mmpc").read_bytes() == single.read_bytes()


def test_one_refused_series_does_not_keep_the_others(tmp_path, folder, capsys):
    other = slices_of("MR_small.dcm", 2, SeriesNumber=0)
    other[1].ImagePositionPatient = other[0].ImagePositionPatient
    paths = save_shuffled(other, folder[0] / "deeper")
    _, error = run(encode, capsys, folder[0], tmp_path / "all", "--max-error", 0, code=1)
    assert "1 of 2 series not encoded" in error and paths[0].name in error
    assert [path.name for path in (tmp_path / "all").iterdir()] == ["series_2.mmpc"]


def test_info_shows_what_is_common_and_what_is_not(tmp_path, folder, capsys):
    stream = tmp_path / "s.mmpc"
    run(encode, capsys, folder[0], stream, "--max-error", 0)
    text, _ = run(info, capsys, stream)
    common, own = text.split("What differs by slice")
    assert "PatientName" in common and "PatientName" not in own
    assert "ImagePositionPatient" in own and "ImagePositionPatient" not in common
    assert "slice 0:" in own and "slice 4:" in own
    fields = json.loads(run(info, capsys, stream, "--json")[0])
    assert len(fields["metadata"]["slices"]) == 5


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--bitstream", 1), "bitstream 2"),
        (("--frame", 0), "--frame is for a file"),
    ],
)
def test_options_that_a_folder_cannot_have(tmp_path, folder, capsys, arguments, says):
    _, error = run(encode, capsys, folder[0], tmp_path / "s.mmpc", *arguments, code=2)
    assert says in error


@pytest.mark.parametrize(
    ("output", "arguments", "says"),
    [
        ("x.dcm", (), "--slice takes one"),
        ("x.png", (), "--slice takes one"),
        ("x.npy", ("--slice", 5), "0 to 4"),
        ("in/x.dcm/y", (), "does not exist"),
    ],
)
def test_outputs_that_a_series_cannot_have(tmp_path, folder, capsys, output, arguments, says):
    stream = tmp_path / "s.mmpc"
    run(encode, capsys, folder[0], stream, "--max-error", 0)
    _, error = run(decode, capsys, stream, tmp_path / output, *arguments, code=1)
    assert says in error and error.count("\n") == 1


def test_what_is_no_series_makes_no_folder(tmp_path, capsys):
    for name, array in (
        ("image", np.zeros((8, 8), np.int16)),
        ("volume", np.zeros((3, 8, 8), "i2")),
    ):
        (tmp_path / name).write_bytes(mmpc.compress(array, max_error=0))
        _, error = run(decode, capsys, tmp_path / name, tmp_path / "out", code=1)
        assert f"holds {'an' if name == 'image' else 'a'} {name}" in error
    _, error = run(decode, capsys, tmp_path / "image", tmp_path / "x.npy", "--slice", 0, code=1)
    assert "no volume" in error
    run(decode, capsys, tmp_path / "volume", tmp_path / "x.png", "--slice", 2)
    np.save(tmp_path / "a.npy", np.zeros((8, 8), np.int16))
    run(encode, capsys, tmp_path / "a.npy", tmp_path / "a.mmpc", "--series", 1, code=2)


def test_slices_of_a_series_name_padding_of_their_own(tmp_path, capsys):
    made = slices_of(n_slices=4)
    for index, value in ((0, -2000), (1, -3000), (3, -2000)):
        pixels = made[index].pixel_array.copy()
        pixels[5:15, 6:16] = value
        made[index].PixelData, made[index].PixelPaddingValue = pixels.tobytes(), value
    paths = save_shuffled(made, tmp_path / "in")
    stream = tmp_path / "s.mmpc"
    run(encode, capsys, tmp_path / "in", stream, "--quality", 30, "--verify")
    run(decode, capsys, stream, tmp_path / "out")
    out, _ = run(info, capsys, stream, "--json")
    assert json.loads(out)["padded_slices"] == 3
    for file, path in zip(sorted((tmp_path / "out").iterdir()), paths, strict=True):
        written, original = dcmread(file), dcmread(path)
        value = original.get("PixelPaddingValue")
        assert written.get("PixelPaddingValue") == value
        assert "PixelPaddingRangeLimit" not in written
        if value is not None:
            found = written.pixel_array == value
            np.testing.assert_array_equal(found, original.pixel_array == value)


@pytest.mark.parametrize(
    ("name", "n_slices", "note"), [("head_7mm", 28, "leans by 18.5"), ("chest_2mm", 16, "")]
)
def test_real_series(tmp_path, shared_data, capsys, name, n_slices, note):
    """Files under names of another order, a part of each slice: the same objects come out."""
    paths = sorted((shared_data / name).glob("*.dcm"))  # in order of position
    cut = []
    for path in paths:
        dataset = dcmread(path)
        pixels = dataset.pixel_array[200:240, 220:252]
        dataset.decompress() if dataset.file_meta.TransferSyntaxUID.is_compressed else None
        dataset.Rows, dataset.Columns = pixels.shape
        dataset.PixelData = pixels.tobytes()
        cut.append(dataset)
    save_shuffled(cut, tmp_path / "in")
    stream = tmp_path / "s.mmpc"
    _, error = run(encode, capsys, tmp_path / "in", stream, "--max-error", 0, "--jobs", 2)
    assert note in error and bool(error) == bool(note)
    run(decode, capsys, stream, tmp_path / "out")
    written = sorted((tmp_path / "out").iterdir())
    assert len(written) == n_slices
    for file, original in zip(written, cut, strict=True):
        assert dcmread(file).SOPInstanceUID == original.SOPInstanceUID
        np.testing.assert_array_equal(dcmread(file).pixel_array, original.pixel_array)
