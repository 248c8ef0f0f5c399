"""The student's codec with prediction: the guesses are the student's, the rest is here."""

from collections.abc import Callable

import numpy as np

from mmpc.explore import small_codec
from mmpc.explore.level_contexts import code_mixed
from mmpc.explore.recoding import code_map
from mmpc.explore.scoreboard import Codec
from mmpc.v1.dct import forward_dct, inverse_dct

SIDE = 16
ROUNDING = 0.4

Guesser = Callable[[np.ndarray, np.ndarray], np.ndarray]


def predicting_codec(guesses_of: Guesser) -> Codec:
    """Return a codec that predicts squares of 16 x 16 from decoded pixels, row by row.

    Parameters
    ----------
    guesses_of : callable
        Takes the 16 decoded pixels on the left (from top to bottom) and the 16 above (from left
        to right), returns predictions, shape (n, 16, 16). The best is taken, and its number told.

    Returns
    -------
    callable
        Pixels and step in, bytes and decoded pixels out.
    """

    def codec(pixels: np.ndarray, step: float) -> tuple[bytes, np.ndarray]:
        header, step = small_codec.write_header(pixels, step, SIDE)
        values = pixels.astype(float) - pixels.min()
        decoded = np.zeros((values.shape[0] + 1, values.shape[1] + 1))  # with a border of zeros
        levels = np.zeros(small_codec.levels_shape(pixels.shape, SIDE), np.int64)
        numbers = np.zeros(levels.shape[:2], np.int64)
        for at in np.ndindex(numbers.shape):
            y, x = SIDE * at[0], SIDE * at[1]
            guesses = guesses_of(*_neighbours(decoded, y, x))
            waves = forward_dct(values[y : y + SIDE, x : x + SIDE] - guesses).round(6)
            best = int(np.abs(waves).sum(axis=(1, 2)).argmin())
            magnitudes = np.floor(np.abs(waves[best]) / step + ROUNDING)
            levels[at], numbers[at] = np.sign(waves[best]) * magnitudes, best
            square = np.rint(guesses[best] + inverse_dct(levels[at] * step))
            decoded[y + 1 : y + 1 + SIDE, x + 1 : x + 1 + SIDE] = np.maximum(square, 0)
        stream = header + code_mixed(levels).stream + code_map(numbers).stream
        return stream, decoded[1:, 1:].astype(np.int64) + pixels.min()

    return codec


def _neighbours(decoded: np.ndarray, y: int, x: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels on the left and above; at a rim of the picture the others stand in."""
    left, top = decoded[y + 1 : y + 1 + SIDE, x], decoded[y, x + 1 : x + 1 + SIDE]
    return (left if x else np.full(SIDE, top[0])), (top if y else np.full(SIDE, left[0]))
