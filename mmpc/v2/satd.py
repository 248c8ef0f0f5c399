"""A quick guess at what a prediction error costs: the sum of its Hadamard coefficients.

(SATD; the 8 x 8 and 4 x 4 Hadamard transforms stand in for the DCT.)
"""

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, fastmath=True)
def hadamard_cost(residual, log2, work):
    """Return the sum of absolute orthonormal Hadamard coefficients; destroys ``residual``."""
    size = 1 << log2
    tile = min(size, 8)
    hadamard_columns(residual, size, tile)
    for j in range(size):
        for i in range(size):
            work[i, j] = residual[j, i]
    hadamard_columns(work, size, tile)
    total = np.float32(0)
    for j in range(size):
        for i in range(size):
            total += abs(work[j, i])
    return total / np.float32(tile)


@njit(cache=True, nogil=True, fastmath=True)
def hadamard_columns(block, size, tile):
    """Transform the columns of each tile of ``block`` in place, without normalization."""
    step = 1
    while step < tile:
        for start in range(0, size, 2 * step):
            for j in range(start, start + step):
                for i in range(size):
                    upper = block[j, i]
                    lower = block[j + step, i]
                    block[j, i] = upper + lower
                    block[j + step, i] = upper - lower
        step *= 2
