"""Sign prediction: the likelier sign is the one that joins a block to its neighbours.

The decoded samples above a block, continued into it, say what the residual should be at the
edge. Transformed along the edge that is one number for each column of coefficients: the sum of
what the coefficients of this column should give there. The left edge says the same of the rows.
A coefficient adds its share to both sums, up or down by its sign; so the magnitudes, which come
first, and the two sums tell which sign is likelier, and how much. The bit that is coded says
whether the sign is the likelier one. Each known sign is taken out of the sums, and makes the
next guess sharper.

The idea is known from experiments after ITU-T H.265 (F. Henry and G. Clare, JVET-D0031, 2016),
where whole blocks are tried with each combination of signs; here a guess costs two divisions.
"""

import numpy as np

from mmpc.v2 import contexts as c
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import code_adaptive_bit, code_raw_bit
from mmpc.v2.scan import SCAN_RANK, SCAN_START, SCAN_X, SCAN_Y
from mmpc.v2.transform import BASIS, BASIS_BITS, COEFFICIENT_BITS

ABOVE, LEFT = 0, 1  # the two edges
EDGE_BITS = 4  # fractional bits of a sample in all sums at an edge
# What a coefficient adds at the edge: the end of its basis function, continued 5/16 outwards.
EDGE_GAIN = 21 * BASIS[..., 0] - 5 * BASIS[..., 1]
# No sum overflows, whatever a stream says; 16-bit samples never come near.
MISMATCH_LIMIT = 1 << 22
SHARE_LIMIT = 1 << 24
EVIDENCE_ONE = 128  # fixed-point one of the logarithm of the odds


@kernel(forceinline=True)
def mismatch(near, middle, far, first, second):
    """Return the residual that continues three samples across the edge.

    ``near``, ``middle`` and ``far`` are decoded samples outwards from the edge, ``first`` and
    ``second`` predicted samples inwards.
    """
    value = 16 * (near - first) + 16 * (near - middle) - 4 * (middle - far) + 5 * (second - first)
    return min(max(value, -MISMATCH_LIMIT), MISMATCH_LIMIT)


@kernel
def measure_edge(samples, prediction, x, y, length, edge, line):
    """Write the mismatches along an edge of the block at (x, y) into ``line``.

    Return how far they are to be trusted: the mean square of what the same continuation misses
    one sample further out, where the outcome is known.
    """
    down = 1 - edge  # the way across the edge; the way along it is (across, down)
    across = edge
    total = np.int64(0)
    for i in range(length):
        row = y + i * across
        column = x + i * down
        near = np.int64(samples[row - down, column - across])
        middle = np.int64(samples[row - 2 * down, column - 2 * across])
        far = np.int64(samples[row - 3 * down, column - 3 * across])
        farthest = np.int64(samples[row - 4 * down, column - 4 * across])
        first = prediction[i * across, i * down]
        second = prediction[i * across + down, i * down + across]
        line[i] = mismatch(near, middle, far, first, second)
        missed = mismatch(middle, far, farthest, near, first)
        total += missed * missed
    return total // length


@kernel
def fill_edge_sums(planes, scratch, p, x, y, log2, kind, small_step, edge, used):
    """Fill what the coefficients of the used columns (or rows) should add up to, and variances.

    ``log2`` is that of the length of the edge.
    """
    length = min(1 << log2, p.height - y if edge else p.width - x)  # inside the picture
    line = scratch.line
    missed = measure_edge(planes.samples, scratch.prediction, x, y, length, edge, line)
    quantization = (small_step * small_step) >> (2 * (COEFFICIENT_BITS - EDGE_BITS))
    basis = BASIS[kind, log2]
    for k in range(used):
        total = np.int64(1) << (BASIS_BITS - 1)
        for i in range(length):
            total += basis[k, i] * line[i]
        scratch.edge_sums[edge, k] = total >> BASIS_BITS
        scratch.edge_variances[edge, k] = ((5 * missed) >> 3) + quantization + 1


@kernel(forceinline=True)
def share_of(coefficient, gain):
    """Return what a coefficient adds to the sum of an edge, or takes from it."""
    return min((abs(coefficient) * gain) >> (BASIS_BITS + COEFFICIENT_BITS), SHARE_LIMIT)


