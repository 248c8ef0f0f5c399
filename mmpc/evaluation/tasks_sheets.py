"""Sheets: images full of places, each with a lesion or without, so that one coding is many patches.

The background is seeded noise of a known spectrum, that of filtered back-projection with a soft
kernel. Every codec gets the same sheets.
"""

from typing import NamedTuple

import numpy as np

from mmpc.tasks.lesions import Lesion
from mmpc.tasks.phantoms import fbp_spectrum, noise_of_spectrum

PIXEL_SPACING_MM = 0.5
NOISE_HU = 12.0
WATER_STORED = 1024
PLACE = 40  # pixels along a side
PLACES = 12  # along a side of a sheet
# Contrasts at which the originals have a d' of 2.5 to 3.5: neither lost nor sure.
LESIONS = (Lesion(3, 15), Lesion(5, -7), Lesion(10, -3))
N_SHEETS = 12


class Patches(NamedTuple):
    """Places cut out of sheets, in HU, each of shape (n, side, side), in the order of the seeds."""

    absent: np.ndarray
    present: tuple[np.ndarray, ...]


def draw_sheet(seed: int) -> np.ndarray:
    """Return a sheet, uint16, as stored values: HU + 1024."""
    side = PLACE * PLACES
    sheet = noise_of_spectrum((side, side), PIXEL_SPACING_MM, fbp_spectrum, NOISE_HU, seed)
    places = _places(sheet)  # a view
    kinds = _kinds()
    for kind, lesion in enumerate(LESIONS, 1):
        places[kinds == kind] += lesion.draw_hu(PLACE, PIXEL_SPACING_MM)
    return np.rint(sheet + WATER_STORED).astype(np.uint16)


def cut(sheets: list[np.ndarray]) -> Patches:
    """Return the patches of sheets."""
    kinds = _kinds()
    by_kind = [
        np.concatenate([_places(sheet)[kinds == kind] for sheet in sheets]).astype(np.float64)
        - WATER_STORED
        for kind in range(len(LESIONS) + 1)
    ]
    return Patches(by_kind[0], tuple(by_kind[1:]))


def _places(sheet: np.ndarray) -> np.ndarray:
    """Return a sheet as (row of places, column of places, row, column)."""
    return sheet.reshape(PLACES, PLACE, PLACES, PLACE).swapaxes(1, 2)


def _kinds() -> np.ndarray:
    """Return what is at each place: 0 nothing, or the number of the lesion; in diagonals."""
    return np.add.outer(np.arange(PLACES), np.arange(PLACES)) % (len(LESIONS) + 1)
