"""Sheets: images with many places, with a lesion or without: one coding is many patches.

Three backgrounds: seeded noise of a known spectrum; a cylinder of water scanned with counted
photons and reconstructed by filtered back-projection, whose noise is stronger in the middle; and
real tissue, where slices of CT are uniform. Every codec gets the same sheets.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from mmpc.rate.noise import UNIFORM_FACTOR, estimate
from mmpc.tasks.lesions import Lesion
from mmpc.tasks.phantoms import fbp_of_poisson, fbp_spectrum, noise_of_spectrum

TISSUE = "tissue"
PIXEL_SPACING_MM = 0.5
NOISE_HU = 12.0
WATER_STORED = 1024
PLACE = 40  # pixels along a side
PLACES = 12  # along a side of a sheet
# Contrasts at which the originals have a d' of 2.5 to 3.5: neither lost nor sure.
LESIONS = (Lesion(3, 15), Lesion(5, -7), Lesion(10, -3))
N_SHEETS, N_SCANS = 8, 6
_PHOTONS, _ANGLES = 8e5, 180  # for noise of about 12 HU
# In tissue sizes are in pixels and contrasts at a noise of 12, whatever the slice has.
TISSUE_LESION = Lesion(8, -8, blur_mm=1.2)
TISSUE_PLACE = 24
_MOST_PLACES = 40  # of a slice, so that none counts more than the rest together
_STRIDE = 4


class Sheet(NamedTuple):
    """An image and its places.

    Attributes
    ----------
    image : ndarray of integers, shape (rows, columns)
        Stored values.
    corners : ndarray of int, shape (n, 2)
        First row and column of each place.
    kinds : ndarray of int, shape (n,)
        0 for nothing, or the number of the lesion.
    grounds : ndarray of float, shape (n,)
        Stored value of each place without lesion.
    noise : float
        Standard deviation, in stored units.
    """

    image: np.ndarray
    corners: np.ndarray
    kinds: np.ndarray
    grounds: np.ndarray
    noise: float


@dataclass(frozen=True)
class Background:
    """A set of sheets; `lesions` by name, `place` and lesions' sizes in pixels."""

    name: str
    sheets: tuple[Sheet, ...]
    lesions: tuple[str, ...]
    diameters: tuple[float, ...]
    place: int


class Patches(NamedTuple):
    """Places cut out of sheets, above their grounds, in HU at a noise of 12 HU.

    Attributes
    ----------
    absent : ndarray of float64, shape (n, side, side)
        Without a lesion.
    present : tuple of ndarray
        With each lesion.
    absent_sheet, present_sheets : ndarray of int, shape (n,), and tuple of them
        The number of the sheet that each was cut out of.
    """

    absent: np.ndarray
    present: tuple[np.ndarray, ...]
    absent_sheet: np.ndarray
    present_sheets: tuple[np.ndarray, ...]


def spectrum_background() -> Background:
    """Return noise of a known spectrum, that of filtered back-projection with a soft kernel."""
    sheets = tuple(draw_sheet(seed) for seed in range(N_SHEETS))
    return _simulated("known spectrum", sheets)


def scan_background() -> Background:
    """Return scans of a cylinder, with lesions in the reconstructed images."""
    sheets = []
    side = PLACE * PLACES
    middles = (np.arange(PLACES) + 0.5) * PLACE - side / 2
    reach = 0.45 * side - PLACE / 2 * 2**0.5  # a place's corners are in the water, too
    inside = np.hypot(middles[:, None], middles) < reach
    corners = np.argwhere(inside) * PLACE
    for seed in range(N_SCANS):
        image = fbp_of_poisson(side, PIXEL_SPACING_MM, _PHOTONS, seed, _ANGLES) + WATER_STORED
        clean = np.stack([image[r : r + PLACE, c : c + PLACE] for r, c in corners])
        noise = float(np.sqrt(clean.var((1, 2)).mean()))
        grounds = np.full(len(corners), float(WATER_STORED))
        kinds = (np.arange(len(corners)) + seed) % (len(LESIONS) + 1)
        drawn = [lesion.draw_hu(PLACE, PIXEL_SPACING_MM) for lesion in LESIONS]
        sheets.append(_with_lesions(image, corners, kinds, grounds, noise, drawn, np.uint16))
    return _simulated("filtered back-projection", tuple(sheets))