@kernel
def find_levels(scratch, start, end):
    """Write into ``scratch.places`` where in the scan there are levels; return how many.

    Without a branch, which no processor would foresee.
    """
    count = 0
    for i in range(start, end):
        scratch.places[count] = i
        count += scratch.levels[SCAN_Y[i], SCAN_X[i]] != 0
    return count


@kernel
def add_open_shares(scratch, log2_width, log2_height, kind, count):
    """Let the shares of all levels, whose signs are open, widen the variances."""
    variances = scratch.edge_variances
    for k in range(count):
        x = np.int64(SCAN_X[scratch.places[k]])
        y = np.int64(SCAN_Y[scratch.places[k]])
        coefficient = scratch.coefficients[y, x]
        variances[ABOVE, x] += share_of(coefficient, EDGE_GAIN[kind, log2_height, y]) ** 2
        variances[LEFT, y] += share_of(coefficient, EDGE_GAIN[kind, log2_width, x]) ** 2


@kernel(forceinline=True)
def quotient(number, divisor):
    """Return ``number // divisor``, the second of which is positive.

    To divide magnitudes takes no branch on the number's sign, which no processor would foresee.
    """
    is_negative = np.int64(number < 0)
    magnitude = np.uint64(abs(number) + is_negative * (divisor - 1)) // np.uint64(divisor)
    return (1 - 2 * is_negative) * np.int64(magnitude)


@kernel
def code_likely_sign(model, evidence, negative):
    """Code a sign, given the logarithm of the odds that it is positive."""
    likely = np.int64(evidence < 0)
    bucket = np.int64(c.BIT_LENGTH[np.uint64(min(abs(evidence), c.LARGEST_EVIDENCE))])
    fits = code_adaptive_bit(model, c.PREDICTED_SIGN + bucket, negative == likely)
    return likely ^ fits ^ 1


@kernel
def code_sign_at_edges(model, scratch, x, y, log2_width, log2_height, kind, row, column, negative):
    """Code one sign in the light of both edges, and take its share out of their sums."""
    sums = scratch.edge_sums
    variances = scratch.edge_variances
    coefficient = scratch.coefficients[row, column]
    down = share_of(coefficient, EDGE_GAIN[kind, log2_height, row])
    across = share_of(coefficient, EDGE_GAIN[kind, log2_width, column])
    variances[ABOVE, column] -= down * down
    variances[LEFT, row] -= across * across
    evidence = np.int64(0)
    if y > 0:
        total = 2 * EVIDENCE_ONE * down * sums[ABOVE, column]
        evidence += quotient(total, variances[ABOVE, column])
    if x > 0:
        total = 2 * EVIDENCE_ONE * across * sums[LEFT, row]
        evidence += quotient(total, variances[LEFT, row])
    negative = code_likely_sign(model, evidence, negative)
    sign = 1 - 2 * negative
    sums[ABOVE, column] -= sign * down
    sums[LEFT, row] -= sign * across
    return negative


@kernel
def code_signs(
    model, planes, scratch, p, x, y, log2_width, log2_height, kind, small_step, columns, rows
):
    """Code the signs of a block with a transform, whose magnitudes are known.

    They are those of the first ``columns`` and ``rows`` of ``scratch.levels`` and
    ``scratch.coefficients``; decoding, the signs are put there.
    """
    start = SCAN_START[log2_width, log2_height]
    last = np.int64(SCAN_RANK[start + ((rows - 1) << log2_width) + columns - 1])
    count = find_levels(scratch, start, start + last + 1)
    if p.sign_prediction:
        if y > 0:
            fill_edge_sums(planes, scratch, p, x, y, log2_width, kind, small_step, ABOVE, columns)
        if x > 0:
            fill_edge_sums(planes, scratch, p, x, y, log2_height, kind, small_step, LEFT, rows)
        add_open_shares(scratch, log2_width, log2_height, kind, count)
    for k in range(count):
        column = np.int64(SCAN_X[scratch.places[k]])
        row = np.int64(SCAN_Y[scratch.places[k]])
        level = scratch.levels[row, column]
        negative = np.int64(level < 0)
        if p.sign_prediction:
            negative = code_sign_at_edges(
                model, scratch, x, y, log2_width, log2_height, kind, row, column, negative
            )
        else:
            negative = code_raw_bit(model, negative)
        sign = 1 - 2 * negative
        scratch.levels[row, column] = sign * abs(level)
        scratch.coefficients[row, column] = sign * abs(scratch.coefficients[row, column])
