"""What lies under the microscope: the middle of a slice, coded, and taken apart block by block."""

import functools
from dataclasses import dataclass

import numpy as np

from mmpc.explore.block_costs import BlockCosts, read_block_costs
from mmpc.explore.body import measured
from mmpc.explore.instruments.slider import middle
from mmpc.explore.trial import compress_v2
from mmpc.explore.watched_coder import ELEMENTS
from mmpc.images import Image
from mmpc.v2.prediction import DC, HORIZONTAL, PLANAR, VERTICAL

TRANSFORMS = ("DCT", "DST-VII", "none (skip)", "no levels")


@dataclass(frozen=True, eq=False)
class Specimen:
    """A coded slice.

    Attributes
    ----------
    image : Image
        What was coded, a square of at most 256 samples.
    size_bytes : int
        Of the stream.
    costs : BlockCosts
        What is known of its blocks.
    """

    image: Image
    size_bytes: int
    costs: BlockCosts

    @property
    def filter_bits(self) -> float:
        """Bits of the payload behind the blocks: the loop filter, and what fills the last byte."""
        return 8 * len(self.costs.stream.payload) - float(self.costs.blocks["bits"].sum())


@dataclass(frozen=True)
class BlockView:
    """One block.

    Attributes
    ----------
    x, y, width, height : int
        Its samples; what lies beyond the picture does not count.
    mode : str
        How it was predicted.
    transform : str
        How it was transformed, one of `TRANSFORMS`.
    original, prediction, residual, added, decoded, levels : ndarray, shape (height, width)
        Stored values; ``residual`` is what the prediction misses, ``added`` what the levels
        bring of it, ``decoded`` what comes of both before the loop filters.
    bits : dict of str to float
        What each syntax element cost.
    start_bits : float
        Where it starts in the whole stream.
    """

    x: int
    y: int
    width: int
    height: int
    mode: str
    transform: str
    original: np.ndarray
    prediction: np.ndarray
    residual: np.ndarray
    added: np.ndarray
    decoded: np.ndarray
    levels: np.ndarray
    bits: dict[str, float]
    start_bits: float

    @property
    def total_bits(self) -> float:
        """What the whole block cost."""
        return sum(self.bits.values())


@functools.lru_cache(maxsize=32)
def load_specimen(name: str, step: float) -> Specimen:
    """Return the middle of a sample slice, coded with the preset ``fast`` at a step."""
    image = middle(measured(name))
    data = compress_v2(image.pixels, step)
    return Specimen(image, len(data), read_block_costs(data))


def look_at(specimen: Specimen, index: int) -> BlockView:
    """Return a block by its number in the stream."""
    costs = specimen.costs
    block = costs.blocks[index]
    x, y = int(block["x"]), int(block["y"])
    part = (slice(y, y + int(block["height"])), slice(x, x + int(block["width"])))
    original = specimen.image.pixels[part].astype(np.int32)
    prediction = costs.predictions[part]
    height, width = original.shape
    return BlockView(
        x,
        y,
        width,
        height,
        name_of_mode(int(block["mode"])),
        TRANSFORMS[int(block["kind"])],
        original,
        prediction,
        original - prediction,
        costs.residuals[part],
        costs.samples[part],
        costs.levels[part],
        dict(zip(ELEMENTS, block["bits"].tolist(), strict=True)),
        8 * costs.stream.start_bytes + float(block["start_bits"]),
    )


def neighbour(specimen: Specimen, index: int, right: int, down: int) -> int:
    """Return the block that is so many steps to the right and down, at most at the border."""
    height, width = specimen.image.pixels.shape
    for steps, along in ((right, "x"), (down, "y")):
        for _ in range(abs(steps)):
            block = specimen.costs.blocks[index]
            places = {}
            for axis, side, limit in (("x", "width", width), ("y", "height", height)):
                start, length = int(block[axis]), int(block[side])
                places[axis] = start + length // 2
                if axis == along:
                    places[axis] = start + length if steps > 0 else start - 1
                places[axis] = min(max(places[axis], 0), limit - 1)
            index = specimen.costs.block_at(places["x"], places["y"])
    return index


def name_of_mode(mode: int) -> str:
    """Return how a prediction mode is called."""
    known = {PLANAR: "planar", DC: "DC", HORIZONTAL: "horizontal", VERTICAL: "vertical"}
    return f"{mode}, {known.get(mode, 'a direction')}"
