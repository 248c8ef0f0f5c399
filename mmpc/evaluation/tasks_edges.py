"""How sharp edges stay: discs of three contrasts in noise, whose task transfer is measured.

A codec is not linear: a faint edge may be blurred more than a strong one.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmpc.evaluation.tasks_sheets import NOISE_HU, PIXEL_SPACING_MM, WATER_STORED
from mmpc.tasks.lesions import Lesion
from mmpc.tasks.phantoms import fbp_spectrum, noise_of_spectrum
from mmpc.tasks.sharpness import task_transfer_function

CONTRASTS_HU = (40, 120, 600)
N_EDGE_SHEETS = 2
_DIAMETER_MM, _REACH_MM, _BLUR_MM = 20.0, 6.0, 0.6
_PLACE, _PLACES = 80, 6
_RESAMPLES = 100
_FIRST_SEED = 1000
COLUMNS = (
    *("codec", "label", "quality", "rate_bpp", "noise_share", "contrast_hu"),
    *("half_per_mm", "half_from", "half_to", "blur_mm"),
)


def draw_edges() -> tuple[np.ndarray, ...]:
    """Return sheets of discs in noise of a known spectrum, uint16, as HU + 1024."""
    side = _PLACE * _PLACES
    drawn = [
        Lesion(_DIAMETER_MM, hu, _BLUR_MM).draw_hu(_PLACE, PIXEL_SPACING_MM) for hu in CONTRASTS_HU
    ]
    sheets = []
    for number in range(N_EDGE_SHEETS):
        seed = _FIRST_SEED + number
        image = noise_of_spectrum((side, side), PIXEL_SPACING_MM, fbp_spectrum, NOISE_HU, seed)
        places, kinds = _places(image), _kinds()
        for kind, disc in enumerate(drawn):
            places[kinds == kind] += disc
        sheets.append(np.rint(image + WATER_STORED).astype(np.uint16))
    return tuple(sheets)


def edge_arrays(sheets: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
    """Return frequency, transfer, and the frequency of which half comes through, by contrast.

    The interval of the latter is that of a bootstrap over the discs.
    """
    kinds, found = _kinds(), {}
    halves = np.empty((len(CONTRASTS_HU), 3))
    for kind, contrast in enumerate(CONTRASTS_HU):
        discs = np.concatenate([_places(sheet)[kinds == kind] for sheet in sheets]).astype(float)
        measured = _transfer(discs.mean(0))
        generator = np.random.default_rng(kind)
        numbers = generator.integers(0, len(discs), (_RESAMPLES, len(discs)))
        again = [_transfer(discs[chosen].mean(0)).half_per_mm for chosen in numbers]
        halves[kind] = measured.half_per_mm, *np.percentile(again, (2.5, 97.5))
        found[f"transfer {contrast}"] = measured.transfer
        found["transfer frequency"] = measured.frequency_per_mm
    return found | {"halves": halves}


def edge_rows(point: dict[str, Any], halves: np.ndarray) -> list[dict[str, Any]]:
    """Return a row for each contrast, keys `COLUMNS`, of a row of the point and `edge_arrays`."""
    shared = {name: point[name] for name in COLUMNS[:5]}
    one_mm = np.sqrt(np.log(2) / 2) / np.pi  # a Gaussian's blur times its frequency of one half
    return [
        shared
        | {
            "contrast_hu": contrast,
            "half_per_mm": float(half),
            "half_from": float(low),
            "half_to": float(high),
            "blur_mm": float(one_mm / half),
        }
        for contrast, (half, low, high) in zip(CONTRASTS_HU, halves, strict=True)
    ]


def _transfer(disc: np.ndarray):
    return task_transfer_function(disc, _DIAMETER_MM, PIXEL_SPACING_MM, _REACH_MM)


def _places(sheet: np.ndarray) -> np.ndarray:
    """Return a view of a sheet as (row of places, column of places, row, column)."""
    return sheet.reshape(_PLACES, _PLACE, _PLACES, _PLACE).swapaxes(1, 2)


def _kinds() -> np.ndarray:
    return np.add.outer(np.arange(_PLACES), np.arange(_PLACES)) % len(CONTRASTS_HU)
