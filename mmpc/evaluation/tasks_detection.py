"""Is the lesion still found? Detectability over the rate, a point of the curve at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmpc.evaluation.style import label_of
from mmpc.evaluation.tasks_codecs import FAST_AV1, WHOLE_STEPS, Found, find_task_codec
from mmpc.evaluation.tasks_edges import edge_arrays
from mmpc.evaluation.tasks_sheets import (
    NOISE_HU,
    PIXEL_SPACING_MM,
    TISSUE,
    Background,
    Patches,
    Sheet,
    cut,
)
from mmpc.tasks.detectability import Detectability, Kept
from mmpc.tasks.noise_spectrum import NoiseSpectrum
from mmpc.tasks.observers import (
    channelized_hotelling_template,
    eye_filtered_template,
    laguerre_gauss_channels,
    ratings,
)

ORIGINAL = "original"
N_FOLDS = 4
COLUMNS = (
    *("background", "codec", "label", "quality", "rate_bpp", "noise_share", "lesion"),
    *("d_prime", "d_prime_from", "d_prime_to", "auc", "auc_from", "auc_to"),
    *("kept", "kept_from", "kept_to"),
    *("eye_d_prime", "eye_d_prime_from", "eye_d_prime_to"),
)
# By lesion: ratings of the patches with it and of those without, by observer.
Seen = dict[str, tuple[np.ndarray, np.ndarray]]


@dataclass(frozen=True)
class Point:
    """All sheets of a background to be coded by one codec at one setting, and judged.

    The setting is that for a noise of 12; where a sheet has another, the step follows it.
    """

    background: Background
    codec: str
    quality: float
    edges: tuple[np.ndarray, ...] = ()

    @property
    def name(self) -> str:
        """What it is called in the journal."""
        return f"{self.background.name} {self.codec} {self.quality:g}"

    def carry_out(self) -> Found:
        """Code, decode and judge; rows have the keys `COLUMNS`."""
        sheets = self.background.sheets
        codec = None if self.codec == ORIGINAL else find_task_codec(self.codec)
        images, n_bytes = [], 0
        for sheet in sheets:
            if codec is None:
                images.append(sheet.image)
                continue
            trip = codec.round_trip(sheet.image, self._quality_for(sheet))
            images.append(trip.decoded)
            n_bytes += trip.size_bytes
        original, patches = cut(self.background), cut(self.background, images)
        before, after = (judge(one, self.background.diameters) for one in (original, patches))
        share = _rms(original, patches) / NOISE_HU
        rate = 8 * n_bytes / sum(sheet.image.size for sheet in sheets)
        shared = {
            "background": self.background.name,
            "codec": self.codec,
            "label": task_label(self.codec),
            "quality": self.quality,
            "rate_bpp": rate,
            "noise_share": share,
        }
        rows = [
            shared | {"lesion": lesion} | detection_row(old, new)
            for lesion, old, new in zip(self.background.lesions, before, after, strict=True)
        ]
        arrays = {"mosaic": _mosaic(patches)}
        for number, seen in enumerate(after):
            arrays[f"present {number}"], arrays[f"absent {number}"] = seen["hotelling"]
        spectrum = NoiseSpectrum.of(patches.absent, PIXEL_SPACING_MM)
        arrays["frequency"], arrays["power"] = spectrum.radial()
        if self.edges:
            decoded = self.edges
            if codec is not None:
                decoded = [codec.round_trip(one, self.quality).decoded for one in self.edges]
            arrays |= edge_arrays(decoded)
        return Found(rows, arrays)

    def _quality_for(self, sheet: Sheet) -> float:
        if self.background.name != TISSUE:  # elsewhere the noise is about 12 in every sheet
            return self.quality
        scaled = self.quality * sheet.noise / NOISE_HU
        return max(1, round(scaled)) if self.codec in WHOLE_STEPS else round(scaled, 3)


def judge(patches: Patches, diameters: Sequence[float]) -> list[Seen]:
    """Return for each lesion what the observers see in the patches.

    The channelized Hotelling observer is trained on the patches of three quarters of the sheets
    and judges those of the rest, four times, so that every patch is judged and none by an observer
    that has seen it. It is trained on what the same codec made at the same setting: it adapts to
    what coding does to lesion and noise. The non-prewhitening one looks for the mean difference,
    through the eye. Ratings are from the middle of the classes of the training patches and in
    their standard deviations, so that those of four observers are comparable.
    """
    seen = []
    absent, absent_fold = patches.absent, patches.absent_sheet % N_FOLDS
    channels_of = laguerre_gauss_channels
    for diameter, present, numbers in zip(
        diameters, patches.present, patches.present_sheets, strict=True
    ):
        channels = channels_of(absent.shape[1], diameter)
        fold_of = numbers % N_FOLDS
        found = {
            name: (np.empty(len(present)), np.empty(len(absent))) for name in ("hotelling", "eye")
        }
        for fold in range(N_FOLDS):
            trained = present[fold_of != fold], absent[absent_fold != fold]
            signal = trained[0].mean(0) - trained[1].mean(0)
            templates = {
                "hotelling": channelized_hotelling_template(*trained, channels),
                "eye": eye_filtered_template(signal),
            }
            for name, template in templates.items():
                known = [ratings(one, template) for one in trained]
                middle = (known[0].mean() + known[1].mean()) / 2
                spread = np.sqrt((known[0].var(ddof=1) + known[1].var(ddof=1)) / 2)
                judged = ((present, fold_of), (absent, absent_fold))
                for into, (all_of, folds) in zip(found[name], judged, strict=True):
                    into[folds == fold] = (
                        ratings(all_of[folds == fold], template) - middle
                    ) / spread
        seen.append(found)
    return seen


def detection_row(before: Seen, after: Seen) -> dict[str, float]:
    """Return what the observers found of one lesion, with intervals."""
    found = Detectability.of(*after["hotelling"])
    kept = Kept.of(before["hotelling"], after["hotelling"])
    eye = Detectability.of(*after["eye"])
    row = {}
    for name, value, interval in (
        ("d_prime", found.d_prime, found.d_prime_interval),
        ("auc", found.auc, found.auc_interval),
        ("kept", kept.share, kept.interval),
        ("eye_d_prime", eye.d_prime, eye.d_prime_interval),
    ):
        row |= {name: value, f"{name}_from": interval[0], f"{name}_to": interval[1]}
    return row


def task_label(codec: str) -> str:
    """Return what a codec is called; AV1 is not at its strongest here."""
    return "AV1 intra (libaom, cpu-used 6)" if codec == FAST_AV1 else label_of(codec)


def _rms(before: Patches, after: Patches) -> float:
    pairs = zip((before.absent, *before.present), (after.absent, *after.present), strict=True)
    squares = [((new - old) ** 2).ravel() for old, new in pairs]
    return float(np.sqrt(np.concatenate(squares).mean()))


def _mosaic(patches: Patches) -> np.ndarray:
    """Return a patch of each lesion in a row, and the means of all its patches below."""
    return np.stack(
        [
            np.hstack([present[0] for present in patches.present]),
            np.hstack([present.mean(0) for present in patches.present]),
        ]
    ).astype(np.float32)
