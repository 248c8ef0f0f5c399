"""Golden streams: fixed bytes that decode to fixed samples, for ever and without a compiler.

``python -m tests.v2.test_vectors`` writes the streams again; do so only for a new format.
"""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mmpc.request import Tools
from mmpc.v2.codec import decompress
from tests.v2.coding import compress

ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "vectors"
HASHES = VECTORS / "v2_sha256.json"
OFF = Tools(**dict.fromkeys(Tools.__dataclass_fields__, False))
SMALL_BYTES = 700  # streams up to this size are also decoded without compilation


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


def recipes():
    """Return the arguments of each golden stream."""
    return {
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
    }


def digest(image):
    """Return the hash of shape, type and little-endian samples."""
    text = f"{image.shape} {image.dtype.name} ".encode()
    data = image.astype(image.dtype.newbyteorder("<")).tobytes()
    return hashlib.sha256(text + data).hexdigest()


def load():
    return json.loads(HASHES.read_text())


@pytest.mark.parametrize("name", sorted(recipes()))
def test_golden_stream(name):
    assert digest(decompress((VECTORS / f"v2_{name}.mmpc").read_bytes())) == load()[name]


def test_small_streams_without_compilation():
    names = [n for n in load() if (VECTORS / f"v2_{n}.mmpc").stat().st_size <= SMALL_BYTES]
    assert len(names) >= 3
    code = (
        "import sys; from tests.v2.test_vectors import *\n"
        "for n in sys.argv[1:]:\n"
        "    print(digest(decompress((VECTORS / f'v2_{n}.mmpc').read_bytes())))"
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
    hashes = {}
    for name, (image, arguments) in recipes().items():
        data = compress(image, **arguments)
        (VECTORS / f"v2_{name}.mmpc").write_bytes(data)
        hashes[name] = digest(decompress(data))
        print(name, len(data))
    HASHES.write_text(json.dumps(hashes, indent=1, sort_keys=True) + "\n")
