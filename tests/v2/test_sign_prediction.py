"""Sign prediction against its definition in unbounded integers, round trips, and what it saves."""

import itertools

import numpy as np
import pytest

from mmpc.coding_tools import Tools
from mmpc.v2 import contexts as c
from mmpc.v2.arithmetic_coder import finish_encoder, start_decoder
from mmpc.v2.mixing import RECIPROCAL, new_model
from mmpc.v2.parameters import new_parameters
from mmpc.v2.planes import new_planes, new_scratch
from mmpc.v2.regions import no_cells
from mmpc.v2.scan import SCAN_START, SCAN_X, SCAN_Y
from mmpc.v2.sign_prediction import EDGE_GAIN, code_signs
from mmpc.v2.transform import (
    BASIS,
    COEFFICIENT_BITS,
    COEFFICIENT_LIMIT,
    DCT,
    DST,
    inverse_transform,
)

HEIGHT, WIDTH = 60, 58  # not whole blocks
SHAPES = list(itertools.product(range(2, 6), range(2, 6)))  # log2 of width and height


def new_block(generator, shape, samples, largest, density):
    """Return the planes of a slice and the memory of one block, both full of random numbers."""
    planes = new_planes(HEIGHT, WIDTH, no_cells())
    planes.samples[:] = generator.integers(-samples, samples, planes.samples.shape)
    scratch = new_scratch()
    size = 1 << shape[1], 1 << shape[0]
    inside = np.s_[: size[0], : size[1]]
    scratch.prediction[inside] = generator.integers(-samples, samples, size)
    block = generator.integers(1, largest, size) * generator.choice((-1, 1), size)
    block *= generator.random(size) < density
    block[0, 0] = largest
    scratch.levels[inside] = np.sign(block)
    scratch.coefficients[inside] = block
    return planes, scratch


def code(planes, scratch, stream, place, shape, kind, small_step, tools=None, decoding=False):
    """Run `code_signs` on one block; return the model."""
    p = new_parameters((HEIGHT, WIDTH), (-(1 << 19), 1 << 19), 1024, tools or Tools())
    model = new_model(c.COUNTERS, c.WEIGHTS, stream, decoding, True)
    if decoding:
        start_decoder(model.coder, stream)
    width, height = 1 << shape[0], 1 << shape[1]
    code_signs(model, planes, scratch, p, *place, *shape, kind, small_step, width, height)
    finish_encoder(model.coder, model.stream)
    return model


def mismatch(a, b, d, p, q):
    return min(max(16 * (a - p) + 16 * (a - b) - 4 * (b - d) + 5 * (q - p), -(1 << 22)), 1 << 22)


def edge_by_definition(rows, prediction, length, basis, small_step):
    """Return sums and variances of one edge; ``rows`` are the four rows outwards."""
    a0, a1, a2, a3 = rows
    p0, p1 = prediction[0], prediction[1]
    places = range(length)
    line = [mismatch(a0[i], a1[i], a2[i], p0[i], p1[i]) for i in places]
    missed = sum(mismatch(a1[i], a2[i], a3[i], a0[i], p0[i]) ** 2 for i in places) // length
    sums = [(2**17 + sum(b[i] * line[i] for i in places)) >> 18 for b in basis]
    return sums, [(5 * missed >> 3) + (small_step**2 >> 12) + 1 for _ in basis]


def signs_by_definition(planes, scratch, place, shape, kind, small_step):
    """Return for each sign its bucket and whether it is the likely one (FORMAT.md, 6)."""
    x, y = place
    width, height = 1 << shape[0], 1 << shape[1]
    samples = planes.samples.astype(object)
    prediction = scratch.prediction[:height, :width].astype(object)
    block = scratch.coefficients[:height, :width].astype(object)
    across = BASIS[kind, shape[0], :width, :width].astype(object)
    down = BASIS[kind, shape[1], :height, :height].astype(object)
    edges = {}
    if y > 0:
        rows = [samples[y - 1 - j, x:] for j in range(4)]
        edges["above"] = edge_by_definition(
            rows, prediction, min(width, WIDTH - x), across, small_step
        )
    if x > 0:
        rows = [samples[y:, x - 1 - j] for j in range(4)]
        edges["left"] = edge_by_definition(
            rows, prediction.T, min(height, HEIGHT - y), down, small_step
        )

    def share(value, basis, k):
        return min(abs(value) * (21 * basis[k, 0] - 5 * basis[k, 1]) >> 28, 1 << 24)

    def parts(column, row):
        for name, (sums, variances) in edges.items():
            if name == "above":
                yield sums, variances, column, share(block[row, column], down, row)
            else:
                yield sums, variances, row, share(block[row, column], across, column)

    start = int(SCAN_START[shape])
    scan = range(start, start + width * height)
    places = [(int(SCAN_X[i]), int(SCAN_Y[i])) for i in scan]
    places = [(column, row) for column, row in places if block[row, column]]
    for column, row in places:
        for _, variances, k, part in parts(column, row):
            variances[k] += part**2
    found = []
    for column, row in places:
        evidence = 0
        for sums, variances, k, part in parts(column, row):
            variances[k] -= part**2
            evidence += 256 * part * sums[k] // variances[k]
        negative = block[row, column] < 0
        found.append((min(abs(evidence).bit_length(), 11), (evidence < 0) == negative))
        for sums, _, k, part in parts(column, row):
            sums[k] += part if negative else -part
    return found


