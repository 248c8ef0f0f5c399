"""The parts of bounded coding: ``python -m benchmarks.profile_bounded`` counts decisions."""

import json
import sys
from collections import Counter

import numpy as np

from benchmarks import profile_kernels as kernels
from benchmarks.profile_lossy import DECISIONS, decoding_of
from benchmarks.profile_parts import (
    Part,
    count_calls,
    counted_in_python,
    least_seconds,
    print_parts,
)
from mmpc.request import Goal, Request
from mmpc.v2 import mixing
from mmpc.v2.bounded.neighbours import FRACTION_BITS, MARGIN, W, gather, pad_row
from mmpc.v2.bounded.plane_coder import (
    decode_plane,
    encode_plane,
    nearest,
    new_rows,
    with_margins,
)
from mmpc.v2.bounded.prediction import correct_bias, learn, predict
from mmpc.v2.bounded.surroundings import RESIDUAL_ROWS, look_around, new_surroundings
from mmpc.v2.bounded.taps import designed_predictor
from mmpc.v2.codec import compress, decompress
from mmpc.v2.kernel import kernel
from mmpc.v2.references import NO_REFERENCES

# What comes before and after a residual is coded, in the order in which it is switched on.
PARTS = (
    "neighbours, class",
    "taps and blend",
    "residuals around",
    "bias",
    "learning of taps, bias",
)
_KINDS = ("raw", "simple", "mixed")  # of decisions


def profile_bounded(pixels: np.ndarray, bound: int) -> None:
    """Print the tables of decoding and encoding a slice with a promised largest error."""
    plane = np.ascontiguousarray(pixels, np.int32)
    payload, _ = encode_plane(plane, bound)
    stream = compress(pixels, Request(Goal("max_error", bound)))
    counts = counted_in_python(__spec__.name, stream)
    limits = int(plane.min()), int(plane.max())
    others = with_margins(NO_REFERENCES)
    predictor = designed_predictor(plane, others, limits, bound, 0)

    def predict_plane(parts):
        rows = new_rows(plane.shape, limits[0], plane, others)
        predict_rows(predictor, new_surroundings(), rows, parts)

    tasks = {
        "decoding": lambda: decode_plane(payload, plane.shape, limits, bound),
        "encoding": lambda: encode_plane(plane, bound),
        "design": lambda: designed_predictor(plane, others, limits, bound, 0),
        "raw": decoding_of(kernels.code_raw_bits),
        "simple": decoding_of(kernels.code_simple_bits),
        "mixed": decoding_of(kernels.code_mixed_bits),
    }
    tasks |= {name: lambda parts=parts: predict_plane(parts) for parts, name in enumerate(PARTS, 1)}
    seconds = least_seconds(tasks)
    title = f"largest error {bound}, decoding: {plane.size} samples, {len(payload)} bytes"
    parts = _prediction_parts(seconds, plane.size) + _decision_parts(seconds, counts)
    print_parts(title, parts, seconds["decoding"], plane.size)
    parts = [
        Part("design of the fixed taps", 0, seconds["design"]),
        Part("coding", 0, seconds["encoding"] - seconds["design"]),
        Part("decoding, to prove the promise", 0, seconds["decoding"]),
    ]
    whole = sum(part.seconds for part in parts)
    print_parts(f"largest error {bound}, encoding", parts, whole, plane.size)


def _prediction_parts(seconds: dict[str, float], samples: int) -> list[Part]:
    """Return what each part of prediction adds to those before it."""
    totals = [0.0, *(seconds[name] for name in PARTS)]
    return [Part(PARTS[i], samples, totals[i + 1] - totals[i]) for i in range(len(PARTS))]


def _decision_parts(seconds: dict[str, float], counts: dict[str, int]) -> list[Part]:
    """Return counts times what one decision of a kind costs alone."""
    coded = sum(counts.get(name, 0) for name in _KINDS)
    each = {name: seconds[name] / DECISIONS for name in _KINDS}
    return [Part("arithmetic coder", coded, coded * each["raw"])] + [
        Part(name, counts.get(kind, 0), counts.get(kind, 0) * (each[kind] - each["raw"]))
        for name, kind in (("mixing and learning", "mixed"), ("single counters", "simple"))
    ]


@kernel
def predict_rows(predictor, surroundings, rows, parts):
    """Predict and reconstruct a plane with the first so many parts; no residual is coded."""
    width = rows.width
    row = width + 2 * MARGIN
    step = 2 * predictor.bound + 1
    for y in range(rows.source.size // width):
        first = (MARGIN + y) * row + MARGIN
        for column in range(width):
            at, x = first + column, MARGIN + column
            if parts == 1:
                gather(predictor, rows.decoded, rows.others, at)
                predictor.blend = predictor.around[W] << FRACTION_BITS
            else:
                errors = rows.errors_fixed, rows.errors_adaptive
                predict(predictor, rows.decoded, rows.others, *errors, at, x)
            predictor.corrected = predictor.blend
            if parts > 2:
                look_around(surroundings, predictor, rows.residuals, y, x)
            if parts > 3:
                correct_bias(
                    predictor, surroundings.level, surroundings.west_sign, surroundings.north_sign
                )
            predicted = predictor.corrected >> FRACTION_BITS
            residual = nearest(rows.source[y * width + column] - predicted, step)
            value = min(max(predicted + residual * step, predictor.lowest), predictor.highest)
            rows.decoded[at] = value
            rows.residuals[y % RESIDUAL_ROWS, x] = residual
            if parts > 4:
                learn(predictor, rows.errors_fixed, rows.errors_adaptive, value, x)
        pad_row(rows.decoded, first, width)


def count_decisions(stream: bytes) -> Counter:
    """Decode a stream, without compiler, and count its decisions."""
    counts = Counter()
    count_calls(mixing.code_bit, counts, "mixed")
    count_calls(mixing.code_adaptive_bit, counts, "simple")
    count_calls(mixing.code_raw_bit, counts, "raw")
    decompress(stream)
    return counts


if __name__ == "__main__":
    print(json.dumps(count_decisions(sys.stdin.buffer.read())))
