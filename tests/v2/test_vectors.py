"""Golden streams: fixed bytes that decode to fixed samples, for ever and without a compiler.

``python -m tests.v2.test_vectors`` writes those that are missing. None is ever written again but
for a new format, though an encoder that searches otherwise makes other streams of the recipes.
"""

import hashlib
import itertools
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmpc.coding_tools import VOLUME_TOOLS, Tools
from mmpc.request import Region
from mmpc.v2.codec import decompress
from mmpc.v2.header_reading import read_stream
from tests.v2.coding import compress

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "vectors"
HASHES = VECTORS / "v2_sha256.json"
OFF = Tools(**dict.fromkeys(Tools.__dataclass_fields__, False))
DTYPES = ("uint8", "int8", "uint16", "int16")
INTERPRETED_SAMPLES = 500  # images up to this size are also decoded without compilation


def picture(height, width, dtype):
    """Return a phantom: bowl, ribs, a bright rim, noise; over the range of its type."""
    generator = np.random.default_rng(2024)
    y, x = np.mgrid[:height, :width] / max(height, width)
    inside = (x - 0.45) ** 2 + 1.3 * (y - 0.4) ** 2
    value = np.where(inside < 0.13, 0.5 + 0.1 * np.sin(30 * x * y), 0.0)
    value += np.where(abs(inside - 0.13) < 0.012, 0.45, 0.0)
    value += np.where(inside < 0.13, generator.normal(0, 0.004, value.shape), 0.0)
    limits = np.iinfo(dtype)
    span = int(limits.max) - int(limits.min)
    return np.clip(value * span + int(limits.min), limits.min, limits.max).astype(dtype)


def padded(height, width, dtype=np.int16):
    """Return a phantom in a circle, as scanners make it, and their padding of -2000 around it."""
    image = picture(height, width, dtype) // 40
    y, x = np.ogrid[:height, :width]
    radius = min(height, width) / 2
    circle = (y - height / 2) ** 2 + (x - width / 2) ** 2 < radius**2
    return np.where(circle, image, -2000).astype(dtype)


