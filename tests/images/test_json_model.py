"""Datasets in the DICOM JSON model: exactly, or named as lost."""

import pytest
from pydicom import DataElement, Dataset

from mmpc.errors import MetadataError
from mmpc.images.dicom.json_model import element_lines, from_json, to_json


def dataset_of(*elements):
    dataset = Dataset()
    for tag, vr, value in elements:
        dataset.add(DataElement(tag, vr, value))
    return dataset


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0.5", 0.5),
        ("0.50", "0.50"),
        ("1e3", "1e3"),
        ("12", 12),
        ("012", "012"),
        ("-0.1234567890123", -0.1234567890123),  # 16 characters, as many as there may be
        ("0.12345678901234", 0.12345678901234),
    ],
)
def test_decimals_come_back_as_they_were_written(text, said):
    elements, lost = to_json(dataset_of((0x00181050, "DS", text)))
    assert (elements, lost) == ({"00181050": {"vr": "DS", "Value": [said]}}, [])
    assert type(elements["00181050"]["Value"][0]) is type(said)
    assert str(from_json({"dicom": elements})[0x00181050].value) == text


@pytest.mark.parametrize(("vr", "texts"), [("DS", ["0.5", "", "2"]), ("IS", ["1", "2"])])
def test_several_numbers_and_none_among_them(vr, texts):
    elements, lost = to_json(dataset_of((0x00181050, vr, texts)))
    assert not lost
    assert [one or "" for one in map(str, from_json({"dicom": elements})[0x00181050].value)] == [
        text or "" for text in texts
    ]


def test_what_json_has_no_word_for_is_named_as_lost():
    dataset = dataset_of((0x00089459, "FL", float("nan")), (0x00080060, "CS", "CT"))
    elements, lost = to_json(dataset)
    assert list(elements) == ["00080060"] and lost == [0x00089459]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("CT \0", "CT"), (["A\0", "B"], ["A", "B"]), (["A", "B \0\0"], ["A", "B"])],
)
@pytest.mark.parametrize("depth", [0, 1, 2])
def test_nuls_that_pad_a_text_are_dropped(value, expected, depth):
    dataset = dataset_of((0x00080070, "LO", value))
    for _ in range(depth):
        dataset = dataset_of((0x00082112, "SQ", [dataset]))
    elements, lost = to_json(dataset)
    assert not lost
    found = from_json({"dicom": elements})
    for _ in range(depth):
        found = found[0x00082112].value[0]
    assert found[0x00080070].value == expected


@pytest.mark.parametrize("items", [[], [Dataset()], [dataset_of((0x00080060, "CS", "CT"))] * 2])
def test_sequences(items):
    elements, lost = to_json(dataset_of((0x00082112, "SQ", items)))
    assert not lost
    assert from_json({"dicom": elements})[0x00082112].value == items


def test_bytes_and_what_has_no_value():
    dataset = dataset_of((0x00283006, "OW", b"\1\2"), (0x00100010, "PN", None))
    elements, lost = to_json(dataset)
    assert not lost and elements["00283006"] == {"vr": "OW", "InlineBinary": "AQI="}
    again = from_json({"dicom": elements})
    assert again[0x00283006].value == b"\1\2" and again[0x00100010].is_empty


@pytest.mark.parametrize("metadata", [None, {}, {"dicom": {}}])
def test_no_elements(metadata):
    assert len(from_json(metadata)) == 0


@pytest.mark.parametrize(
    "elements",
    [
        {"0008": 5},
        {"xx": {"vr": "CS"}},
        {"00080060": {"Value": ["CT"]}},
        {"00283006": {"vr": "OW", "Value": [1], "InlineBinary": "AQI="}},
    ],
)
def test_what_is_no_such_model(elements):
    with pytest.raises(
        MetadataError, match=r"^a\.mmpc: the metadata are not DICOM elements in JSON"
    ):
        from_json({"dicom": elements}, "a.mmpc")


def test_lines_for_the_terminal():
    lines = element_lines(
        {
            "00280030": {"vr": "DS", "Value": [0.5, 0.25]},
            "00080060": {"vr": "CS", "Value": ["C\x1bT"]},
            "00082112": {"vr": "SQ", "Value": [{"00080060": {"vr": "CS"}}]},
            "00091001": {"vr": "LO", "Value": ["x" * 200]},
            "00100010": {"vr": "PN"},
        }
    )
    assert [line[:11] for line in lines] == [
        *("(0008,0060)", "(0008,2112)", "(0009,1001)", "(0010,0010)", "(0028,0030)")
    ]
    assert lines[0].split() == ["(0008,0060)", "Modality", "C", "T"]
    assert lines[1].endswith('[{"00080060": {"vr": "CS"}}]')
    assert "unknown" in lines[2] and lines[2].endswith(" " + "x" * 120)
    assert lines[3] == f'{"(0010,0010) PatientName":40} ""'
    assert lines[4] == f"{'(0028,0030) PixelSpacing':40} 0.5 \\ 0.25"
    assert element_lines("text") == ['"text"']
