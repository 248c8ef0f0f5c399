"""Where the last bit of a product decides: the same rounding on every machine.

Some coefficients are rational: DC is a sum of samples divided by 8, so C / step falls on a half
often, and then the last bit of the float64 result decides which level is written. That bit
depends on whether a processor fuses multiply and add, and on the order in which its BLAS sums.
The report's published sizes come from fused sums from first to last. Here the few values that
lie so close to a half are computed again by exactly this rule, in plain float64 operations that
round alike everywhere; all other values are far from a half on any machine.
"""

from collections.abc import Callable

import numpy as np

from mmpc.v1.blocks import BLOCK_SIZE

# Two ways to sum 8 x 8 products of 16-bit samples differ by far less than this.
CLOSE = 1e-7
MOST_WAITING = 4096
_SPLITTER = 2.0**27 + 1


def exact_product(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ``a * b`` rounded, and the rounding error, which float64 holds exactly.

    T. J. Dekker, "A floating-point technique for extending the available precision",
    Numerische Mathematik 18 (1971).
    """
    product = a * b
    a_high = _SPLITTER * a - (_SPLITTER * a - a)
    b_high = _SPLITTER * b - (_SPLITTER * b - b)
    a_low, b_low = a - a_high, b - b_high
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, error


def fused_sum(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return the sum of products along the last axis as fused multiply-adds give it.

    Parameters
    ----------
    left, right : ndarray of float64
        Of shapes that broadcast; far from overflow.

    Returns
    -------
    ndarray of float64
        From first to last, each product is added to the sum so far with one rounding.
    """
    products, errors = exact_product(left, right)
    total = np.zeros(products.shape[:-1])
    for k in range(products.shape[-1]):
        product = products[..., k]
        rounded = total + product
        part = rounded - total
        error = (total - (rounded - part)) + (product - part)
        total = rounded + (error + errors[..., k])
    return total


class Ties:
    """The values of an image that lie halfway between two whole numbers, settled together.

    Parameters
    ----------
    matrix : ndarray of float64, shape (8, 8)
        The values are those of ``matrix @ block @ matrix.T``: the DCT matrix for
        coefficients, its transpose for samples.
    step : int
        What the values are divided by before they are rounded; 1 for samples.
    write : callable
        Takes four index arrays (block row, block column, y, x) and the rounded values, as
        float64, and puts them where they belong.
    """

    def __init__(self, matrix: np.ndarray, step: int, write: Callable[..., None]):
        self._matrix = matrix
        self._step = step
        self._write = write
        self._blocks: list[np.ndarray] = []
        self._places: list[np.ndarray] = []
        self._waiting = 0

    def note(
        self, values: np.ndarray, rounded: np.ndarray, blocks: np.ndarray, first_row: int
    ) -> None:
        """Remember the values of some block rows that are close to a half.

        Parameters
        ----------
        values : ndarray of float64, shape (block_rows, block_columns, 8, 8)
            Before rounding. The array is used as scratch space.
        rounded : ndarray, same shape
            After rounding.
        blocks : ndarray of float64, same shape
            What they were computed from.
        first_row : int
            Place of the first of these block rows in the image.
        """
        distance = np.subtract(values, rounded, out=values)
        np.abs(distance, out=distance)
        near = distance > 0.5 - CLOSE
        row, column = np.nonzero(near.reshape(*near.shape[:2], BLOCK_SIZE**2).any(axis=-1))
        # What comes from a single number is a product and no sum: the same everywhere.
        candidates = blocks[row, column].reshape(-1, BLOCK_SIZE**2)
        is_sum = np.count_nonzero(candidates, axis=-1) > 1
        if not is_sum.any():
            return
        row, column = row[is_sum], column[is_sum]
        point, y, x = np.nonzero(near[row, column])
        row, column = row[point], column[point]
        self._blocks.append(blocks[row, column])
        self._places.append(np.stack((row + first_row, column, y, x)))
        self._waiting += row.size
        if self._waiting > MOST_WAITING:
            self.settle()

    def settle(self) -> None:
        """Compute what was noted again by fused sums, columns first, and write it."""
        if self._waiting:
            places = np.concatenate(self._places, axis=1)
            _, _, y, x = places
            columns = np.swapaxes(np.concatenate(self._blocks), -1, -2)
            columns_done = fused_sum(self._matrix[y][:, np.newaxis], columns)
            values = fused_sum(columns_done, self._matrix[x])
            self._write(*places, np.rint(values / self._step))
        self._blocks, self._places, self._waiting = [], [], 0
