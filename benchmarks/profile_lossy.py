"""The parts of the lossy coder: ``python -m benchmarks.profile_lossy`` counts those of a stream."""

import itertools
import json
import sys
from collections import Counter
from dataclasses import replace

import numpy as np

from benchmarks import profile_kernels as kernels
from benchmarks.profile_parts import (
    Part,
    count_calls,
    counted_in_python,
    least_seconds,
    print_parts,
)
from mmpc.coding_tools import Tools
from mmpc.request import Goal, Request
from mmpc.v2 import mixing, residual_syntax, transform
from mmpc.v2.arithmetic_coder import finish_encoder, start_decoder
from mmpc.v2.codec import compress, decompress
from mmpc.v2.deblocking import deblock
from mmpc.v2.parameters import EFFORTS
from mmpc.v2.planes import new_scratch
from mmpc.v2.probability_map import code_bit_through_map
from mmpc.v2.search.costs import fill_last_costs, fill_level_costs
from mmpc.v2.search.memory import new_search
from mmpc.v2.search.trellis import OWN, ROUNDED
from mmpc.v2.search.wiener_design import design_filter
from mmpc.v2.slice_coder import decode_blocks, decode_slice, encode_slice, new_slice_model
from mmpc.v2.wiener import apply_filter, classify, pad_slice

PRESET = "default"
TOOLS = Tools()
_KINDS = ("raw", "simple", "of three counters", "mixed", "mixed and mapped")  # of decisions
DECISIONS = 100_000
CONTEXTS = 256  # of the decisions that are timed alone
BLOCK_LOG2 = 3
TIMES = 2000


def profile_lossy(pixels: np.ndarray, step: float) -> None:
    """Print the tables of decoding and encoding a slice."""
    plane = pixels.astype(np.int32)
    fixed_step = round(step * 1024)
    payload, _ = encode_slice(plane, fixed_step, TOOLS, EFFORTS[PRESET])
    stream = compress(pixels, Request(Goal("step", step), preset=PRESET))
    counts = counted_in_python(__spec__.name, stream)
    limits = int(plane.min()), int(plane.max())
    decoding = {
        "all": lambda: decode_slice(payload, plane.shape, limits, fixed_step, TOOLS),
        "blocks": lambda: decode_blocks(payload, plane.shape, limits, fixed_step, TOOLS),
    }
    seconds = least_seconds(decoding | _filters(payload, plane, fixed_step) | _parts_alone())
    title = f"lossy, decoding: {plane.shape[0]} x {plane.shape[1]} samples, {len(payload)} bytes"
    print_parts(title, _decoding_parts(counts, seconds), seconds["all"], plane.size)
    efforts = _efforts()
    encoding = {
        name: lambda effort=effort: encode_slice(plane, fixed_step, TOOLS, effort)
        for name, effort in efforts.items()
    }
    seconds |= least_seconds(encoding, rounds=3)
    parts = _encoding_parts(list(efforts), seconds)
    print_parts(f"lossy, encoding ({PRESET})", parts, seconds["default"], plane.size)
    print("\none kernel of the search alone, ns a sample of each block that is tried")
    for name in _SEARCH_KERNELS:
        print(f"{name:38}{1e9 * seconds[name] / (TIMES << (2 * BLOCK_LOG2)):9.1f}")


def _decoding_parts(counts: dict[str, int], seconds: dict[str, float]) -> list[Part]:
    """Return counts times what one costs alone, and the filters as they were timed."""
    each = {name: seconds[name] / DECISIONS for name in _KINDS}
    coded = sum(counts[name] for name in _KINDS)
    block = TIMES << (2 * BLOCK_LOG2)
    costs = {
        "contexts of levels": ("levels", seconds["contexts of levels"] / block),
        "mixing and learning": ("mixed", each["mixed"] - each["raw"]),
        "the same, and a probability map": (
            "mixed and mapped",
            each["mixed and mapped"] - each["raw"],
        ),
        "means of three counters": (
            "of three counters",
            each["of three counters"] - each["raw"],
        ),
        "single counters": ("simple", each["simple"] - each["raw"]),
        "inverse transforms, a sample each": (
            "transformed",
            seconds["inverse transforms, a sample each"] / block,
        ),
    }
    return [
        Part("arithmetic coder", coded, coded * each["raw"]),
        *(Part(name, counts[what], counts[what] * cost) for name, (what, cost) in costs.items()),
        *(Part(name, 1, seconds[name]) for name in ("deblocking", "Wiener filter")),
    ]


def _efforts() -> dict:
    """Return efforts of the search, each with one thing less than the one before."""
    full = EFFORTS[PRESET]
    efforts = {"default": full}
    less = {
        "rectangles": {"cuts": 0},
        "levels chosen twice": {"second_choice": 0},
        "DST and no transform": {"extra_kinds": 0},
        "more than one mode": {"candidates": 1},
    }
    for name, change in less.items():
        full = replace(full, **change)
        efforts[name] = full
    return efforts


