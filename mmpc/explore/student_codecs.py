"""The student's codec in lessons 8 to 11: one stage is the student's, the frame is here.

Each function takes that stage and returns a codec as `mmpc.explore.scoreboard` measures it: pixels
and step in, bytes and decoded pixels out. All code blocks or squares of 16 x 16.
"""

from collections.abc import Callable

import numpy as np

from mmpc.explore import small_codec
from mmpc.explore.level_contexts import (
    code_levels,
    code_mixed,
    level_contexts,
    with_dc_differences,
)
from mmpc.explore.recoding import code_map
from mmpc.explore.scoreboard import Codec
from mmpc.explore.two_sizes import both_ways, samples_of
from mmpc.v1.blocks import split_blocks
from mmpc.v1.dct import forward_dct, inverse_dct

SIDE = 16
ROUNDING = 0.4


def mixed_codec(contexts_of: Callable[[np.ndarray], list[np.ndarray]]) -> Codec:
    """Return lesson 8's codec: levels in, up to six arrays of context numbers out."""

    def codec(pixels: np.ndarray, step: float) -> tuple[bytes, np.ndarray]:
        header, step = small_codec.write_header(pixels, step, SIDE)
        levels = small_codec.levels_of(pixels, step, SIDE)
        differences = with_dc_differences(levels.astype(np.int64))
        stream = code_levels(differences, *contexts_of(differences)).stream
        decoded = small_codec.pixels_of(levels, step, int(pixels.min()), pixels.shape)
        return header + stream, decoded

    return codec


def predicting_codec(guesses_of: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Codec:
    """Return lesson 9's codec, which predicts squares from decoded pixels, row by row.

    Parameters
    ----------
    guesses_of : callable
        Takes the 16 decoded pixels on the left (from top to bottom) and the 16 above (from left
        to right), returns predictions, shape (n, 16, 16). The best is taken, and its number told.
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
            levels[at], numbers[at] = rounded(waves[best], step), best
            square = np.rint(guesses[best] + inverse_dct(levels[at] * step))
            decoded[y + 1 : y + 1 + SIDE, x + 1 : x + 1 + SIDE] = np.maximum(square, 0)
        stream = header + code_mixed(levels).stream + code_map(numbers).stream
        return stream, decoded[1:, 1:].astype(np.int64) + pixels.min()

    return codec


def two_size_codec(choice_of: Callable[[np.ndarray, np.ndarray, float], np.ndarray]) -> Codec:
    """Return lesson 10's codec, which leaves squares whole or cuts them in four.

    Parameters
    ----------
    choice_of : callable
        Takes the coefficients of all squares whole and in four, shape (rows, columns, 16, 16),
        and the step; returns whether four are better, shape (rows, columns).
    """

    def codec(pixels: np.ndarray, step: float) -> tuple[bytes, np.ndarray]:
        header, step = small_codec.write_header(pixels, step, SIDE)
        whole, in_four = both_ways(pixels.astype(float) - pixels.min())
        split = np.asarray(choice_of(whole, in_four, step), bool)
        each = split[..., np.newaxis, np.newaxis]
        levels = rounded(np.where(each, in_four, whole), step)
        differences = with_dc_differences(levels)
        contexts = [2 * one + each for one in level_contexts(differences).values()]
        stream = code_levels(differences, *contexts).stream + code_map(split.astype(int)).stream
        decoded = np.maximum(np.rint(samples_of(levels * step, split)), 0).astype(np.int64)
        return header + stream, decoded + pixels.min()

    return codec


def choosing_codec(levels_of: Callable[[np.ndarray, float, np.ndarray], np.ndarray]) -> Codec:
    """Return lesson 11's codec, which chooses its levels.

    Parameters
    ----------
    levels_of : callable
        Takes coefficients, shape (rows, columns, 16, 16), the step, and the bits of the
        magnitudes 0 to 3 of each, shape (rows, columns, 16, 16, 4); returns levels.
    """

    def codec(pixels: np.ndarray, step: float) -> tuple[bytes, np.ndarray]:
        header, step = small_codec.write_header(pixels, step, SIDE)
        waves = forward_dct(split_blocks(pixels.astype(float) - pixels.min(), SIDE)).round(6)
        by_rounding = small_codec.levels_of(pixels, step, SIDE).astype(np.int64)
        levels = np.asarray(levels_of(waves, step, _learned_prices(by_rounding)), np.int64)
        stream = code_mixed(with_dc_differences(levels)).stream
        decoded = small_codec.pixels_of(levels, step, int(pixels.min()), pixels.shape)
        return header + stream, decoded

    return codec


def rounded(coefficients: np.ndarray, step: float) -> np.ndarray:
    """Return the levels of coefficients, rounded with 0.4 as the codecs here do."""
    magnitudes = np.floor(np.abs(coefficients) / step + ROUNDING)
    return (np.sign(coefficients) * magnitudes).astype(np.int64)


def _neighbours(decoded: np.ndarray, y: int, x: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the pixels on the left and above; at a rim of the picture the others stand in."""
    left, top = decoded[y + 1 : y + 1 + SIDE, x], decoded[y, x + 1 : x + 1 + SIDE]
    return (left if x else np.full(SIDE, top[0])), (top if y else np.full(SIDE, left[0]))


def _learned_prices(levels: np.ndarray) -> np.ndarray:
    """Return the bits of the magnitudes 0 to 3 where each level stands, by how often they do."""
    magnitudes = np.minimum(np.abs(levels), 3)
    where = level_contexts(levels)["five neighbours"]
    counts = np.full((where.max() + 1, 4), 0.5)
    np.add.at(counts, (where, magnitudes), 1)
    return -np.log2(counts / counts.sum(axis=1, keepdims=True))[where]