def boxed(height, width, dtype=np.int16):
    """Return a phantom with padding above and to the left of it, and a step between the two."""
    image = picture(height, width, dtype) // 40
    image[: height // 3] = image[:, : width // 4] = image[: height // 2, : width // 3] = -2000
    return image


def noise(height, width):
    """Return all that 16 bits can say, at random."""
    return np.random.default_rng(1).integers(-32768, 32768, (height, width)).astype(np.int16)


def noisy_circle(height, width):
    """Return 11 bits of noise in a circle of padding far below."""
    return np.where(padded(height, width) == -2000, -20000, noise(height, width) >> 5).astype(
        np.int16
    )


def slopes(height, width):
    """Return slopes so gentle that coarse blocks are bent back by the strong deblocking filter."""
    y, x = np.mgrid[:height, :width]
    return (3 * x + 2 * y + 900 * (x > 0.7 * width)).astype(np.int16)


def ripples():
    """Return a slope with ripples, found by trying: one edge just misses the strong filter."""
    y, x = np.mgrid[:64, :64]
    wave = 36.808384449645004 * np.cos(2.0598150125674697 * x + 5.279287900026071)
    return (wave * np.cos(1.4241464132507744 * y) + 1.1093315736353273 * x).astype(np.int16)


def repeats():
    """Return steps of five with some noise: samples often equal a neighbour, and often do not."""
    generator = np.random.default_rng(7)
    y, x = np.mgrid[:64, :64]
    noise = generator.integers(0, 4, x.shape) * (generator.random(x.shape) < 0.2)
    return ((np.sin(x / 9) * np.cos(y / 11) * 5).astype(int) * 5 + noise).astype(np.int16)


def volume(n_slices, height, width, shift, dtype=np.int16):
    """Return slices that move by `shift` samples from one to the next, each with its own noise."""
    generator = np.random.default_rng(5)
    large = picture(height, width + shift * n_slices, dtype).astype(np.int32) // 16
    slices = [large[:, k * shift : k * shift + width] for k in range(n_slices)]
    noise = generator.integers(-8, 9, (n_slices, height, width))
    limits = np.iinfo(dtype)
    return np.clip(np.stack(slices) + noise, limits.min, limits.max).astype(dtype)


def recipes():
    """Return the arguments of each golden stream."""
    corner = np.zeros((40, 48), bool)
    corner[5:20, 10:31] = True
    tall = np.pad(corner, ((20, 70), (0, 0)))
    middle = picture(40, 48, np.int16)
    streams = {
        "tiny_uint8": (picture(5, 7, np.uint8), {"step": 12, "metadata": b"opaque"}),
        "uint8": (picture(40, 33, np.uint8), {"step": 9}),
        "int8_no_tools": (picture(24, 20, np.int8), {"step": 9, "tools": OFF}),
        "int16": (picture(50, 70, np.int16), {"step": 900.5}),
        "uint16_fine": (picture(64, 64, np.uint16), {"step": 40}),
        "int16_best": (picture(200, 260, np.int16), {"step": 300, "preset": "best"}),
        "uint16_plain": (
            picture(130, 64, np.uint16),
            {"step": 1000, "tools": Tools(dependent_quantization=False, deblocking=False)},
        ),
        "finest": (picture(7, 9, np.uint8), {"step": 1 / 8}),
        "coarsest": (picture(70, 66, np.uint16), {"step": 65536}),
        "padding": (padded(45, 45), {"step": 30}),
        "padding_exact": (padded(45, 45), {"step": 30}),
        "padding_exact_bounded": (padded(45, 45), {"max_error": 2}),
        "padding_exact_region": (padded(40, 48), {"step": 60, "region": Region(corner, 1.75)}),
        "padding_box": (boxed(19, 23), {"step": 9}),
        "padding_box_bounded": (boxed(19, 23), {"max_error": 0}),
        "padding_everywhere": (np.full((70, 90), -2000, np.int16), {"step": 30}),
        "padding_everywhere_bounded": (np.full((9, 7), 200, np.uint8), {"max_error": 1}),
        "raw": (noise(19, 23), {"step": 1 / 2, "tools": Tools()}),
        "raw_bounded": (noise(9, 11).astype(np.uint8), {"max_error": 0}),
        "raw_padding": (noisy_circle(45, 45), {"max_error": 0}),
        "lossless_is_shorter": (picture(33, 40, np.uint8), {"step": 1 / 8}),
        "strong_deblocking": (slopes(64, 96), {"step": 250}),
        "strong_deblocking_missed": (ripples(), {"step": 120, "preset": "fast"}),
        "bounded_repeats": (repeats(), {"max_error": 0}),
        "region": (middle, {"step": 900, "region": Region(corner, 4.5)}),
        "region_padding": (padded(40, 48), {"step": 60, "region": Region(corner, 1.75)}),
        "bounded_padding": (padded(33, 31), {"max_error": 0, "metadata": b"opaque"}),
        "bounded_coarse": (picture(31, 37, np.uint16), {"max_error": 1000}),
        "stripes": (picture(200, 30, np.int16), {"step": 300, "n_stripes": 3}),
        "stripes_bounded": (picture(140, 19, np.uint16), {"max_error": 1, "n_stripes": 3}),
        "stripes_region_padding": (
            padded(130, 48),
            {"step": 60, "region": Region(tall, 1.75), "n_stripes": 2},
        ),
    }
    moving = volume(19, 24, 40, 1)
    corner_of_all = np.broadcast_to(corner[:24, :40], moving.shape)
    streams |= {
        "volume_3x5x7": (volume(3, 5, 7, 1), {"step": 20}),
        "volume_3x5x7_bounded": (volume(3, 5, 7, 1), {"max_error": 0, "metadata": b"opaque"}),
        "volume_1": (volume(1, 9, 12, 1), {"step": 30}),
        "volume_2": (volume(2, 16, 24, 1, np.uint16), {"step": 50}),
        "volume_constant": (np.full((5, 11, 8), -2000, np.int16), {"step": 6}),
        "volume_thin": (moving, {"step": 40}),
        "volume_thin_bounded": (moving, {"max_error": 2}),
        "volume_thin_region": (
            moving[:4],
            {"step": 80, "region": Region(corner_of_all[:4].copy(), 3.0)},
        ),
        "volume_thick": (volume(5, 33, 70, 9, np.uint8), {"step": 4}),
        "volume_int8": (volume(3, 8, 8, 2, np.int8), {"step": 3, "tools": OFF}),
    }
    with_noise = moving[:5].copy()
    with_noise[2] = noise(*with_noise[2].shape)
    circles = np.stack([padded(40, 40)] * 5)
    circles[circles != -2000] += volume(5, 40, 40, 1)[circles != -2000] // 9
    circles[3] = -2000
    streams |= {
        "volume_raw": (with_noise, {"step": 1, "tools": Tools()}),
        "volume_padding": (circles, {"step": 30}),
        "volume_padding_bounded": (circles, {"max_error": 0}),
    }
    for tool in Tools.__dataclass_fields__:
        one = moving[:9] if tool in VOLUME_TOOLS else middle
        step = 60 if tool in VOLUME_TOOLS else 700
        streams[f"no_{tool}"] = (one, {"step": step, "tools": Tools(**{tool: False})})
    for bound, dtype in itertools.product((0, 1, 7), DTYPES):
        streams[f"bounded_{bound}_{dtype}"] = (picture(19, 23, dtype), {"max_error": bound})
    for height, width in ((1, 1), (1, 9), (9, 1), (3, 65), (65, 3), (33, 31)):
        image = np.cumsum(np.arange(height * width) * 7 % 61 - 30).reshape(height, width)
        image = image.astype(np.int16)
        streams[f"size_{height}x{width}"] = (image, {"step": 25})
        streams[f"size_{height}x{width}_bounded"] = (image, {"max_error": 2})
    return streams


def digest(image):
    """Return the hash of shape, type and little-endian samples."""
    text = f"{image.shape} {image.dtype.name} ".encode()
    data = image.astype(image.dtype.newbyteorder("<")).tobytes()
    return hashlib.sha256(text + data).hexdigest()


def load():
    return json.loads(HASHES.read_text(encoding="utf-8"))


def path_of(name):
    return VECTORS / f"v2_{name}.mmpc"


@pytest.mark.parametrize("name", sorted(recipes()))
def test_golden_stream(name):
    assert digest(decompress(path_of(name).read_bytes())) == load()[name]


def test_files_hashes_and_recipes_agree():
    names = sorted(recipes())
    assert sorted(load()) == names
    assert sorted(path.name for path in VECTORS.glob("v2_*.mmpc")) == sorted(
        path_of(name).name for name in names
    )


def test_there_is_one_of_every_kind():
    headers = [read_stream(path_of(name).read_bytes()) for name in recipes()]
    for bounded in (True, False):
        assert {one.dtype.name for one in headers if one.bounded == bounded} == set(DTYPES)
    assert {one.largest_error for one in headers} >= {0, 1, 7}
    assert {one.step for one in headers} >= {1 / 8, 65536}
    assert any(one.has_region for one in headers) and any(one.metadata for one in headers)
    assert {one.n_slices for one in headers if one.is_volume} >= {1, 2, 3, 19}
    assert {one.bounded for one in headers if one.is_volume} == {True, False}
    raw = [one for one in headers if any(part.is_raw for part in one.slices)]
    assert {(one.bounded, one.is_volume) for one in raw} >= {(True, False), (False, True)}
    striped = [one for one in headers if one.slices[0].n_stripes > 1]
    assert {(one.bounded, one.has_region) for one in striped} >= {(True, False), (False, True)}
    with_padding = [one for one in headers if any(part.has_padding for part in one.slices)]
    assert {(one.bounded, one.is_volume) for one in with_padding} == {
        *itertools.product((True, False), repeat=2)
    }
    assert {one.slices[0].minimum for one in headers} >= {-2000}
    for tool in Tools.__dataclass_fields__:
        # These are newer than most images here, whose streams do not name them.
        newer = dict.fromkeys({*VOLUME_TOOLS, "padding"} - {tool}, True)
        assert Tools(**{tool: False}) in {replace(one.tools, **newer) for one in headers}


def test_small_streams_without_compilation():
    names = [name for name, (image, _) in recipes().items() if image.size <= INTERPRETED_SAMPLES]
    assert len(names) >= 10
    code = (
        "import sys; from tests.v2.test_vectors import *\n"
        "for n in sys.argv[1:]: print(digest(decompress(path_of(n).read_bytes())))"
    )
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1"}
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *names],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == [load()[n] for n in names]


if __name__ == "__main__":
    hashes = load()
    for name, (image, arguments) in recipes().items():
        if path_of(name).exists():
            continue
        data = compress(image, **arguments)
        path_of(name).write_bytes(data)
        hashes[name] = digest(decompress(data))
        print(name, len(data))
    HASHES.write_text(json.dumps(hashes, indent=1, sort_keys=True) + "\n")
