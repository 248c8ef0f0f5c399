"""UIDs are replaced alike within a run, and otherwise in another: a secret key decides."""

import re

import numpy as np
import pytest
from pydicom import Dataset

from mmpc.errors import InvalidParameterError
from mmpc.images.dicom.deidentify import Deidentifier
from mmpc.images.reading import read_image
from tests.images.making import make_dataset, save

KEYWORDS = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID")


def uids(path, **arguments):
    result = Dataset.from_json(read_image(path, **arguments).metadata["dicom"])
    return [result[keyword].value for keyword in KEYWORDS]


@pytest.fixture
def series(tmp_path):
    """Two slices of a series."""
    paths = []
    for number in (1, 2):
        dataset = make_dataset(
            np.zeros((2, 2), np.int16),
            StudyInstanceUID="1.2.3.1",
            SeriesInstanceUID="1.2.3.1.1",
            SOPInstanceUID=f"1.2.3.1.1.{number}",
            FrameOfReferenceUID="1.2.3.99",
        )
        paths.append(save(dataset, tmp_path / f"{number}.dcm"))
    return paths


@pytest.mark.parametrize("anonymize", [True, Deidentifier()])
def test_within_a_run_uids_are_replaced_alike(series, anonymize):
    first, second = (uids(path, anonymize=anonymize) for path in series)
    assert first[:2] == second[:2] and first[3] == second[3] and first[2] != second[2]
    assert len(set(first)) == 4
    assert all(re.fullmatch(r"2\.25\.[1-9][0-9]{0,38}", uid) for uid in first)


def test_another_run_replaces_them_otherwise(series):
    """Also where there is no StudyInstanceUID: nothing in the file is the key."""
    first, second = (uids(series[0], anonymize=Deidentifier()) for _ in range(2))
    assert not set(first) & set(second)
    assert len({Deidentifier().key for _ in range(8)}) == 8
    assert len(Deidentifier().key) == 32
    bare = Dataset()
    bare.SOPInstanceUID = "1.2.3"
    new = {Deidentifier().deidentified(bare, bare).SOPInstanceUID for _ in range(8)}
    assert len(new) == 8


def test_the_key_alone_decides(series):
    """HMAC-SHA256 of 1.2.3.1 under 32 zeros, its first 16 bytes as a UUID (FORMAT.md)."""
    deidentifier = Deidentifier(bytes(32))
    assert uids(series[0], anonymize=deidentifier) == uids(series[0], anonymize=deidentifier)
    digest = bytes.fromhex("4dfa410481cfb81eed9d3f03fdf7db28")
    assert uids(series[0], anonymize=deidentifier)[0] == f"2.25.{int.from_bytes(digest)}"
    assert "0000" not in repr(deidentifier) and str(bytes(32)) not in repr(deidentifier)


def test_every_value_of_a_uid_is_replaced():
    dataset = Dataset()
    dataset.FailedSOPInstanceUIDList = ["1.2.3.1", "1.2.3.2", "1.2.3.3"]
    deidentifier = Deidentifier()
    new = deidentifier.deidentified(dataset, Dataset()).FailedSOPInstanceUIDList
    assert new == [deidentifier.replace_uid(f"1.2.3.{number}") for number in (1, 2, 3)]
    assert len(set(new)) == 3 and all(uid.startswith("2.25.") for uid in new)
    assert dataset.FailedSOPInstanceUIDList[0] == "1.2.3.1", "the original is left alone"
    dataset.FailedSOPInstanceUIDList = ["1.2.3.1", "1.2.3.2"]
    assert deidentifier.deidentified(dataset, Dataset()).FailedSOPInstanceUIDList == new[:2]


def test_uids_of_the_standard_stay():
    talairach, ct, explicit = (
        "1.2.840.10008.1.4.1.1",
        "1.2.840.10008.5.1.4.1.1.2",
        "1.2.840.10008.1.2.1",
    )
    dataset, reference = Dataset(), Dataset()
    dataset.SOPClassUID, dataset.FrameOfReferenceUID = ct, talairach
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = ct, "1.2.3"
    dataset.ReferencedImageSequence = [reference]
    dataset.UID = explicit
    clean = Deidentifier().deidentified(dataset, Dataset())
    assert (clean.SOPClassUID, clean.FrameOfReferenceUID, clean.UID) == (ct, talairach, explicit)
    assert clean.ReferencedImageSequence[0].ReferencedSOPClassUID == ct
    assert clean.ReferencedImageSequence[0].ReferencedSOPInstanceUID.startswith("2.25.")


def test_a_key_that_can_be_guessed_is_refused():
    with pytest.raises(InvalidParameterError, match="at least 32 bytes"):
        Deidentifier(b"secret")
