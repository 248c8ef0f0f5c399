"""Coded concepts stay if the standard's dictionaries have them, with the dictionaries' words."""

import pytest
from pydicom import Dataset

from mmpc.images.dicom.deidentify import Deidentifier


def code(value, scheme, meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def test_codes_of_the_standard_stay_with_the_standards_words():
    dataset = Dataset()
    dataset.AnatomicRegionSequence = [
        code("T-A0100", "SRT", "brain of Mrs Secret"),
        code("69536005", "SCT", "Head"),
        code("SECRET", "99HOSPITAL", "Mrs Secret"),
        code("SECRET", "DCM", "Mrs Secret"),
        code("122503", "DCM", "a method"),
    ]
    dataset.MeasurementUnitsCodeSequence = [
        code("ml/100ml/s", "UCUM", "flow of Mrs Secret"),
        code("[hnsf'U]", "UCUM", "HU"),
    ]
    dataset.ViewCodeSequence = [code("SECRET", "99HOSPITAL", "Mrs Secret")]
    dataset.PatientOrientationCodeSequence = []
    dataset.CodeMeaning, dataset.CodeValue = "Mrs Secret", "SECRET"
    clean = Deidentifier().deidentified(dataset, Dataset())
    regions = clean.AnatomicRegionSequence
    assert [item.CodeValue for item in regions] == ["T-A0100", "69536005", "122503"]
    assert regions[2].CodeMeaning == (
        "Integration of sum of closed areas on contiguous slices method f"  # LO ends here
    )
    units = [item.CodeMeaning for item in clean.MeasurementUnitsCodeSequence]
    assert units == ["ml/100ml/s", "Hounsfield unit"]
    assert "ViewCodeSequence" not in clean and "CodeValue" not in clean
    assert clean.PatientOrientationCodeSequence == []
    assert "ecret" not in str(clean) and "SECRET" not in str(clean)


@pytest.mark.parametrize(
    "unit", ["", "SECRET", "ml/SECRET", "555/0100", "5/5/5/0", "5550100ml", "12", "-4"]
)
def test_a_unit_is_made_of_units(unit):
    dataset = Dataset()
    dataset.MeasurementUnitsCodeSequence = [code(unit, "UCUM", "x")]
    assert "MeasurementUnitsCodeSequence" not in Deidentifier().deidentified(dataset, Dataset())
