"""The integer transforms: orthonormal within rounding, exact tables, inverse of the forward."""

import hashlib

import numpy as np
import pytest

from mmpc.v2.mixing import LOGIT_LIMIT, LOGIT_ONE, SQUASH, STRETCH
from mmpc.v2.transform import (
    BASIS,
    BASIS_BITS,
    COEFFICIENT_BITS,
    DCT,
    DST,
    SKIP,
    basis_values,
    forward_transform,
    inverse_transform,
)

SIZES = [2, 3, 4, 5]


@pytest.mark.parametrize("sine", [0, 1])
@pytest.mark.parametrize("log2", SIZES)
def test_orthonormal_within_rounding(log2, sine):
    size = 1 << log2
    basis = BASIS[sine, log2, :size, :size] / (1 << BASIS_BITS)
    assert np.abs(basis @ basis.T - np.eye(size)).max() < 1e-5


@pytest.mark.parametrize("sine", [0, 1])
@pytest.mark.parametrize("log2", SIZES)
def test_no_basis_entry_is_near_a_rounding_tie(log2, sine):
    values = np.array(basis_values(1 << log2, bool(sine)))
    assert np.abs(np.abs(values - np.floor(values)) - 0.5).min() > 1e-6


def test_no_squash_entry_is_near_a_rounding_tie():
    logits = np.arange(-LOGIT_LIMIT, LOGIT_LIMIT + 1) / LOGIT_ONE
    values = 65536 / (1 + np.exp(-logits))
    assert np.abs(np.abs(values - np.floor(values)) - 0.5).min() > 1e-6
    middles = (np.arange(4096) + 0.5) / 4096
    values = LOGIT_ONE * np.log(middles / (1 - middles))
    assert np.abs(np.abs(values - np.floor(values)) - 0.5).min() > 1e-6


def test_tables_are_the_documented_ones():
    digest = hashlib.sha256()
    for table in (BASIS, SQUASH, STRETCH):
        digest.update(table.astype("<i8").tobytes())
    assert digest.hexdigest() == TABLES_SHA256


@pytest.mark.parametrize("kind", [DCT, DST, SKIP])
@pytest.mark.parametrize("log2_width", SIZES)
@pytest.mark.parametrize("log2_height", SIZES)
def test_inverse_undoes_forward(log2_width, log2_height, kind):
    width, height = 1 << log2_width, 1 << log2_height
    generator = np.random.default_rng([log2_width, log2_height])
    residual = np.zeros((32, 32), np.float32)
    residual[:height, :width] = generator.integers(-4096, 4096, (height, width))
    work = np.zeros((32, 32), np.float32)
    floats = np.zeros((32, 32), np.float32)
    forward_transform(residual, log2_width, log2_height, kind, work, floats)
    coefficients = np.round(floats.astype(np.float64) * (1 << COEFFICIENT_BITS)).astype(np.int64)
    columns = np.zeros((32, 32), np.int64)
    result = np.zeros((32, 32), np.int64)
    inverse_transform(coefficients, log2_width, log2_height, kind, width, height, columns, result)
    assert np.abs(result - residual)[:height, :width].max() <= 2


TABLES_SHA256 = "3fa73d336c32e3daced93a1509083a90f24659841c04b8192bb08033c5ed111b"
