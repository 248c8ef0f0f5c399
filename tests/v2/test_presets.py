"""The presets: a longer search makes no larger files at equal error, at fine steps neither."""

from functools import cache

import numpy as np
import pytest

from mmpc.evaluation.bd_rate import RateCurve, bd_rate
from mmpc.images.samples import sample
from mmpc.v2.codec import decompress
from tests.v2.coding import compress

# Radiographs are mostly noise, where a search gains least.
CROPS = {"leg_cr": (900, 700), "chest_cr": (900, 700), "abdomen_ct": (200, 200)}
SIDE = 64
STEPS = (2, 5, 12)
LARGEST_LOSS = 0.001


@cache
def curve(name, preset):
    top, left = CROPS[name]
    image = np.ascontiguousarray(sample(name).pixels[top : top + SIDE, left : left + SIDE])
    points = []
    for step in STEPS:
        data = compress(image, step=step, preset=preset)
        error = decompress(data).astype(float) - image
        points.append((np.sqrt((error**2).mean()), len(data)))
    return RateCurve.from_points(*zip(*points, strict=True))


@pytest.mark.parametrize("longer, shorter", [("default", "fast"), ("best", "default")])
def test_a_longer_search_is_no_worse(longer, shorter):
    changes = [bd_rate(curve(name, longer), curve(name, shorter)) for name in CROPS]
    assert np.mean(changes) <= LARGEST_LOSS