def counters_after(decisions):
    """Return the probabilities of the counters that have learned these decisions."""
    states = [(1 << 21, 0)] * c.EVIDENCES
    for bucket, fits in decisions:
        value, count = states[bucket]
        value += (((int(fits) << 22) - value) * int(RECIPROCAL[count])) >> 16
        states[bucket] = value, min(count + 1, 160)
    return [value for value, _ in states]


EXTREMES = [  # samples up to, coefficients up to, small step, share of levels
    (4000, 1 << 18, 7000, 0.3),
    (1 << 19, COEFFICIENT_LIMIT, (65536 * 1024 * 573) >> 10, 1.0),
    (1 << 19, COEFFICIENT_LIMIT, 71, 1.0),
    (2, 3000, 71, 0.1),
]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", [DCT, DST])
@pytest.mark.parametrize("extreme", EXTREMES)
def test_as_defined(shape, kind, extreme):
    samples, largest, small_step, density = extreme
    for seed, place in enumerate([(0, 0), (32, 0), (0, 32), (32, 32), (20, 56), (56, 8)]):
        generator = np.random.default_rng([seed, *shape, kind, samples])
        planes, scratch = new_block(generator, shape, samples, largest, density)
        expected = signs_by_definition(planes, scratch, place, shape, kind, small_step)
        before = scratch.coefficients.copy()
        model = code(planes, scratch, np.zeros(1 << 12, np.uint8), place, shape, kind, small_step)
        found = model.counters[c.PREDICTED_SIGN :][: c.EVIDENCES] >> 10
        assert found.tolist() == counters_after(expected)
        np.testing.assert_array_equal(scratch.coefficients, before)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kind", [DCT, DST])
@pytest.mark.parametrize("on", [True, False])
def test_signs_come_back(shape, kind, on):
    tools = Tools(sign_prediction=on)
    for seed, place in enumerate([(0, 0), (4, 0), (0, 8), (16, 32), (56, 56)]):
        generator = np.random.default_rng([seed, *shape, kind])
        planes, scratch = new_block(generator, shape, 900, 1 << 20, 0.5)
        levels, coefficients = scratch.levels.copy(), scratch.coefficients.copy()
        stream = np.zeros(1 << 12, np.uint8)
        code(planes, scratch, stream, place, shape, kind, 5000, tools)
        np.abs(scratch.levels, out=scratch.levels)
        np.abs(scratch.coefficients, out=scratch.coefficients)
        code(planes, scratch, stream, place, shape, kind, 5000, tools, decoding=True)
        np.testing.assert_array_equal(scratch.levels, levels)
        np.testing.assert_array_equal(scratch.coefficients, coefficients)


@pytest.mark.parametrize("log2", range(2, 6))
@pytest.mark.parametrize("kind", [DCT, DST])
def test_a_share_is_what_a_coefficient_adds_at_the_edge(log2, kind):
    """In 1/16 sample, of the residual continued 5/16 outwards, along its own basis function."""
    size = 1 << log2
    amplitude = 3000
    for row, column in ((0, 0), (1, 2), (size - 1, 3)):
        scratch = new_scratch()
        scratch.coefficients[row, column] = amplitude << COEFFICIENT_BITS
        residual = np.zeros((32, 32), np.int64)
        inverse_transform(scratch.coefficients, 5, log2, kind, 32, size, scratch.columns, residual)
        first, second = residual[0], residual[1]
        along = (16 * first + 5 * (first - second)) @ BASIS[kind, 5, column] / 2**18
        share = amplitude * EDGE_GAIN[kind, log2, row] / 2**18
        assert share >= 0
        assert along == pytest.approx(share, abs=16 * np.sqrt(32))  # rounded samples


def test_signs_that_continue_a_surface_are_cheap():
    """Blocks of a smooth surface, predicted flat: a sign takes half a bit."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    surface = np.rint(2000 + 900 * np.sin(x / 8) + 700 * np.cos(y / 6)).astype(np.int64)
    p = new_parameters((HEIGHT, WIDTH), (0, 4095), 1024, Tools())
    model = new_model(c.COUNTERS, c.WEIGHTS, np.zeros(1 << 12, np.uint8), False, True)
    planes, scratch = new_planes(HEIGHT, WIDTH, no_cells()), new_scratch()
    planes.samples[:HEIGHT, :WIDTH] = surface
    basis = BASIS[DCT, 3, :8, :8] / 2**18
    signs = 0
    for top in range(8, 48, 8):
        for left in range(8, 48, 8):
            block = surface[top : top + 8, left : left + 8]
            scratch.prediction[:8, :8] = 2000
            spectrum = np.rint(basis @ (block - 2000) @ basis.T / 16).astype(np.int64)
            scratch.levels[:8, :8] = spectrum
            scratch.coefficients[:8, :8] = spectrum * 16 << COEFFICIENT_BITS
            signs += np.count_nonzero(spectrum)
            step = 16 << COEFFICIENT_BITS
            code_signs(model, planes, scratch, p, left, top, 3, 3, DCT, step, 8, 8)
    finish_encoder(model.coder, model.stream)
    assert model.coder.position * 8 < 0.6 * signs
