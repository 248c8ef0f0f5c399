"""Where voxels lie, computed by hand for slices that face any way."""

import numpy as np
import pytest

from mmpc.errors import UnwritableImageError
from mmpc.images.dicom.geometry import are_uneven, geometry_of, lean_degrees

# Rows go to the back of the patient, columns down to the feet: sagittal, first at the right.
ALONG_ROW, ALONG_COLUMN = (0, 1, 0), (0, 0, -1)
NORMAL = (-1, 0, 0)


def elements(position, **others):
    values = {
        "00200032": position,
        "00200037": (*ALONG_ROW, *ALONG_COLUMN),
        "00280030": (0.5, 0.75),  # between rows, between columns
        "00281053": (2,),
        "00281052": (-7,),
        **others,
    }
    return {tag: {"vr": "DS", "Value": list(value)} for tag, value in values.items()}


def series(*positions, **others):
    """Return metadata of slices at these places."""
    return {"slices": [{"dicom": elements(position, **others)} for position in positions]}


def test_a_stack_of_three():
    found = geometry_of(series((5, 6, 7), (3, 6, 7), (1, 6, 7)), 3)
    expected = [[0, 0, -2, 5], [0.75, 0, 0, 6], [0, -0.5, 0, 7], [0, 0, 0, 1]]
    np.testing.assert_array_equal(found.affine_mm, expected)
    assert (found.rescale_slope, found.rescale_intercept, found.notes) == (2, -7, ())


@pytest.mark.parametrize(
    ("said", "step_mm"),
    [
        ({"00180088": (3,), "00180050": (2,)}, 3),  # SpacingBetweenSlices before SliceThickness
        ({"00180050": (2,)}, 2),
        ({}, 1),
        ({"00180050": (-2,)}, 1),
    ],
)
def test_a_single_slice_is_as_thick_as_it_says(said, step_mm):
    found = geometry_of({"dicom": elements((5, 6, 7), **said)}, 1)
    np.testing.assert_array_equal(found.affine_mm[:3, 2], step_mm * np.array(NORMAL))
    np.testing.assert_array_equal(found.affine_mm[:3, 3], (5, 6, 7))


def test_distances_that_differ():
    assert not are_uneven(np.array([])) and not are_uneven(np.array([2.0]))
    assert not are_uneven(np.array([2.0, 2.09, 2.0])) and are_uneven(np.array([2.0, 2.2, 2.0]))
    found = geometry_of(series((5, 6, 7), (3, 6, 7), (0, 6, 7)), 3)
    assert found.notes == ("warning: the slices lie 2 to 3 mm apart, and one matrix says the mean",)
    np.testing.assert_array_equal(found.affine_mm[:3, 2], (-2.5, 0, 0))


def test_a_stack_that_leans():
    assert lean_degrees(np.array([-1.0, 1, 0]), np.array(NORMAL)) == pytest.approx(45)
    assert lean_degrees(np.array([-1.0, 0, 0]), np.array(NORMAL)) == 0
    assert lean_degrees(np.array([0.0, 0, 0]), np.array(NORMAL)) == 0
    found = geometry_of(series((5, 6, 7), (3, 6, 8), (1, 6, 9)), 3)
    assert found.notes == (
        "the stack leans, so the matrix has a shear, which some programs refuse",
    )
    np.testing.assert_array_equal(found.affine_mm[:3, 2], (-2, 0, 1))


@pytest.mark.parametrize(
    "wrong",
    [
        {"00200037": (1, 0, 0)},
        {"00280030": (0.5,)},
        {"00280030": (0.5, float("nan"))},
        {"00200032": (1, 2)},
        {"00200032": ("a", "b", "c")},
    ],
)
def test_a_place_that_is_not_said(wrong):
    found = geometry_of({"dicom": elements((5, 6, 7)) | elements((5, 6, 7), **wrong)}, 1)
    assert found.affine_mm is None
    assert (found.rescale_slope, found.rescale_intercept) == (2, -7)


def test_no_rescale_is_none_and_two_are_too_many():
    nowhere = {"dicom": {}}
    found = geometry_of(nowhere, 1)
    assert (found.affine_mm, found.rescale_slope, found.rescale_intercept) == (None, 1, 0)
    slices = series((5, 6, 7), (3, 6, 7))
    slices["slices"][1]["dicom"]["00281053"]["Value"] = [3]
    with pytest.raises(UnwritableImageError, match="rescale differs by slice"):
        geometry_of(slices, 2)
