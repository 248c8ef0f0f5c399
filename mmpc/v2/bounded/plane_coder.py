"""One plane, sample by sample, encoding or decoding.

The decoder repeats what the encoder did: predict, code, reconstruct, learn.
"""

from typing import NamedTuple

import numpy as np

from mmpc.errors import CorruptPayloadError
from mmpc.v2.arithmetic_coder import finish_encoder, start_decoder
from mmpc.v2.bounded.neighbours import (
    FRACTION_BITS,
    MARGIN,
    MOST_CLASSES,
    look_at,
    new_predictor,
    pad_row,
)
from mmpc.v2.bounded.prediction import correct_bias, divide, learn, predict
from mmpc.v2.bounded.surroundings import RESIDUAL_ROWS, look_around, new_surroundings
from mmpc.v2.bounded.syntax import COUNTERS, WEIGHTS, code_residual, code_same, learn_gates
from mmpc.v2.bounded.taps import EDGE_LIMIT, TAP_LIMIT, designed_predictor
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import Model, code_raw_bit, new_model
from mmpc.v2.pieces import Progress, pieces
from mmpc.v2.references import NO_REFERENCES, Coded, References

_EDGE_BITS = EDGE_LIMIT.bit_length()
_TAP_BITS = (2 * TAP_LIMIT).bit_length()
_COUNT_BITS = 3
_REFERENCES_BITS = 2
RESIDUAL_LIMIT = 1 << 21  # samples have up to 20 bits
_LOOK_AHEAD = 4  # bytes that the decoder holds beyond those it has used
_SAMPLES_AT_A_TIME = 1 << 15


class Rows(NamedTuple):
    """What has the size of the plane, or of its rows; planes with their margins, row by row."""

    source: np.ndarray  # int32, what the encoder is to code, no margins (no size in the decoder)
    others: np.ndarray  # int32[2], the slices before and after (of no size: none)
    decoded: np.ndarray  # int32, with MARGIN samples above, left and right, and a row below
    width: int  # without margins
    residuals: np.ndarray  # int32 (RESIDUAL_ROWS, width + 2 MARGIN), see surroundings
    errors_fixed: np.ndarray  # int64 (width + 2 MARGIN,): recent errors above each column
    errors_adaptive: np.ndarray  # int64 (width + 2 MARGIN,)


def new_rows(shape: tuple[int, int], lowest: int, source: np.ndarray, others: np.ndarray) -> Rows:
    """Return the rows of a plane of which nothing has been decoded."""
    height, width = shape[0], shape[1] + 2 * MARGIN
    decoded = np.full((MARGIN + height + 1) * width, lowest, np.int32)
    residuals = np.zeros((RESIDUAL_ROWS, width), np.int32)
    errors = np.zeros((2, width), np.int64)
    return Rows(source.reshape(-1), others, decoded, shape[1], residuals, *errors)


def with_margins(references: References) -> np.ndarray:
    """Return the slices before and after, as `Rows` have them; of no size if there are none."""
    if references.latest is None:
        return np.zeros((2, 0), np.int32)
    margins = (MARGIN, 1), (MARGIN, MARGIN)
    return np.stack(
        [
            np.pad((one or references.latest).samples, margins, mode="edge").reshape(-1)
            for one in (references.before, references.after)
        ]
    )


@kernel
def code_number(model, value, bits):
    """Code an unsigned number of so many bits, highest first, without a model."""
    result = np.int64(0)
    for place in range(bits - 1, -1, -1):
        result = result << 1 | code_raw_bit(model, (value >> place) & 1)
    return result


def new_plane_model(stream: np.ndarray, decoding: bool, references: References) -> Model:
    """Return the model of a plane: it knows nothing, or what that of its references did."""
    model = new_model(COUNTERS, WEIGHTS, stream, decoding, True)
    references.teach(model)
    return model


def code_taps(model: Model, predictor: np.record) -> None:
    """Code the classes of the predictor and their taps; the decoder fills them in."""
    classes = int(code_number(model, int(predictor.classes) - 1, _COUNT_BITS)) + 1
    if classes > MOST_CLASSES:
        raise CorruptPayloadError(f"{classes} classes of taps; at most {MOST_CLASSES} are legal")
    predictor.classes = classes
    for i in range(classes - 1):
        predictor.edges[i] = code_number(model, int(predictor.edges[i]), _EDGE_BITS)
    for tap in np.ndindex(classes, int(predictor.n_taps)):
        value = int(predictor.taps[tap]) + TAP_LIMIT
        predictor.taps[tap] = code_number(model, value, _TAP_BITS) - TAP_LIMIT