def _encoding_parts(names: list[str], seconds: dict[str, float]) -> list[Part]:
    """Return what each thing costs by leaving it out; what is left is split by what is known."""
    pairs = itertools.pairwise(names)
    parts = [Part(name, 0, seconds[before] - seconds[name]) for before, name in pairs]
    filters = [Part(name, 0, seconds[name]) for name in ("deblocking", "design of the filter")]
    known = sum(part.seconds for part in filters) + seconds["blocks"]
    search = Part("one mode, DCT, each size of square", 0, seconds[names[-1]] - known)
    return [
        search,
        *reversed(parts),
        *filters,
        Part("coding what was chosen", 0, seconds["blocks"]),
    ]


def _filters(payload: bytes, plane: np.ndarray, fixed_step: int) -> dict:
    """Return tasks: the filters of a slice, and the design of one."""
    limits = int(plane.min()), int(plane.max())
    _, planes, p = decode_blocks(payload, plane.shape, limits, fixed_step, TOOLS)
    padded = pad_slice(planes.samples, p)
    source = plane.astype(np.float32)
    found, classes = design_filter(padded, source, p, 0.0)
    output = np.zeros(plane.shape, np.int32)

    def filter_slice():
        classify(padded, p, found, classes)
        apply_filter(padded, p, classes, found, output)

    return {
        "deblocking": lambda: deblock(planes.samples, planes.edges, planes.cells, p),
        "Wiener filter": filter_slice,
        "design of the filter": lambda: design_filter(padded, source, p, 0.0),
    }


_SEARCH_KERNELS = (
    "guess of a mode's cost",
    "forward transform",
    "levels, paths together",
    "levels, each path its own",
)


def _parts_alone() -> dict:
    """Return tasks that do one thing many times."""
    generator = np.random.default_rng(1)
    scratch = new_scratch()
    scratch.magnitudes[:] = generator.geometric(0.5, scratch.magnitudes.size) - 1
    coefficients = generator.laplace(0, 3000, scratch.coefficients.shape)
    scratch.coefficients[:] = coefficients
    search = new_search(10.0, 0.22, True, True)
    model = new_slice_model(np.zeros(1, np.uint8), False, TOOLS)
    fill_level_costs(model.counters, search.trellis.level_costs)
    fill_last_costs(model.counters, search.trellis.last_costs)
    search.trellis.small_step = 10.0
    search.trellis.dependent = 1
    search.residual[:] = generator.normal(0, 30, search.residual.shape)
    search.coefficients[:] = generator.laplace(0, 20, search.coefficients.shape)
    source = generator.normal(0, 30, search.residual.shape).astype(np.float32)
    log2 = BLOCK_LOG2
    kernel_tasks = (
        lambda: kernels.guess_costs(source, search, scratch, log2, TIMES),
        lambda: kernels.transform(search, log2, TIMES),
        lambda: kernels.quantize(search, scratch, log2, ROUNDED, TIMES),
        lambda: kernels.quantize(search, scratch, log2, OWN, TIMES),
    )
    return {
        "raw": decoding_of(kernels.code_raw_bits),
        "simple": decoding_of(kernels.code_simple_bits),
        "of three counters": decoding_of(kernels.code_bits_of_three),
        "mixed": decoding_of(kernels.code_mixed_bits),
        "mixed and mapped": decoding_of(kernels.code_mapped_bits),
        "contexts of levels": lambda: kernels.find_contexts(
            model.mixer.slots, scratch.magnitudes, TIMES
        ),
        "inverse transforms, a sample each": lambda: kernels.transform_inversely(
            scratch, log2, TIMES
        ),
        **dict(zip(_SEARCH_KERNELS, kernel_tasks, strict=True)),
    }


def decoding_of(code_bits):
    """Return a task: to decode bits, most of them zeros, of one kind of decisions."""
    generator = np.random.default_rng(2)
    contexts = generator.integers(0, CONTEXTS, DECISIONS)
    chances = generator.uniform(0, 0.6, CONTEXTS)
    bits = (generator.random(DECISIONS) < chances[contexts]).astype(np.int64)
    size = DECISIONS // 4
    written = np.zeros(size, np.uint8)

    def new_model(stream, decoding):
        model = mixing.new_model(mixing.INPUTS * CONTEXTS + 64, 32, stream, decoding, True)
        model.mixer.mapping = 1
        return model

    model = new_model(written, False)
    code_bits(model, contexts, bits.copy())
    finish_encoder(model.coder, model.stream)

    def decode():
        model = new_model(written, True)
        start_decoder(model.coder, model.stream)
        decoded = np.zeros(DECISIONS, np.int64)
        code_bits(model, contexts, decoded)
        return decoded

    if not np.array_equal(decode(), bits):
        raise ValueError("the bits of the profile come back otherwise")
    return decode


def count_parts(stream: bytes) -> Counter:
    """Decode a stream, without compiler, and count its decisions and blocks."""
    counts = Counter()
    count_calls(residual_syntax.set_level_slots, counts, "levels")
    count_calls(mixing.code_bit, counts, "mixed")
    count_calls(code_bit_through_map, counts, "mixed and mapped")
    count_calls(mixing.code_adaptive_bit, counts, "simple")
    count_calls(mixing.code_raw_bit, counts, "raw")
    count_calls(mixing.code_bit_between, counts, "of three counters")
    count_calls(
        transform.inverse_transform,
        counts,
        "transformed",
        lambda coefficients, log2_width, log2_height, *_: 1 << (log2_width + log2_height),
    )
    decompress(stream)
    return counts


if __name__ == "__main__":
    print(json.dumps(count_parts(sys.stdin.buffer.read())))
