"""The orthonormal two-dimensional DCT-II of a block, and its inverse.

The transform is two products with one small matrix: ``C = M f M^T`` and
``f = M^T C M``. NumPy broadcasts the left product over all blocks; for the right
one the rows of all blocks are stacked into one tall matrix, which is three times
as fast. Nothing here knows the quantization step or the size of the image.
"""

from functools import cache

import numpy as np

from mmpc.v1.blocks import BLOCK_SIZE

# The formula of `dct_matrix` for N = 8 with correctly rounded cosines of float64 arguments, written
# out: a math library whose last digit differs would change bytes where coefficients are ties.
_EIGHT = """
    0.3535533905932738 0.3535533905932738 0.3535533905932738 0.3535533905932738
    0.3535533905932738 0.3535533905932738 0.3535533905932738 0.3535533905932738
    0.4903926402016152 0.4157348061512726 0.27778511650980114 0.09754516100806417
    -0.0975451610080641 -0.277785116509801 -0.4157348061512727 -0.4903926402016152
    0.46193976625564337 0.19134171618254492 -0.19134171618254486 -0.46193976625564337
    -0.4619397662556434 -0.19134171618254517 0.191341716182545 0.46193976625564326
    0.4157348061512726 -0.0975451610080641 -0.4903926402016152 -0.2777851165098011
    0.2777851165098009 0.4903926402016153 0.09754516100806396 -0.4157348061512721
    0.3535533905932738 -0.35355339059327373 -0.35355339059327384 0.3535533905932737
    0.35355339059327384 -0.35355339059327334 -0.35355339059327356 0.3535533905932733
    0.27778511650980114 -0.4903926402016152 0.09754516100806415 0.41573480615127273
    -0.41573480615127256 -0.09754516100806489 0.49039264020161516 -0.27778511650980076
    0.19134171618254492 -0.4619397662556434 0.46193976625564326 -0.19134171618254495
    -0.19134171618254528 0.4619397662556437 -0.46193976625564354 0.19134171618254314
    0.09754516100806417 -0.2777851165098011 0.41573480615127273 -0.4903926402016153
    0.4903926402016152 -0.415734806151272 0.2777851165098022 -0.09754516100806254
"""


@cache
def dct_matrix(size: int = BLOCK_SIZE) -> np.ndarray:
    """Return the orthonormal DCT-II matrix.

    Parameters
    ----------
    size : int
        Number of samples N.

    Returns
    -------
    ndarray of float64, shape (size, size), read-only
        ``M[k, n] = a_k cos(pi (2n + 1) k / 2N)`` with ``a_0 = sqrt(1/N)`` and
        ``a_k = sqrt(2/N)``; the rows are the basis, so ``M @ M.T`` is the identity.

    References
    ----------
    N. Ahmed, T. Natarajan, K. R. Rao, "Discrete Cosine Transform", IEEE Trans.
    Computers C-23 (1974); report, section II-A ("Transform").
    """
    eight = np.array(_EIGHT.split(), np.float64).reshape(BLOCK_SIZE, BLOCK_SIZE)
    matrix = eight if size == BLOCK_SIZE else _cosines(size)
    matrix.flags.writeable = False
    return matrix


def _cosines(size: int) -> np.ndarray:
    """Return the DCT matrix of any size from its formula."""
    k = np.arange(size)[:, np.newaxis]
    n = np.arange(size)[np.newaxis, :]
    matrix = np.sqrt(2 / size) * np.cos(np.pi * (2 * n + 1) * k / (2 * size))
    matrix[0] = np.sqrt(1 / size)
    return matrix


def forward_dct(blocks: np.ndarray) -> np.ndarray:
    """Transform blocks of samples into blocks of coefficients.

    Parameters
    ----------
    blocks : ndarray of float64, shape (..., N, N)
        Samples; any number of leading axes.

    Returns
    -------
    ndarray of float64, shape (..., N, N)
        Coefficients, vertical frequency first; ``[..., 0, 0]`` is N times the mean.
    """
    size = blocks.shape[-1]
    columns_done = dct_matrix(size) @ blocks
    return (columns_done.reshape(-1, size) @ dct_matrix(size).T).reshape(blocks.shape)


def inverse_dct(coefficients: np.ndarray) -> np.ndarray:
    """Transform blocks of coefficients back into samples.

    Parameters
    ----------
    coefficients : ndarray of float64, shape (..., N, N)
        As `forward_dct` returns them.

    Returns
    -------
    ndarray of float64, shape (..., N, N)
        Samples, equal to the input of `forward_dct` up to rounding errors of 1e-9.
    """
    size = coefficients.shape[-1]
    columns_done = dct_matrix(size).T @ coefficients
    return (columns_done.reshape(-1, size) @ dct_matrix(size)).reshape(coefficients.shape)