@kernel(coder="coder of promised errors", compile_s=10)
def code_rows(model, predictor, surroundings, rows, start, end):
    """Code the samples of some rows; return False if the stream ended before them."""
    decoded = rows.decoded
    lowest = predictor.lowest
    highest = predictor.highest
    step = 2 * predictor.bound + 1
    decoding = model.coder.decoding
    width = rows.width
    sample = np.int64(0)
    for y in range(start, end):
        first = (MARGIN + y) * (width + 2 * MARGIN) + MARGIN
        for column in range(width):
            at = first + column
            x = MARGIN + column
            predict(predictor, decoded, rows.others, rows.errors_fixed, rows.errors_adaptive, at, x)
            look_around(surroundings, predictor, rows.residuals, y, x)
            correct_bias(
                predictor, surroundings.level, surroundings.west_sign, surroundings.north_sign
            )
            predicted = (predictor.corrected + (1 << (FRACTION_BITS - 1))) >> FRACTION_BITS
            if not decoding:
                sample = np.int64(rows.source[y * width + column])
            same = code_same(model, predictor, surroundings, sample, predicted)
            residual = np.int64(0)
            if same >= 0:
                value = predictor.around[same]
            else:
                if not decoding:
                    residual = nearest(sample - predicted, step)
                residual = code_residual(model, predictor, surroundings, residual)
                # A damaged stream may say anything; no legal one says more.
                residual = min(max(residual, -RESIDUAL_LIMIT), RESIDUAL_LIMIT)
                value = min(max(predicted + residual * step, lowest), highest)
            decoded[at] = value
            rows.residuals[y % RESIDUAL_ROWS, x] = residual
            learn_gates(predictor, surroundings, value, predicted)
            learn(predictor, rows.errors_fixed, rows.errors_adaptive, value, x)
        pad_row(decoded, first, width)
        for errors in (rows.errors_fixed, rows.errors_adaptive):
            errors[MARGIN + width] = errors[MARGIN + width - 1]
        if decoding and model.coder.position > model.stream.size + _LOOK_AHEAD:
            return False
    return True


@kernel
def nearest(difference, step):
    """Return the difference in units of the (odd) step, rounded to nearest."""
    return divide(difference + step // 2, step)


def encode_plane(
    plane: np.ndarray,
    bound: int,
    references: References = NO_REFERENCES,
    progress: Progress | None = None,
    limits: tuple[int, int] | None = None,
) -> tuple[bytes, Coded]:
    """Encode a plane so that no decoded sample is off by more than `bound`.

    Parameters
    ----------
    plane : ndarray of int32, shape (height, width)
        Signed samples of up to 20 bits.
    bound : int
        Largest absolute error; 0 is lossless.
    references : References
        Slices that were coded before this one.
    progress : callable, optional
        Called with how many rows are done, and of how many.
    limits : tuple of int, optional
        Lowest and highest sample that a decoder knows of; those of the plane if left out.

    Returns
    -------
    payload : bytes
        The bits.
    coded : Coded
        What `decode_plane` makes of them.
    """
    plane = np.ascontiguousarray(plane, np.int32)  # each kernel is compiled for one layout
    limits = limits or (int(plane.min()), int(plane.max()))
    capacity = plane.size * 3 + 4096
    while True:
        others = with_margins(references)
        predictor = designed_predictor(plane, others, limits, bound, references.which)
        model = new_plane_model(np.zeros(capacity, np.uint8), False, references)
        rows = new_rows(plane.shape, limits[0], plane, others)
        _code_plane(model, predictor, rows, references.which, progress)
        finish_encoder(model.coder, model.stream)
        size_bytes = int(model.coder.position)
        if size_bytes <= capacity:
            return model.stream[:size_bytes].tobytes(), Coded.of(_inside(rows), model)
        capacity = size_bytes


def decode_plane(
    payload: bytes,
    shape: tuple[int, int],
    limits: tuple[int, int],
    bound: int,
    references: References = NO_REFERENCES,
    progress: Progress | None = None,
) -> Coded:
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
    references : References
        Slices that were decoded before this one.
    progress : callable, optional
        Called with how many rows are done, and of how many.

    Returns
    -------
    Coded
        Its samples, and what later slices may learn from it.

    Raises
    ------
    CorruptPayloadError
        The payload ends before the last sample, or holds illegal taps.
    """
    stream = np.frombuffer(payload, np.uint8).copy()
    model = new_plane_model(stream, True, references)
    start_decoder(model.coder, model.stream)
    no_source = np.zeros((0, 0), np.int32)
    rows = new_rows(shape, limits[0], no_source, with_margins(references))
    predictor = new_predictor(shape[1], limits, bound)
    _code_plane(model, predictor, rows, references.which, progress)
    return Coded.of(_inside(rows), model)


def _code_plane(
    model: Model, predictor: np.record, rows: Rows, references: int, progress: Progress | None
) -> None:
    """Code which references are looked at, if there are any, the taps, then the samples."""
    if references:
        used = int(code_number(model, int(predictor.references), _REFERENCES_BITS))
        if used & ~references:
            raise CorruptPayloadError("the slice looks at one that it does not refer to")
        look_at(predictor, used)
    code_taps(model, predictor)
    surroundings = new_surroundings()
    height = rows.decoded.size // (rows.width + 2 * MARGIN) - MARGIN - 1
    for start, end in pieces(height, max(1, _SAMPLES_AT_A_TIME // rows.width), progress):
        if not code_rows(model, predictor, surroundings, rows, start, end):
            raise CorruptPayloadError("the payload ends before the last sample of the slice")


def _inside(rows: Rows) -> np.ndarray:
    """Return the decoded samples without their margins."""
    return rows.decoded.reshape(-1, rows.width + 2 * MARGIN)[MARGIN:-1, MARGIN:-MARGIN]
