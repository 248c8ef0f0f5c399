"""Train the learned start of version 2: where its models end, on the average of many slices.

Slices are compressed at several steps by models that start with nothing. The logits at which a
counter ended are averaged: each encode is trusted by how many decisions the counter saw, and each
folder of slices (a scanner, a study) counts as much as any other. A counter that saw too few is
left out. ``python -m mmpc.evaluation.start_training FILE ...`` writes the package's own file.
"""

import argparse
import hashlib
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mmpc import cli
from mmpc.coding_tools import Tools
from mmpc.files import atomic_write
from mmpc.images.reading import read_image
from mmpc.images.samples import SAMPLES, sample
from mmpc.v2.contexts import CUT, MPM
from mmpc.v2.learned_start import (
    LARGEST_SYMBOL,
    PATH,
    SYMBOL_OF_HALF,
    SYMBOL_STEP,
    UNKNOWN,
    WEIGHT_STEP,
    Start,
)
from mmpc.v2.mixing import COUNT_BITS, LOGIT_ONE
from mmpc.v2.parameters import EFFORTS
from mmpc.v2.slice_coder import encode_slice, new_slice_model
from mmpc.v2.slice_table import STEP_ONE

STEPS = (5, 14, 40)
PRESET = "default"
LARGEST_SIDE = 640  # of a larger image the middle is taken
HALF_TRUSTED = 8  # so many decisions of a counter make an encode count half
LEAST_TRUST = 0.03  # of 1: below, nothing was learned
DOUBT = 0.005  # of 1: pulls a counter of little trust to where it would start without


def training_slices(paths: Sequence[Path]) -> dict[str, list[np.ndarray]]:
    """Return slices by folder: those of files, and the packaged samples that are no CT.

    Raises
    ------
    FileError
        A file cannot be read, or a sample is not installed.
    """
    folders: dict[str, list[np.ndarray]] = {}
    for path in paths:
        folders.setdefault(path.resolve().parent.name, []).append(read_image(path).pixels)
    # The others are in the benchmark.
    folders["samples"] = [sample(name).pixels for name in SAMPLES if "ct" not in name.split("_")]
    return {name: [_middle(pixels) for pixels in found] for name, found in folders.items()}


def _middle(pixels: np.ndarray) -> np.ndarray:
    """Return the middle of a large image, int32."""
    starts = [max(0, side - LARGEST_SIDE) // 2 for side in pixels.shape]
    inside = tuple(slice(start, start + LARGEST_SIDE) for start in starts)
    return np.ascontiguousarray(pixels[inside], np.int32)


def train(folders: dict[str, list[np.ndarray]], steps: Sequence[float] = STEPS) -> Start:
    """Compress all slices at all steps and average where the models end.

    Parameters
    ----------
    folders : dict of list of ndarray of int32
        Slices; those of one folder together count as much as those of another.
    steps : sequence of float
        Quantization steps, in sample units.
    """
    tools = Tools(learned_start=False)
    fresh = new_slice_model(np.zeros(0, np.uint8), False, tools)
    start_logits = _logits(fresh.counters)
    trust, moved = np.zeros((2, len(start_logits)))
    weights = np.zeros(fresh.weights.shape)
    slices = [
        (plane, 1 / (len(folders) * len(found))) for found in folders.values() for plane in found
    ]
    tasks = [(plane, share / len(steps), step) for plane, share in slices for step in steps]
    for plane, share, step in cli.progress(tasks, "training"):
        _, coded = encode_slice(plane, round(step * STEP_ONE), tools, EFFORTS[PRESET])
        decisions = (coded.counters & ((1 << COUNT_BITS) - 1)).astype(float)
        trusted = share * decisions / (decisions + HALF_TRUSTED)
        trust += trusted
        moved += trusted * (_logits(coded.counters) - start_logits)
        weights += share * coded.weights
    trust[CUT[0] : MPM[0]] = 0  # where squares may be cut differs from preset to preset
    logits = start_logits + moved / (trust + DOUBT)
    symbols = np.rint(logits * LOGIT_ONE / SYMBOL_STEP) + SYMBOL_OF_HALF
    symbols = np.clip(symbols, UNKNOWN + 1, LARGEST_SYMBOL)
    return Start(np.where(trust >= LEAST_TRUST, symbols, UNKNOWN), np.rint(weights / WEIGHT_STEP))


def _logits(counters: np.ndarray) -> np.ndarray:
    """Return the logits of the probabilities of counters, float64."""
    ones = (counters >> COUNT_BITS) + 0.5
    return np.log(ones / ((1 << (32 - COUNT_BITS)) - ones))


def main(argv: Sequence[str] | None = None) -> int:
    """Train and write the file; returns the exit code."""
    parser = argparse.ArgumentParser(
        description="Train the learned start of bitstream 2 on slices that no benchmark uses."
    )
    parser.add_argument("slices", type=Path, nargs="*", help="image files, beside the samples")
    parser.add_argument("--out", type=Path, default=PATH, help="default: the package's own file")

    def write(arguments: argparse.Namespace) -> None:
        data = train(training_slices(arguments.slices)).to_bytes()
        atomic_write(arguments.out, data)
        print(f"{arguments.out}: {len(data)} bytes, SHA-256 {hashlib.sha256(data).hexdigest()}")

    return cli.run(write, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
