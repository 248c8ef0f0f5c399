"""What ``mmpc info`` prints of a stream, for people and for programs."""

import json

import numpy as np
import pytest

import mmpc
from mmpc import info

IMAGE = np.arange(77, dtype=np.uint16).reshape(7, 11)
CT = {"vr": "CS", "Value": ["CT"]}


@pytest.fixture
def printed(tmp_path, capsys):
    """Return what is printed of the stream of an image with some metadata."""

    def of(metadata, *options, image=IMAGE):
        path = tmp_path / "a.mmpc"
        path.write_bytes(mmpc.compress(image, max_error=2, metadata=metadata))
        assert info.main([str(path), *options]) == 0
        return capsys.readouterr().out

    return of


def test_an_image_that_says_nothing(printed):
    lines = printed(None).splitlines()
    fields = dict(line.split(maxsplit=1) for line in lines)
    told = mmpc.read_header(mmpc.compress(IMAGE, max_error=2)).to_dict()
    del told["metadata"]
    assert fields == {name: str(value) for name, value in told.items()}
    places = {line.index(fields[line.split()[0]], len(line.split()[0])) for line in lines}
    assert len(places) == 1  # one column of values


def test_metadata_and_elements_of_an_image(printed):
    text = printed({"lossless": True, "note": "größer", "dicom": {"00080060": CT}})
    *_, head, first, second, elements, line = text.splitlines()
    assert (head, elements) == ("metadata:", "DICOM elements:")
    assert first.split() == ["lossless", "true"] and second.split() == ["note", '"größer"']
    assert first.startswith("  ") and line.split() == ["(0008,0060)", "Modality", "CT"]
    assert line.startswith("  (")


def test_elements_alone(printed):
    text = printed({"dicom": {"00080060": CT}})
    assert "metadata:" not in text and "DICOM elements:\n  (0008,0060)" in text


def test_what_slices_have_in_common_and_what_not(printed):
    own = [{"dicom": {"00201041": {"vr": "DS", "Value": [height]}}} for height in (5, 6, 7)]
    volume = np.stack([IMAGE] * 3)
    text = printed({"dicom": {"00080060": CT}, "slices": own}, image=volume)
    common, differing = text.split("What differs by slice, of the first and of the last:\n")
    assert "DICOM elements of all slices:\n  (0008,0060)" in common
    assert [line.split()[-1] for line in differing.splitlines()] == ["0:", "5", "2:", "7"]
    assert all(line.startswith("  ") for line in differing.splitlines())


def test_for_programs(printed):
    told = json.loads(printed({"note": "a"}, "--json"))
    assert told["metadata"] == {"note": "a"} and told["largest_error"] == 2


def test_a_foreign_file_is_named(tmp_path, capsys):
    (tmp_path / "a.mmpc").write_bytes(b"something else")
    assert info.main([str(tmp_path / "a.mmpc")]) == 1
    assert str(tmp_path / "a.mmpc") in capsys.readouterr().err
