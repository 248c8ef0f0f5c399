"""The same bytes and samples whatever order a machine sums in, and whether it fuses or not."""

import os
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from mmpc.request import Goal, Request
from mmpc.v1 import codec, dct
from mmpc.v1.ties import exact_product, fused_sum


def test_a_product_and_its_error_are_exact():
    a, b = np.random.default_rng(1).normal(size=(2, 500)) * 1000
    product, error = exact_product(a, b)
    for one in zip(a, b, product, error, strict=True):
        a_1, b_1, product_1, error_1 = map(Fraction, one)
        assert a_1 * b_1 == product_1 + error_1


def test_a_fused_sum_rounds_once_a_step():
    left = dct.dct_matrix()
    right = np.random.default_rng(2).integers(0, 65536, (50, 1, 8)).astype(np.float64)
    sums = fused_sum(left, right)
    for block, row in np.ndindex(sums.shape):
        total = 0.0
        for k in range(8):
            total = float(Fraction(left[row, k]) * Fraction(right[block, 0, k]) + Fraction(total))
        assert sums[block, row] == total


def test_a_fused_sum_differs_from_a_plain_one():
    nearly_one = 1 + 2.0**-30
    left, right = np.array([1, nearly_one]), np.array([-(nearly_one**2), nearly_one])
    assert left[0] * right[0] + left[1] * right[1] == 0
    assert fused_sum(left, right) == Fraction(nearly_one) ** 2 - Fraction(nearly_one**2)


def images():
    """Images full of ties: constant blocks, and few grey values."""
    generator = np.random.default_rng(3)
    blocks = np.kron(generator.integers(0, 400, (9, 11)), np.ones((8, 8), int))
    yield "constant blocks", blocks.astype(np.uint16)
    yield "few values", generator.integers(-3, 4, (61, 45)).astype(np.int16)
    yield (
        "halves",
        np.kron(generator.integers(-900, 900, (30, 34)), np.ones((4, 4), int)).astype(np.int16),
    )


@pytest.mark.parametrize(("name", "image"), list(images()), ids=lambda value: str(value)[:15])
@pytest.mark.parametrize("step", [1, 2, 8, 16, 60])
def test_the_order_of_summing_does_not_matter(monkeypatch, name, image, step):
    """Sum the other way round, which no BLAS of ours does: the bytes and the samples stay."""
    data = codec.compress(image, Request(Goal("step", step), bitstream=1))
    decoded = codec.decompress(data)

    def backwards(matrix):
        def transform(blocks):
            reversed_sum = np.zeros(blocks.shape)
            for k in reversed(range(8)):
                reversed_sum += matrix[:, k, np.newaxis] * blocks[..., np.newaxis, k, :]
            result = np.zeros(blocks.shape)
            for k in reversed(range(8)):
                result += reversed_sum[..., k, np.newaxis] * matrix[:, k]
            return result

        return transform

    monkeypatch.setattr(codec, "forward_dct", backwards(dct.dct_matrix()))
    monkeypatch.setattr(codec, "inverse_dct", backwards(dct.dct_matrix().T))
    assert codec.compress(image, Request(Goal("step", step), bitstream=1)) == data
    np.testing.assert_array_equal(codec.decompress(data), decoded)


SCRIPT = """
import zlib
import numpy as np
from mmpc.request import Goal, Request
from mmpc.v1 import codec
image = np.random.default_rng(5).integers(0, 9, (96, 88)).astype(np.int16) - 4
data = codec.compress(image, Request(Goal("step", 2), bitstream=1))
print(zlib.crc32(data), zlib.crc32(codec.decompress(data)))
"""


def test_processors_without_fused_products_write_the_same_bytes():
    """OpenBLAS can be told to use the kernels of an older processor; other BLAS ignore it."""
    results = set()
    for core in ("", "Nehalem", "Haswell"):
        environment = {**os.environ, "OPENBLAS_CORETYPE": core}
        if not core:
            del environment["OPENBLAS_CORETYPE"]
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True
        )
        if core and run.returncode:
            continue  # not a processor that has these instructions
        results.add(run.stdout)
    assert len(results) == 1
    assert results.pop().strip()


def test_the_written_out_matrix_is_the_formula():
    np.testing.assert_allclose(dct.dct_matrix(8), dct._cosines(8), rtol=0, atol=1e-15)
