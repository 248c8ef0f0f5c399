"""Golden streams of version 1: they decode to the same samples for ever.

``python -m tests.test_vectors`` writes those of the recipes that are missing; the others are older.
"""

import zlib

import numpy as np
import pytest

import mmpc
from mmpc.v1.codec import read_stream
from mmpc.v1.dct import dct_matrix
from tests.conftest import VECTORS

GOLDEN = sorted(path.stem for path in VECTORS.glob("v1_*.mmpc"))


def stark():
    """Return the extremes in the pattern of a basis function: a large negative coefficient."""
    basis = np.outer(dct_matrix()[1], dct_matrix()[1])
    return np.tile(np.where(basis < 0.3 * basis.min(), 32767, -32768), (2, 3)).astype(np.int16)


def walk(height, width, dtype):
    """Return a walk over the grey values, with every low bit."""
    values = np.cumsum(np.arange(height * width) * 7 % 61 - 30).reshape(height, width)
    return (values if np.dtype(dtype).kind == "i" else abs(values)).astype(dtype)


def recipes():
    """Return image and arguments of each stream that is not older than this file."""
    return {
        "trailer_uint8": (walk(16, 24, np.uint8), {"quality": 3}),
        "trailer_uint16": (walk(16, 24, np.uint16), {"quality": 12}),
        "exact_int16": (walk(16, 24, np.uint16).astype(np.int16), {"report_exact": True}),
        "stark": (stark(), {"quality": 6}),
        "finest": (walk(13, 15, np.int16), {"quality": 1}),
        "coarsest": (walk(24, 16, np.uint16), {"quality": 65535}),
        "size_1x1": (walk(1, 1, np.int8) - np.int8(7), {"quality": 2}),
        "size_1x9": (walk(1, 9, np.int16), {"quality": 2}),
        "size_65x3": (walk(65, 3, np.int16), {"quality": 2, "metadata": {"a": 1}}),
    }


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_stream(name):
    decoded = mmpc.decompress((VECTORS / f"{name}.mmpc").read_bytes())
    expected = np.load(VECTORS / f"{name}.npy")
    assert decoded.dtype == expected.dtype
    np.testing.assert_array_equal(decoded, expected)


@pytest.mark.parametrize("name", recipes())
def test_the_encoder_makes_it_again(name):
    """Byte for byte, but for what a zlib of another make does to the payload."""
    golden = read_stream((VECTORS / f"v1_{name}.mmpc").read_bytes())
    image, arguments = recipes()[name]
    made = read_stream(mmpc.compress(image, bitstream=1, **{"quality": 6} | arguments))
    assert zlib.decompress(made.payload) == zlib.decompress(golden.payload)
    assert made.trailer == golden.trailer
    assert made.header.quant_step == golden.header.quant_step


def test_there_is_one_of_every_kind():
    kinds = {str(np.load(VECTORS / f"{name}.npy").dtype) for name in GOLDEN}
    assert kinds == {"uint8", "int8", "uint16", "int16"}
    assert any(name.endswith("raw") for name in GOLDEN)
    assert {f"v1_{name}" for name in recipes()} <= set(GOLDEN)


if __name__ == "__main__":
    for name, (image, arguments) in recipes().items():
        path = VECTORS / f"v1_{name}.mmpc"
        if not path.exists():
            path.write_bytes(mmpc.compress(image, bitstream=1, **{"quality": 6} | arguments))
            np.save(path.with_suffix(".npy"), mmpc.decompress(path.read_bytes()))
            print(path.name, path.stat().st_size)
