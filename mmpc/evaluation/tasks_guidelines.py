"""Ratios that radiological societies accept for JPEG 2000, and what error they mean.

A ratio says little: what it costs depends on the slice. So the slice is coded with JPEG 2000 at
the ratio, its error is measured beside the slice's own noise, and version 2 is asked for the
same error. Ratios are of the samples as DICOM stores them, with 16 bits each.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mmpc.errors import NoNoiseError
from mmpc.evaluation.peers import Jpeg2000
from mmpc.evaluation.tasks_codecs import Found
from mmpc.images.samples import SAMPLES, find_packaged_file
from mmpc.rate.distortion import Distortion
from mmpc.rate.noise import Noise
from mmpc.streams.compress import compress
from mmpc.streams.sample_volume import sample_volume

COLUMNS = (
    "slice",
    "anatomy",
    "society",
    "ratio",
    "rmse_hu",
    "noise_share",
    "mmpc_ratio",
    "size_change_percent",
)
PRESET = "fast"
BRAIN, BODY = "brain", "other than brain"
# The position paper of the ESR (Insights into Imaging 2, 2011) points to the recommendations of
# Canada, Germany and the United Kingdom. Germany's are from the abstract of the consensus
# conference (RöFo 181, 2009, for JPEG and JPEG 2000 alike), Canada's those of 2008 as others
# reprint them. CAR's edition of 2011 and the RCR's figures were not at hand and are left out.
RATIOS = {
    BRAIN: {"German consensus 2009": 5, "CAR 2008": 12},
    BODY: {"German consensus 2009": 8, "CAR 2008": 15},
}
_SLICES = {
    "head_ct": BRAIN,
    "skull_base_ct": BRAIN,
    "spine_ct": BODY,
    "abdomen_ct": BODY,
}
_CHEST_SLICE = 12
_ROUNDS = 14
_LIMITS = (0.05, 400.0)


@dataclass(frozen=True)
class Question:
    """One slice and one ratio."""

    name: str
    anatomy: str
    ratio: float
    societies: tuple[str, ...]
    pixels: np.ndarray
    slope: float

    def carry_out(self) -> Found:
        """Return its row."""
        return Found([answer(self)], {})


def questions() -> list[Question]:
    """Return what is asked: each sample slice at each ratio; the chest comes with the package."""
    from mmpc.images.reading import read_image

    slices = [("chest", BODY, sample_volume()[_CHEST_SLICE], 1.0)]
    for name, anatomy in _SLICES.items():
        path = find_packaged_file(SAMPLES[name].file)
        if path:
            image = read_image(path, SAMPLES[name].frame)
            slices.append((name, anatomy, image.pixels, image.rescale_slope))
    asked = []
    for name, anatomy, pixels, slope in slices:
        for ratio in sorted(set(RATIOS[anatomy].values())):
            societies = tuple(who for who, given in RATIOS[anatomy].items() if given == ratio)
            asked.append(Question(name, anatomy, ratio, societies, pixels, slope))
    return asked


def answer(question: Question) -> dict[str, Any]:
    """Return the row of a slice and a ratio, keys `COLUMNS`."""
    pixels = question.pixels
    size_bytes, decoded = at_ratio(pixels, question.ratio)
    rmse = Distortion.between(pixels, decoded).rmse
    ours = len(compress(pixels, rmse=rmse, preset=PRESET)) if rmse else None
    try:
        share = Noise.of(pixels).share(pixels, decoded)
    except NoNoiseError:
        share = None
    return {
        "slice": question.name,
        "anatomy": question.anatomy,
        "society": ", ".join(question.societies),
        "ratio": question.ratio,
        "rmse_hu": rmse * abs(question.slope),
        "noise_share": share,
        "mmpc_ratio": 2 * pixels.size / ours if ours else None,
        "size_change_percent": 100 * (ours / size_bytes - 1) if ours else None,
    }


def at_ratio(pixels: np.ndarray, ratio: float) -> tuple[int, np.ndarray]:
    """Return size and image of the finest JPEG 2000 stream that has at least this ratio."""
    codec = Jpeg2000()
    fine, coarse = _LIMITS
    best = codec.round_trip(pixels, coarse)
    for _ in range(_ROUNDS):
        middle = float(np.sqrt(fine * coarse))
        trip = codec.round_trip(pixels, middle)
        if 2 * pixels.size / trip.size_bytes >= ratio:
            coarse, best = middle, trip
        else:
            fine = middle
    return best.size_bytes, best.decoded
