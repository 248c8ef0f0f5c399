"""Orthonormal block transforms: DCT-II, DST-VII and the identity.

The basis functions are scaled by 2^18 and rounded, and the inverse computes in 64-bit
integers, so decoding is exact on every machine. The forward transform is the encoder's own
affair and uses floats. DCT-II: N. Ahmed et al., Discrete cosine transform, 1974. DST-VII suits
a residual that grows with the distance from the reference samples: J. Han et al., 2012;
ITU-T H.266, 8.7.4.
"""

import math

import numpy as np

from mmpc.v2.kernel import kernel

BASIS_BITS = 18
COEFFICIENT_BITS = 10  # fractional bits of a dequantized coefficient
COEFFICIENT_LIMIT = 1 << 36  # of a dequantized coefficient, so that no sum overflows
NARROW_LIMIT = 1 << 26  # coefficients below take a faster way to the same
MAX_LOG2 = 5
MAX_SINE_LOG2 = 4  # of the sides of blocks that may take DST-VII

# Transform types of a block; the last: no level is coded.
DCT, DST, SKIP, NOTHING = range(4)


def basis_values(size: int, sine: bool) -> list[list[float]]:
    """Return the orthonormal basis, one function a row, times 2^BASIS_BITS."""
    one = 1 << BASIS_BITS
    if sine:
        return [
            [
                one
                * 2
                / math.sqrt(2 * size + 1)
                * math.sin(math.pi * (2 * k + 1) * (n + 1) / (2 * size + 1))
                for n in range(size)
            ]
            for k in range(size)
        ]
    return [
        [
            one
            * math.sqrt((1 if k == 0 else 2) / size)
            * math.cos(math.pi * k * (2 * n + 1) / (2 * size))
            for n in range(size)
        ]
        for k in range(size)
    ]


def _basis() -> np.ndarray:
    """Return all bases as int64[2 (DCT, DST), MAX_LOG2 + 1, 32, 32], rounded to integers.

    No value lies near a rounding tie (a test checks it): every libm gives the same integers.
    """
    table = np.zeros((2, MAX_LOG2 + 1, 1 << MAX_LOG2, 1 << MAX_LOG2), np.int64)
    for sine in (0, 1):
        for log2 in range(2, MAX_LOG2 + 1):
            size = 1 << log2
            table[sine, log2, :size, :size] = np.round(basis_values(size, bool(sine)))
    return table


BASIS = _basis()
BASIS_FLOAT = (BASIS / (1 << BASIS_BITS)).astype(np.float32)


@kernel
def inverse_transform(
    coefficients, log2_width, log2_height, kind, columns, rows, scratch, residual
):
    """Turn dequantized coefficients (``COEFFICIENT_BITS`` fractional bits) into a residual.

    Only the first ``columns`` columns and ``rows`` rows may hold anything but zeros. Down the
    columns first, then across the rows; ``scratch`` and ``residual`` are int64[32, 32].
    """
    width = 1 << log2_width
    height = 1 << log2_height
    if kind == SKIP:
        half = 1 << (COEFFICIENT_BITS - 1)
        for y in range(height):
            for x in range(width):
                residual[y, x] = (coefficients[y, x] + half) >> COEFFICIENT_BITS
        return
    narrow = fits_narrow(coefficients, columns, rows)
    columns = (columns + 3) & -4
    basis = BASIS[kind, log2_height]
    for x in range(columns):
        synthesize(basis, coefficients, x, rows, height, BASIS_BITS, narrow, scratch[x])
    basis = BASIS[kind, log2_width]
    for y in range(height):
        shift = BASIS_BITS + COEFFICIENT_BITS
        synthesize(basis, scratch, y, columns, width, shift, narrow, residual[y])


@kernel
def fits_narrow(coefficients, columns, rows):
    """Tell whether all factors of an inverse transform fit 32 bits.

    In the second half they are at most 32 coefficients times a quarter.
    """
    bits = np.int64(0)  # that any magnitude has
    for k in range(rows):
        for x in range(columns):
            bits |= abs(coefficients[np.uint64(k), np.uint64(x)])
    return bits < NARROW_LIMIT


@kernel
def synthesize(basis, values, column, count, length, shift, narrow, line):
    """Write into ``line`` the sum of basis functions times the values of a column, shifted.

    Four at a time, so that the line is read and written less often: zeros follow the values.
    Processors multiply vectors of 32-bit integers to 64 bits in one step, of 64 bits in seven.
    Basis functions have zeros behind them, too: four entries are computed as a vector of eight.
    """
    length = max(length, 8)
    for i in range(length):
        line[np.uint64(i)] = 1 << (shift - 1)
    for k in range(0, count, 4):
        a = values[np.uint64(k), np.uint64(column)]
        b = values[np.uint64(k + 1), np.uint64(column)]
        c = values[np.uint64(k + 2), np.uint64(column)]
        d = values[np.uint64(k + 3), np.uint64(column)]
        basis_a = basis[np.uint64(k)]
        basis_b = basis[np.uint64(k + 1)]
        basis_c = basis[np.uint64(k + 2)]
        basis_d = basis[np.uint64(k + 3)]
        if narrow:
            for i in range(length):
                n = np.uint64(i)
                total = product(a, basis_a[n]) + product(b, basis_b[n])
                line[n] += total + product(c, basis_c[n]) + product(d, basis_d[n])
        else:
            for i in range(length):
                n = np.uint64(i)
                line[n] += a * basis_a[n] + b * basis_b[n] + c * basis_c[n] + d * basis_d[n]
    for i in range(length):
        line[np.uint64(i)] >>= shift


@kernel(forceinline=True)
def product(one, other):
    """Return the product of two integers of 32 bits."""
    return np.int64(np.int32(one)) * np.int64(np.int32(other))


@kernel
def forward_transform(residual, log2_width, log2_height, kind, scratch, coefficients):
    """Transform a float32 residual block; all arrays are float32[32, 32]."""
    width = 1 << log2_width
    height = 1 << log2_height
    if kind == SKIP:
        for y in range(height):
            for x in range(width):
                coefficients[y, x] = residual[y, x]
        return
    multiply(BASIS_FLOAT[kind, log2_height], residual, scratch, height, width)
    multiply(BASIS_FLOAT[kind, log2_width], scratch, coefficients, width, height)


@kernel(fastmath={"contract"})
def multiply(basis, values, product, size, columns):
    """Multiply a basis of ``size`` functions with ``columns`` columns; the product is transposed.

    Eight sums at a time, so that none waits for the last product of its own.
    """
    for y in range(0, size, 2):
        row = basis[y]
        other_row = basis[y + 1]
        for x in range(0, columns, 4):
            a0 = a1 = a2 = a3 = np.float32(0)
            b0 = b1 = b2 = b3 = np.float32(0)
            for k in range(size):
                line = values[np.uint64(k)]
                a = row[np.uint64(k)]
                b = other_row[np.uint64(k)]
                value0 = line[np.uint64(x)]
                value1 = line[np.uint64(x + 1)]
                value2 = line[np.uint64(x + 2)]
                value3 = line[np.uint64(x + 3)]
                a0 += a * value0
                a1 += a * value1
                a2 += a * value2
                a3 += a * value3
                b0 += b * value0
                b1 += b * value1
                b2 += b * value2
                b3 += b * value3
            product[x, y], product[x, y + 1] = a0, b0
            product[x + 1, y], product[x + 1, y + 1] = a1, b1
            product[x + 2, y], product[x + 2, y + 1] = a2, b2
            product[x + 3, y], product[x + 3, y + 1] = a3, b3
