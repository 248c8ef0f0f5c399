"""Masks, their overlap, and measurements on slices drawn so that the answers are known."""

import numpy as np
import pytest

from mmpc.tasks.agreement import Agreement
from mmpc.tasks.masks import body_mask, bone_mask, lung_mask
from mmpc.tasks.measurements import BodyComposition, Calcium, Emphysema, Region
from mmpc.tasks.overlap import Overlap

SPACING_MM = 0.8


def disc(side: int, radius: float, row: float = 0, column: float = 0) -> np.ndarray:
    place = np.arange(side) - (side - 1) / 2
    return np.hypot(place[:, None] - row, place - column) <= radius


def drawn_chest() -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return a slice of water, two lungs, a rib and a thin table, and where they are."""
    body = disc(256, 110)
    lungs = disc(256, 35, column=-50) | disc(256, 35, column=50)
    bone = disc(256, 10, row=80)
    image = np.full((256, 256), -1000.0)
    image[250:252, 20:236] = 100  # two pixels thick
    image[body] = 40
    image[lungs] = -850
    image[bone] = 600
    image[128, 60:70] = 30  # a vessel in a lung
    return image, {"body": body, "lung": lungs, "bone": bone}


@pytest.mark.parametrize(
    ("find", "name"), [(body_mask, "body"), (lung_mask, "lung"), (bone_mask, "bone")]
)
def test_masks_find_what_was_drawn(find, name):
    image, drawn = drawn_chest()
    found = Overlap.of(find(image, SPACING_MM), drawn[name], SPACING_MM)
    assert found.dice > 0.985
    assert found.hausdorff_mm <= 2 * SPACING_MM


def test_masks_of_nothing_are_empty():
    air = np.full((64, 64), -1000.0)
    assert not any(find(air, 1.0).any() for find in (body_mask, lung_mask, bone_mask))


def test_dice_of_shifted_discs():
    """Two discs of radius r, d apart: 2 r^2 acos(d / 2r) - d / 2 sqrt(4 r^2 - d^2) in common."""
    radius, apart = 60.0, 24
    one, other = disc(256, radius), np.roll(disc(256, radius), apart, axis=1)
    common = 2 * radius**2 * np.arccos(apart / 2 / radius)
    common -= apart / 2 * np.sqrt(4 * radius**2 - apart**2)
    found = Overlap.of(one, other, SPACING_MM)
    assert found.dice == pytest.approx(common / (np.pi * radius**2), rel=0.01)
    # The border is furthest off where the shift points: nearly the whole shift.
    assert 0.9 * apart * SPACING_MM < found.hausdorff_mm <= apart * SPACING_MM


def test_overlap_of_empty_masks():
    nothing, something = np.zeros((9, 9), bool), disc(9, 3)
    assert Overlap.of(nothing, nothing, 1.0) == Overlap(1.0, 0.0)
    assert Overlap.of(nothing, something, 1.0) == Overlap(0.0, float("inf"))
    assert Overlap.of(something, something, 1.0) == Overlap(1.0, 0.0)


def test_a_twentieth_of_the_borders_may_lie_further_off():
    """A line, and the same with a spike whose pixels are 1 to 100 pixels of 2 mm away."""
    borders = np.zeros((101, 300), bool), np.zeros((101, 300), bool)
    borders[0][:, 0] = True
    borders[1][:, 0] = True
    borders[1][50, 1:101] = True
    away_mm = [0.0] * 202 + [2.0 * distance for distance in range(1, 101)]
    found = Overlap.of(*borders, 2.0)
    assert found.hausdorff_mm == pytest.approx(np.percentile(away_mm, 95))


def test_a_region():
    image = np.array([[1.0, 2, 3], [100, 100, 100]])
    mask = np.array([[True] * 3, [False] * 3])
    assert Region.of(image, mask, 2.0) == Region(2.0, 1.0, 12.0)


def test_emphysema():
    image = np.linspace(-1000, -900, 1001)[None]
    found = Emphysema.of(image, np.ones_like(image, bool))
    assert found.below_950_hu_percent == pytest.approx(50, abs=0.1)
    assert found.percentile_15_hu == pytest.approx(-985)


def test_calcium_is_weighted_by_the_peak_of_each_piece():
    image = np.zeros((20, 20))
    image[2:4, 2:4] = 130  # 4 mm2, weight 1
    image[8:10, 8:10] = 150
    image[8, 8] = 299  # 4 mm2, weight 2
    image[14:16, 14:16] = 900  # 4 mm2, weight 4
    image[18, 2] = 500  # 1 mm2, weight 4
    everywhere = np.ones_like(image, bool)
    assert Calcium.of(image, everywhere, 1.0) == Calcium(4 + 8 + 16 + 4, 13)
    assert Calcium.of(image, everywhere, 0.5).area_mm2 == 3  # the single pixel is too small
    assert Calcium.of(image, ~everywhere, 1.0) == Calcium(0, 0)


def test_body_composition():
    image = np.array([[-29.0, 150, 151, -30, -190, -191, 700, 50]])
    body = np.ones_like(image, bool)
    bone = image == 700
    assert BodyComposition.of(image, body, bone, 2.0) == BodyComposition(12, 8, 4)


def test_agreement_of_known_differences():
    before = np.array([10.0, 20, 30, 40])
    found = Agreement.between(before, before + np.array([1, 2, 3, 2]))
    sd = np.sqrt(2 / 3)
    assert found.bias == 2
    assert found.limits == pytest.approx((2 - 1.96 * sd, 2 + 1.96 * sd))
    # Student's t for three degrees of freedom is 3.182.
    assert found.bias_interval == pytest.approx((2 - 3.182 * sd / 2, 2 + 3.182 * sd / 2), rel=1e-3)
    assert found.n == 4
