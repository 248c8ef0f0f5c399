"""Where is measured in a slice, and what is measured where there is enough of it."""

import numpy as np
import pytest

from mmpc.evaluation.tasks_measurements import Regions, measure
from tests.tasks.test_measurements import drawn_chest

SPACING_MM = 0.8


def test_calcium_is_looked_for_three_millimetres_from_bone():
    image, drawn = drawn_chest()
    where = Regions.of(image, SPACING_MM)
    near = where.body & ~where.away_from_bone
    rows, columns = np.nonzero(near)
    bone_rows, bone_columns = np.nonzero(where.bone)
    assert (near & where.bone).sum() == (where.body & where.bone).sum() > 0
    assert bone_rows.min() - rows.min() == bone_columns.min() - columns.min() == 3  # of 3.75
    image[drawn["bone"]] = 40
    without = Regions.of(image, SPACING_MM)
    assert not without.bone.any()
    np.testing.assert_array_equal(without.away_from_bone, without.body)


@pytest.mark.parametrize(("pixels", "enough"), [(8000, True), (7999, False)])
def test_a_lung_takes_twenty_square_centimetres(pixels, enough):
    lung = np.zeros((100, 100), bool)
    lung.flat[:pixels] = True
    where = Regions(~lung, lung, ~lung & False, ~lung, ~lung)
    found = measure(np.full((100, 100), -900.0), where, 0.5)
    assert ("15th percentile of the lung (HU)" in found) == enough
    assert ("calcium score" in found) == enough
    assert found["mean of soft tissue (HU)"] == -900