def tissue_background(slices: Iterable[np.ndarray]) -> Background:
    """Return slices with a lesion in every other place where they are uniform.

    A place is uniform where its standard deviation is at most 1.35 times the slice's noise; the
    most uniform ones are taken first.
    """
    sheets, lesion = [], TISSUE_LESION
    for number, pixels in enumerate(slices):
        sigma, tissue = estimate(pixels)
        corners = uniform_places(pixels, tissue, UNIFORM_FACTOR * sigma)
        if not len(corners):
            continue
        side = TISSUE_PLACE
        grounds = np.array([pixels[r : r + side, c : c + side].mean() for r, c in corners])
        drawn = [lesion.draw_hu(side, 1.0) * sigma / NOISE_HU]
        kinds = (np.arange(len(corners)) + number) % 2
        image = pixels.astype(np.float64)
        sheets.append(_with_lesions(image, corners, kinds, grounds, sigma, drawn, pixels.dtype))
    name = f"{lesion.diameter_mm:g} pixels, {lesion.contrast_hu / NOISE_HU:+.2g} noise"
    return Background(TISSUE, tuple(sheets), (name,), (lesion.diameter_mm,), TISSUE_PLACE)


def draw_sheet(seed: int) -> Sheet:
    """Return a sheet of noise of a known spectrum, uint16, as stored values: HU + 1024."""
    side = PLACE * PLACES
    image = noise_of_spectrum((side, side), PIXEL_SPACING_MM, fbp_spectrum, NOISE_HU, seed)
    numbers = np.indices((PLACES, PLACES)).reshape(2, -1).T
    drawn = [lesion.draw_hu(PLACE, PIXEL_SPACING_MM) for lesion in LESIONS]
    kinds = numbers.sum(1) % (len(LESIONS) + 1)
    grounds = np.full(len(kinds), float(WATER_STORED))
    image += WATER_STORED
    return _with_lesions(image, numbers * PLACE, kinds, grounds, NOISE_HU, drawn, np.uint16)


def cut(background: Background, images: Iterable[np.ndarray] | None = None) -> Patches:
    """Return the patches of sheets, or of their decoded images."""
    side, found = background.place, []
    images = [sheet.image for sheet in background.sheets] if images is None else images
    for number, (sheet, image) in enumerate(zip(background.sheets, images, strict=True)):
        for (row, column), kind, ground in zip(
            sheet.corners, sheet.kinds, sheet.grounds, strict=True
        ):
            patch = image[row : row + side, column : column + side] - ground
            found.append((kind, number, patch * (NOISE_HU / sheet.noise)))
    patches, numbers = [], []
    for kind in range(len(background.lesions) + 1):
        own = [one for one in found if one[0] == kind]
        numbers.append(np.array([number for _, number, _ in own]))
        patches.append(np.stack([patch for _, _, patch in own]))
    return Patches(patches[0], tuple(patches[1:]), numbers[0], tuple(numbers[1:]))


def uniform_places(pixels: np.ndarray, tissue: np.ndarray, most: float) -> np.ndarray:
    """Return corners of places in tissue that deviate least, none over another, shape (n, 2)."""
    side = TISSUE_PLACE
    strided = (slice(None, None, _STRIDE),) * 2
    windows = np.lib.stride_tricks.sliding_window_view(pixels, (side, side))[strided]
    inside = np.lib.stride_tricks.sliding_window_view(tissue, (side, side))[strided].all((2, 3))
    deviations = np.where(inside, windows.std((2, 3)), np.inf)
    free, chosen = np.ones(pixels.shape, bool), []
    for row, column in zip(
        *np.unravel_index(deviations.argsort(None, kind="stable"), deviations.shape), strict=True
    ):
        if deviations[row, column] > most or len(chosen) == _MOST_PLACES:
            break
        corner = row * _STRIDE, column * _STRIDE
        place = tuple(slice(start, start + side) for start in corner)
        if free[place].all():
            free[place] = False
            chosen.append(corner)
    return np.array(chosen, int).reshape(-1, 2)


def _simulated(name: str, sheets: tuple[Sheet, ...]) -> Background:
    diameters = tuple(lesion.diameter_mm / PIXEL_SPACING_MM for lesion in LESIONS)
    return Background(name, sheets, tuple(map(str, LESIONS)), diameters, PLACE)


def _with_lesions(
    image: np.ndarray,
    corners: np.ndarray,
    kinds: np.ndarray,
    grounds: np.ndarray,
    noise: float,
    drawn: list[np.ndarray],
    dtype: np.dtype,
) -> Sheet:
    """Put lesions into an image, in place, and round it."""
    side = len(drawn[0])
    for (row, column), kind in zip(corners, kinds, strict=True):
        if kind:
            image[row : row + side, column : column + side] += drawn[kind - 1]
    limits = np.iinfo(dtype)
    stored = np.clip(np.rint(image), limits.min, limits.max).astype(dtype)
    return Sheet(stored, corners, kinds, grounds, noise)
