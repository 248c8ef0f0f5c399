"""Is the lesion still found? Detectability, noise texture and sharpness over the rate."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmpc.evaluation.style import label_of
from mmpc.evaluation.tasks_sheets import LESIONS, NOISE_HU, PIXEL_SPACING_MM, PLACE, Patches
from mmpc.tasks.detectability import Detectability, Kept
from mmpc.tasks.noise_spectrum import NoiseSpectrum
from mmpc.tasks.observers import (
    channelized_hotelling_template,
    eye_filtered_template,
    laguerre_gauss_channels,
    ratings,
)

ORIGINAL = "original"
COLUMNS = (
    "codec",
    "label",
    "quality",
    "rate_bpp",
    "rmse_hu",
    "noise_share",
    "lesion",
    "d_prime",
    "d_prime_from",
    "d_prime_to",
    "auc",
    "auc_from",
    "auc_to",
    "kept",
    "kept_from",
    "kept_to",
    "eye_d_prime",
    "eye_d_prime_from",
    "eye_d_prime_to",
)
KEPT_SHARE = 0.95
SUMMARY_COLUMNS = (
    "codec",
    "label",
    *(f"rate_{lesion.diameter_mm:g}_mm_bpp" for lesion in LESIONS),
    "rate_bpp",
    "noise_share",
)
Seen = dict[str, tuple[np.ndarray, np.ndarray]]


def judge(patches: Patches) -> list[Seen]:
    """Return for each lesion what the observers see in the second half of the patches.

    The channelized Hotelling observer is trained on the first half, of the same codec at the
    same setting: it adapts to what coding does to lesion and noise. The non-prewhitening one
    looks for the mean difference of that half, through the eye.
    """
    seen = []
    half = len(patches.absent) // 2
    absent = patches.absent
    for lesion, present in zip(LESIONS, patches.present, strict=True):
        channels = laguerre_gauss_channels(PLACE, lesion.diameter_mm / PIXEL_SPACING_MM)
        signal = present[:half].mean(0) - absent[:half].mean(0)
        templates = {
            "hotelling": channelized_hotelling_template(present[:half], absent[:half], channels),
            "eye": eye_filtered_template(signal),
        }
        seen.append(
            {
                name: (ratings(present[half:], template), ratings(absent[half:], template))
                for name, template in templates.items()
            }
        )
    return seen


def detection_rows(
    codec: str,
    quality: float,
    rate_bpp: float,
    rmse_hu: float,
    before: list[Seen],
    after: list[Seen],
) -> list[dict[str, Any]]:
    """Return a row for each lesion, keys `COLUMNS`."""
    rows = []
    for lesion, old, new in zip(LESIONS, before, after, strict=True):
        found = Detectability.of(*new["hotelling"])
        kept = Kept.of(old["hotelling"], new["hotelling"])
        eye = Detectability.of(*new["eye"])
        rows.append(
            {
                "codec": codec,
                "label": task_label(codec),
                "quality": quality,
                "rate_bpp": rate_bpp,
                "rmse_hu": rmse_hu,
                "noise_share": rmse_hu / NOISE_HU,
                "lesion": str(lesion),
                "d_prime": found.d_prime,
                "d_prime_from": found.d_prime_interval[0],
                "d_prime_to": found.d_prime_interval[1],
                "auc": found.auc,
                "auc_from": found.auc_interval[0],
                "auc_to": found.auc_interval[1],
                "kept": kept.share,
                "kept_from": kept.interval[0],
                "kept_to": kept.interval[1],
                "eye_d_prime": eye.d_prime,
                "eye_d_prime_from": eye.d_prime_interval[0],
                "eye_d_prime_to": eye.d_prime_interval[1],
            }
        )
    return rows


def summary_rows(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return for each codec the rate at which it keeps 95 % of d', keys `SUMMARY_COLUMNS`.

    Between two settings the share kept is linear over the logarithm of the rate. Rates of all
    lesions are given, and that of the mean of their shares, with the error at that rate.
    """
    table = []
    for codec in dict.fromkeys(row["codec"] for row in rows if row["codec"] != ORIGINAL):
        points = [row for row in rows if row["codec"] == codec]
        curves = [
            sorted(
                (row["rate_bpp"], row["kept"], row["noise_share"])
                for row in points
                if row["lesion"] == str(lesion)
            )
            for lesion in LESIONS
        ]
        mean = np.mean(curves, axis=0)
        rates = [rate_keeping(np.array(curve)) for curve in (*curves, mean)]
        share = None
        if rates[-1] is not None:
            share = float(np.interp(np.log(rates[-1]), np.log(mean[:, 0]), mean[:, 2]))
        names = SUMMARY_COLUMNS[2:-1]
        table.append(
            {"codec": codec, "label": task_label(codec), "noise_share": share}
            | dict(zip(names, rates, strict=True))
        )
    return table


def rate_keeping(curve: np.ndarray, kept: float = KEPT_SHARE) -> float | None:
    """Return the least rate from which on a curve of (rate, kept, ...) stays above `kept`.

    None where it is below at its largest rate, or not below at its smallest.
    """
    below = np.flatnonzero(curve[:, 1] < kept)
    if not len(below) or below[-1] == len(curve) - 1:
        return None
    pair = curve[below[-1] : below[-1] + 2]
    return float(np.exp(np.interp(kept, pair[:, 1], np.log(pair[:, 0]))))


def noise_spectrum(patches: Patches) -> NoiseSpectrum:
    """Return the noise power spectrum of the patches without a lesion."""
    return NoiseSpectrum.of(patches.absent, PIXEL_SPACING_MM)


def task_label(codec: str) -> str:
    """Return what a codec is called; AV1 is not at its strongest here."""
    return "AV1 intra (libaom, cpu-used 4)" if codec == "libaom-cpu4" else label_of(codec)
