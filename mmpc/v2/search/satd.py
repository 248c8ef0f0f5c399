"""A quick guess at what a prediction error costs: the sum of its Hadamard coefficients.

(SATD; the 8 x 8 and 4 x 4 Hadamard transforms stand in for the DCT.)
"""

import numpy as np

from mmpc.v2.kernel import kernel


@kernel(fastmath=True)
def hadamard_cost(residual, log2_width, log2_height, columns):
    """Return the sum of the absolute orthonormal Hadamard coefficients of a residual.

    Both arrays are float32[32, 32]; the residual is overwritten.
    """
    width = 1 << log2_width
    height = 1 << log2_height
    total = np.float32(0)
    if min(width, height) == 4:
        for top in range(0, height, 4):
            for left in range(0, width, 4):
                total += hadamard_cost_4(residual, top, left, columns)
        return total
    for top in range(0, height, 8):
        for j in range(8):
            for i in range(width):
                residual[j, i] = residual[top + j, i]
        eight_butterflies(residual, width)
        for left in range(0, width, 8):
            for j in range(8):
                for i in range(8):
                    columns[i, left + j] = residual[j, left + i]
        eight_butterflies(columns, width)
        for j in range(8):
            for i in range(width):
                total += abs(columns[j, i])
    return total / np.float32(8)


@kernel(fastmath=True, forceinline=True)
def eight_butterflies(block, width):
    """Transform ``width`` columns of eight rows in place, without normalization."""
    for i in range(width):
        a0 = block[0, i] + block[4, i]
        a1 = block[1, i] + block[5, i]
        a2 = block[2, i] + block[6, i]
        a3 = block[3, i] + block[7, i]
        a4 = block[0, i] - block[4, i]
        a5 = block[1, i] - block[5, i]
        a6 = block[2, i] - block[6, i]
        a7 = block[3, i] - block[7, i]
        b0 = a0 + a2
        b1 = a1 + a3
        b2 = a0 - a2
        b3 = a1 - a3
        b4 = a4 + a6
        b5 = a5 + a7
        b6 = a4 - a6
        b7 = a5 - a7
        block[0, i] = b0 + b1
        block[1, i] = b0 - b1
        block[2, i] = b2 + b3
        block[3, i] = b2 - b3
        block[4, i] = b4 + b5
        block[5, i] = b4 - b5
        block[6, i] = b6 + b7
        block[7, i] = b6 - b7


@kernel(fastmath=True)
def hadamard_cost_4(residual, top, left, rows):
    """Return the same of the square of 4 x 4 at (left, top), which stays as it is."""
    for j in range(4):
        d0 = residual[top + j, left]
        d1 = residual[top + j, left + 1]
        d2 = residual[top + j, left + 2]
        d3 = residual[top + j, left + 3]
        rows[j, 0] = d0 + d1 + d2 + d3
        rows[j, 1] = d0 - d1 + d2 - d3
        rows[j, 2] = d0 + d1 - d2 - d3
        rows[j, 3] = d0 - d1 - d2 + d3
    total = np.float32(0)
    for i in range(4):
        d0 = rows[0, i]
        d1 = rows[1, i]
        d2 = rows[2, i]
        d3 = rows[3, i]
        total += abs(d0 + d1 + d2 + d3) + abs(d0 - d1 + d2 - d3)
        total += abs(d0 + d1 - d2 - d3) + abs(d0 - d1 - d2 + d3)
    return total / np.float32(4)
