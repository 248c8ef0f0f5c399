"""One plane, sample by sample, encoding or decoding.

The decoder repeats what the encoder did: predict, code, reconstruct, learn.
"""

import numpy as np

from mmpc.errors import CorruptPayloadError
from mmpc.v2.arithmetic_coder import DECODING, POSITION, finish_encoder, start_decoder
from mmpc.v2.bounded.prediction import (
    CORRECTED,
    FRACTION_BITS,
    MARGIN,
    TAPS,
    correct_bias,
    learn,
    new_predictor,
    pad_row,
    predict,
)
from mmpc.v2.bounded.syntax import (
    COUNTERS,
    LEVEL,
    WEIGHTS,
    code_residual,
    code_same,
    learn_gates,
    look_around,
    new_residuals,
)
from mmpc.v2.bounded.taps import EDGE_LIMIT, MOST_CLASSES, TAP_LIMIT, design_taps
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import code_raw_bit, new_model

_EDGE_BITS = EDGE_LIMIT.bit_length()
_TAP_BITS = (2 * TAP_LIMIT).bit_length()
_COUNT_BITS = 3
RESIDUAL_LIMIT = 1 << 21  # samples have up to 20 bits
_LOOK_AHEAD = 4  # bytes that the decoder holds beyond those it has used


@kernel
def code_number(model, value, bits):
    """Code an unsigned number of so many bits, highest first, without a model."""
    result = np.int64(0)
    for place in range(bits - 1, -1, -1):
        result = result << 1 | code_raw_bit(model, (value >> place) & 1)
    return result


def code_taps(model, edges: np.ndarray, taps: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Code the classes and their taps; the decoder ignores the arguments. Return them."""
    classes = int(code_number(model, len(taps) - 1, _COUNT_BITS)) + 1
    if classes > MOST_CLASSES:
        raise CorruptPayloadError(f"{classes} classes of taps; at most {MOST_CLASSES} are legal")
    if model.coder[DECODING]:
        edges = np.zeros(classes - 1, np.int64)
        taps = np.zeros((classes, TAPS), np.int64)
    for i in range(classes - 1):
        edges[i] = code_number(model, edges[i], _EDGE_BITS)
    for tap in np.ndindex(taps.shape):
        taps[tap] = code_number(model, taps[tap] + TAP_LIMIT, _TAP_BITS) - TAP_LIMIT
    return edges, taps


@kernel(coder="coder of promised errors", compile_s=15)
def code_samples(model, predictor, residuals, source, decoded, limits, bound):
    """Code all samples in raster order; return False if the stream ended before them.

    `source` and `decoded` have margins; the decoder ignores `source`.
    """
    lowest, highest = limits
    step = 2 * bound + 1
    decoding = model.coder[DECODING]
    height, width = source.shape[0] - MARGIN - 1, source.shape[1] - 2 * MARGIN
    for y in range(MARGIN, MARGIN + height):
        for x in range(MARGIN, MARGIN + width):
            predict(predictor, decoded, y, x, lowest, highest, bound)
            look_around(residuals, y, x)
            correct_bias(
                predictor,
                residuals.nearby[LEVEL],
                np.sign(residuals.plane[y, x - 1]),
                np.sign(residuals.plane[y - 1, x]),
                lowest,
                highest,
                bound,
            )
            corrected = predictor.known[CORRECTED]
            predicted = (corrected + (1 << (FRACTION_BITS - 1))) >> FRACTION_BITS
            sample = source[y, x]
            same = code_same(model, predictor, residuals, sample, predicted, bound)
            residual = np.int64(0)
            if same >= 0:
                value = predictor.around[same]
            else:
                if not decoding:
                    residual = nearest(sample - predicted, step)
                residual = code_residual(model, predictor, residuals, residual, y, x, bound)
                # A damaged stream may say anything; no legal one says more.
                residual = min(max(residual, -RESIDUAL_LIMIT), RESIDUAL_LIMIT)
                value = min(max(predicted + residual * step, lowest), highest)
            decoded[y, x] = value
            residuals.plane[y, x] = residual
            learn_gates(predictor, residuals, value, predicted, bound)
            learn(predictor, value, x, bound)
        pad_row(decoded, y, width)
        for errors in (predictor.errors_fixed, predictor.errors_adaptive):
            errors[MARGIN + width] = errors[MARGIN + width - 1]
        if decoding and model.coder[POSITION] > model.stream.size + _LOOK_AHEAD:
            return False
    return True


@kernel
def nearest(difference, step):
    """Return the difference in units of the (odd) step, rounded to nearest."""
    half = step // 2
    if difference >= 0:
        return (difference + half) // step
    return -((half - difference) // step)


def encode_plane(plane: np.ndarray, bound: int) -> tuple[bytes, np.ndarray]:
    """Encode a plane so that no decoded sample is off by more than `bound`.

    Parameters
    ----------
    plane : ndarray of int32, shape (height, width)
        Signed samples of up to 20 bits.
    bound : int
        Largest absolute error; 0 is lossless.

    Returns
    -------
    payload : bytes
        The bits.
    decoded : ndarray of int32, shape (height, width)
        What `decode_plane` makes of them.
    """
    limits = (int(plane.min()), int(plane.max()))
    edges, taps = design_taps(plane, bound)
    capacity = plane.size * 3 + 4096
    while True:
        model = new_model(COUNTERS, WEIGHTS, np.zeros(capacity, np.uint8), False, True)
        decoded = _code_plane(model, plane, limits, bound, edges, taps)
        finish_encoder(model.coder, model.stream)
        size_bytes = int(model.coder[POSITION])
        if size_bytes <= capacity:
            return model.stream[:size_bytes].tobytes(), decoded
        capacity = size_bytes


def decode_plane(
    payload: bytes, shape: tuple[int, int], limits: tuple[int, int], bound: int
) -> np.ndarray:
    """Decode a plane; the inverse of `encode_plane`.

    Parameters
    ----------
    payload : bytes
        The bits.
    shape : tuple of int
        Height and width in samples.
    limits : tuple of int
        Lowest and highest sample.
    bound : int
        Largest absolute error.

    Returns
    -------
    ndarray of int32, shape (height, width)

    Raises
    ------
    CorruptPayloadError
        The payload ends before the last sample, or holds illegal taps.
    """
    stream = np.frombuffer(payload, np.uint8).copy()
    model = new_model(COUNTERS, WEIGHTS, stream, True, True)
    start_decoder(model.coder, model.stream)
    nothing = np.zeros(0, np.int64), np.zeros((1, TAPS), np.int64)
    return _code_plane(model, np.zeros(shape, np.int32), limits, bound, *nothing)


def _code_plane(model, plane, limits, bound, edges, taps) -> np.ndarray:
    """Code the taps, then the samples; return the decoded plane."""
    height, width = plane.shape
    edges, taps = code_taps(model, edges, taps)
    padded = (height + MARGIN + 1, width + 2 * MARGIN)
    inside = (slice(MARGIN, MARGIN + height), slice(MARGIN, MARGIN + width))
    source, decoded = np.zeros(padded, np.int64), np.full(padded, limits[0], np.int64)
    source[inside] = plane
    predictor, residuals = new_predictor(width, edges, taps), new_residuals(*padded)
    if not code_samples(model, predictor, residuals, source, decoded, limits, bound):
        raise CorruptPayloadError("the payload ends before the last sample of the slice")
    return decoded[inside].astype(np.int32)
