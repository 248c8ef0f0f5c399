"""Golden streams: they decode to the same image for ever.

Version 1 decodes through floating point, so a sample may be off by one where the
exact value lies on a rounding boundary.
"""

import numpy as np
import pytest

import mmpc
from tests.conftest import VECTORS

GOLDEN = sorted(path.stem for path in VECTORS.glob("v1_*.mmpc"))


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_stream(name):
    decoded = mmpc.decompress((VECTORS / f"{name}.mmpc").read_bytes())
    expected = np.load(VECTORS / f"{name}.npy")
    assert (decoded.dtype, decoded.shape) == (expected.dtype, expected.shape)
    difference = abs(decoded.astype(int) - expected)
    assert difference.max() <= 1
    assert np.count_nonzero(difference) <= 0.01 * expected.size


def test_there_is_one_for_every_kind():
    kinds = {str(np.load(VECTORS / f"{name}.npy").dtype) for name in GOLDEN}
    assert kinds == {"uint8", "int8", "uint16", "int16"}
    assert any(name.endswith("raw") for name in GOLDEN)
