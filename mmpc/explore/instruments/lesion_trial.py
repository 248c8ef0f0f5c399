"""A lesion of one's own in simulated noise: drawn, coded, and looked for by a model observer.

All is seeded, so the same lesion at the same quality gives the same numbers. Lesson 18 builds the
observer from nothing.
"""

import functools
from dataclasses import dataclass, replace

import numpy as np

import mmpc
from mmpc.tasks.detectability import Detectability, Kept
from mmpc.tasks.lesions import Lesion
from mmpc.tasks.observers import (
    channelized_hotelling_template,
    laguerre_gauss_channels,
    ratings,
)
from mmpc.tasks.phantoms import fbp_spectrum, noise_of_spectrum

SPACING_MM = 0.7
SIGMA_HU = 12.0
PATCH = 30  # samples of a side that the observer sees
PATCHES_ACROSS = 8  # in a sheet, along each side
N_SHEETS = 4  # with the lesion, and as many without
VIEW = 64  # samples of a side that are shown
CHANNEL_WIDTH = 1.7  # in diameters of the lesion
_SIDE = PATCH * PATCHES_ACROSS
_VIEW_SEED, _ABSENT_SEED = 1000, 100

Pair = tuple[np.ndarray, np.ndarray]  # with the lesion, and without


@dataclass(frozen=True)
class Findings:
    """What became of a lesion.

    Attributes
    ----------
    before, after : Detectability
        How well the observer tells it, in the original and in what was decoded.
    kept : Kept
        d' after over d' before.
    rate_bpp : float
        Bits per pixel of the coded sheets.
    noise_share : float
        RMSE over the noise's standard deviation.
    """

    before: Detectability
    after: Detectability
    kept: Kept
    rate_bpp: float
    noise_share: float


def view_of(lesion: Lesion) -> Pair:
    """Return the same noise with the lesion in its middle and without, int16, 64 x 64."""
    noise = _noise(VIEW, _VIEW_SEED)
    signal = _drawn(lesion, VIEW)
    return tuple(np.rint(noise + one).astype(np.int16) for one in (signal, 0 * signal))


def code_view(view: Pair, step: float) -> Pair:
    """Return what coding makes of a view, both halves as one image."""
    return tuple(np.hsplit(_round_trip(np.hstack(view), step)[0], 2))


@functools.lru_cache(maxsize=128)
def judge_original(lesion: Lesion) -> tuple[Detectability, Pair]:
    """Return how well a lesion is told before coding, and the ratings of the judged patches."""
    return _judge(lesion, tuple(map(_patches_of, (_present(lesion), _absent()))))


@functools.lru_cache(maxsize=128)
def judge_coded(lesion: Lesion, step: float) -> Findings:
    """Code all sheets with and without a lesion at a step and let the observer judge both."""
    before, rated_before = judge_original(lesion)
    present, size = _code_all(_present(lesion), step)
    absent, size_of_absent = _coded_absent(step)
    after, rated_after = _judge(lesion, (_patches_of(present), _patches_of(absent)))
    error = np.concatenate((present, absent)) - np.concatenate((_present(lesion), _absent()))
    return Findings(
        before,
        after,
        Kept.of(rated_before, rated_after),
        8 * (size + size_of_absent) / error.size,
        float(np.sqrt(np.mean(np.square(error)))) / SIGMA_HU,
    )


def _judge(lesion: Lesion, patches: Pair) -> tuple[Detectability, Pair]:
    """Train the channelized Hotelling observer on every other patch and let it judge the rest."""
    width_pixels = CHANNEL_WIDTH * lesion.diameter_mm / SPACING_MM
    channels = laguerre_gauss_channels(PATCH, width_pixels)
    template = channelized_hotelling_template(*(one[::2] for one in patches), channels)
    rated = tuple(ratings(one[1::2], template) for one in patches)
    return Detectability.of(*rated), rated


@functools.lru_cache(maxsize=2 * N_SHEETS + 1)
def _noise(side: int, seed: int) -> np.ndarray:
    return noise_of_spectrum((side, side), SPACING_MM, fbp_spectrum, SIGMA_HU, seed)


def _drawn(lesion: Lesion, side: int) -> np.ndarray:
    """Return the lesion in Hounsfield units: one of 1 HU is drawn for each diameter, and kept."""
    return lesion.contrast_hu * _drawn_once(replace(lesion, contrast_hu=1), side)


@functools.lru_cache(maxsize=64)
def _drawn_once(lesion: Lesion, side: int) -> np.ndarray:
    return lesion.draw_hu(side, SPACING_MM)


def _present(lesion: Lesion) -> np.ndarray:
    signal = np.tile(_drawn(lesion, PATCH), (PATCHES_ACROSS, PATCHES_ACROSS))
    sheets = [_noise(_SIDE, seed) + signal for seed in range(N_SHEETS)]
    return np.rint(sheets).astype(np.int16)


@functools.cache
def _absent() -> np.ndarray:
    sheets = [_noise(_SIDE, _ABSENT_SEED + seed) for seed in range(N_SHEETS)]
    return np.rint(sheets).astype(np.int16)


@functools.lru_cache(maxsize=16)
def _coded_absent(step: float) -> tuple[np.ndarray, int]:
    return _code_all(_absent(), step)


def _code_all(sheets: np.ndarray, step: float) -> tuple[np.ndarray, int]:
    """Return decoded sheets, float64, and the bytes of all streams."""
    coded = [_round_trip(sheet, step) for sheet in sheets]
    return np.array([decoded for decoded, _ in coded], float), sum(size for _, size in coded)


def _round_trip(image: np.ndarray, step: float) -> tuple[np.ndarray, int]:
    data = mmpc.compress(image, bitstream=2, quality=step, preset="fast")
    return mmpc.decompress(data), len(data)


def _patches_of(sheets: np.ndarray) -> np.ndarray:
    """Return the patches of sheets, float64, shape (n, 30, 30)."""
    grid = np.asarray(sheets, float).reshape(-1, PATCHES_ACROSS, PATCH, PATCHES_ACROSS, PATCH)
    return grid.swapaxes(2, 3).reshape(-1, PATCH, PATCH)
