"""Levels of a block: what is written is read again, for every size and type of transform."""

import numpy as np
import pytest

from mmpc.v2.arithmetic_coder import finish_encoder, start_decoder
from mmpc.v2.contexts import COUNTERS, WEIGHTS
from mmpc.v2.mixing import new_model
from mmpc.v2.planes import new_scratch
from mmpc.v2.quantizer import LEVEL_LIMIT
from mmpc.v2.residual_syntax import code_levels
from mmpc.v2.transform import DCT, DST, SKIP


def blocks(log2):
    """Yield levels of all kinds of a block, at least one of them not zero."""
    generator = np.random.default_rng(log2)
    size = 1 << log2
    one = np.zeros((size, size), np.int64)
    one[0, 0] = -1
    yield one
    yield one[::-1, ::-1] * 15
    yield np.full((size, size), -LEVEL_LIMIT)
    for spread in (0.5, 3.0, 1000.0):
        levels = np.rint(generator.laplace(0, spread, (size, size))).astype(np.int64)
        levels[size // 2, 0] = 14
        yield levels


@pytest.mark.parametrize("log2, kind", [(2, SKIP), (2, DCT), (3, DST), (4, DCT), (5, DCT)])
@pytest.mark.parametrize("dependent", [0, 1])
def test_levels_come_back(log2, kind, dependent):
    size = 1 << log2
    scratch = new_scratch()
    encoder = new_model(COUNTERS, WEIGHTS, np.zeros(1 << 16, np.uint8), False, True)
    described = []
    for levels in blocks(log2):
        scratch.levels[:size, :size] = levels
        described.append(code_levels(encoder, log2, kind, 5, 3, 0, dependent, scratch))
    finish_encoder(encoder.coder, encoder.stream)
    stream = encoder.stream[: encoder.coder.position].copy()
    decoder = new_model(COUNTERS, WEIGHTS, stream, True, True)
    start_decoder(decoder.coder, decoder.stream)
    for levels, (columns, rows, total) in zip(blocks(log2), described, strict=True):
        scratch.levels[:] = 99
        found = code_levels(decoder, log2, kind, 5, 3, 0, dependent, scratch)
        assert found == (columns, rows, total)
        assert np.array_equal(scratch.levels[:size, :size], levels)
        down, across = np.nonzero(levels)
        assert (columns, rows) == (across.max() + 1, down.max() + 1)
        assert total == np.abs(levels).sum()
