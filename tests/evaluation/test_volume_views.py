"""The picture of a volume before and after coding: which cuts it shows, and how."""

import numpy as np
import pytest

from mmpc.evaluation.volume_views import ERROR_LIMIT_HU, WINDOW_HU, draw_views

figure_module = pytest.importorskip("matplotlib.figure", reason="matplotlib is not installed")
VOLUME = np.arange(6 * 8 * 10, dtype=np.int16).reshape(6, 8, 10)


@pytest.fixture
def shown(tmp_path, monkeypatch):
    """Return the images of the figure by their titles."""
    drawn = []
    save = figure_module.Figure.savefig
    monkeypatch.setattr(
        figure_module.Figure,
        "savefig",
        lambda self, path: (drawn.append(self), save(self, path, dpi=20)),
    )
    draw_views(VOLUME, {"coded": VOLUME + 2}, -1000.0, 2.5, tmp_path / "a.png")
    assert (tmp_path / "a.png").stat().st_size > 500
    return {axis.get_title(): axis for axis in drawn[0].axes if axis.images}


def test_the_middle_along_each_axis_in_hounsfield_units(shown):
    expected = {
        "axial": VOLUME[3] - 1000,
        "coronal": VOLUME[::-1, 4] - 1000,
        "sagittal": VOLUME[::-1, :, 5] - 1000,
    }
    for name, cut in expected.items():
        for title, more in ((f"{name}, original", 0), (f"coded, {name}", 2)):
            (image,) = shown[title].images
            np.testing.assert_array_equal(image.get_array(), cut + more)
            assert image.get_clim() == WINDOW_HU
            assert shown[title].get_aspect() == (1.0 if name == "axial" else 2.5)


def test_the_error_of_what_was_decoded_alone(shown):
    assert set(shown) == {
        *(f"{name}, original" for name in ("axial", "coronal", "sagittal")),
        *(f"coded, {name}" for name in ("axial", "coronal", "sagittal")),
        "error, axial",
    }
    (image,) = shown["error, axial"].images
    assert (image.get_array() == 2).all()
    assert image.get_clim() == (-ERROR_LIMIT_HU, ERROR_LIMIT_HU)
