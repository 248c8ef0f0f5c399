"""Body, lungs and bone of a CT slice, by thresholds and morphology that the eye can check.

They are for comparing an image with its decoded one, not for finding organs. Sizes are in mm,
so that they mean the same in every slice.
"""

import numpy as np
from scipy.ndimage import binary_fill_holes
from skimage.measure import label
from skimage.morphology import isotropic_dilation, isotropic_erosion

BODY_HU, LUNG_HU, BONE_HU = -300, -400, 200
_TABLE_MM = 2.0  # what is thinner than twice this is no body
_VESSEL_MM = 2.5  # vessels up to twice this are inside a lung
_SMALLEST_LUNG_MM2 = 500.0
_SMALLEST_BONE_MM2 = 10.0


def body_mask(image_hu: np.ndarray, pixel_spacing_mm: float) -> np.ndarray:
    """Return the largest dense piece, without what is thin, with its holes.

    Parameters
    ----------
    image_hu : ndarray of float, shape (rows, columns)
        A slice.
    pixel_spacing_mm : float
        Distance of neighbouring pixels.

    Returns
    -------
    ndarray of bool, shape (rows, columns)
        Empty where nothing is dense.
    """
    dense = _opened(image_hu > BODY_HU, _TABLE_MM / pixel_spacing_mm)
    pieces, areas = _pieces(dense)
    return binary_fill_holes(pieces == areas.argmax()) if dense.any() else dense


def lung_mask(image_hu: np.ndarray, pixel_spacing_mm: float) -> np.ndarray:
    """Return what is thin as air inside the body, vessels closed; see `body_mask`."""
    air = (image_hu < LUNG_HU) & body_mask(image_hu, pixel_spacing_mm)
    lungs = _without_small(air, _SMALLEST_LUNG_MM2 / pixel_spacing_mm**2)
    return _closed(lungs, _VESSEL_MM / pixel_spacing_mm)


def bone_mask(image_hu: np.ndarray, pixel_spacing_mm: float) -> np.ndarray:
    """Return what is dense as bone, single bright pixels left out, marrow filled."""
    bone = _without_small(image_hu > BONE_HU, _SMALLEST_BONE_MM2 / pixel_spacing_mm**2)
    return binary_fill_holes(_closed(bone, 1)) & body_mask(image_hu, pixel_spacing_mm)


def _pieces(mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the number of each pixel's piece, and the pieces' areas in pixels, 0 outside."""
    pieces = label(mask, connectivity=1)
    areas = np.bincount(pieces.ravel())
    areas[0] = 0
    return pieces, areas


def _without_small(mask: np.ndarray, smallest_pixels: float) -> np.ndarray:
    pieces, areas = _pieces(mask)
    return (areas >= smallest_pixels)[pieces]


def _opened(mask: np.ndarray, radius_pixels: float) -> np.ndarray:
    return _grown(_shrunk(mask, radius_pixels), radius_pixels)


def _closed(mask: np.ndarray, radius_pixels: float) -> np.ndarray:
    return _shrunk(_grown(mask, radius_pixels), radius_pixels)


# Both measure the distance to the nearest pixel of the other kind, so there must be one.
def _grown(mask: np.ndarray, radius_pixels: float) -> np.ndarray:
    return isotropic_dilation(mask, radius_pixels) if mask.any() else mask


def _shrunk(mask: np.ndarray, radius_pixels: float) -> np.ndarray:
    return mask if mask.all() else isotropic_erosion(mask, radius_pixels)
