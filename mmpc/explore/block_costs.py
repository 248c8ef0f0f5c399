"""What each block of a stream costs, element by element, and what the decoder made of it."""

from dataclasses import dataclass

import numpy as np

from mmpc.explore.decisions import BlockStream, read_blocks
from mmpc.explore.watched_coder import watch_ctus, watched_model
from mmpc.v2.arithmetic_coder import start_decoder
from mmpc.v2.parameters import new_parameters
from mmpc.v2.planes import new_planes, new_scratch
from mmpc.v2.regions import no_cells
from mmpc.v2.slice_coder import new_slice_model, number_of_ctus


@dataclass(frozen=True)
class BlockCosts:
    """What became known of a stream's blocks.

    Attributes
    ----------
    blocks : structured ndarray of BLOCK, shape (n_blocks,)
        In the order of the stream. Sides and place are in samples; a block may reach beyond the
        picture. ``start_bits`` is where it starts in the payload, ``bits`` the price of each of
        `ELEMENTS`; where quarters and rectangles are decided, the first block pays.
    predictions, residuals, levels, samples : ndarray of int32, shape (height, width)
        Of the decoder: what each block was predicted as, what its levels add, the levels where
        they stand in their block, and samples before the loop filters.
    stream : BlockStream
        What was decoded.
    """

    blocks: np.ndarray
    predictions: np.ndarray
    residuals: np.ndarray
    levels: np.ndarray
    samples: np.ndarray
    stream: BlockStream

    def block_at(self, x: int, y: int) -> int:
        """Return the index of the block that covers a sample."""
        blocks = self.blocks
        across = (blocks["x"] <= x) & (x < blocks["x"] + blocks["width"])
        down = (blocks["y"] <= y) & (y < blocks["y"] + blocks["height"])
        return int(np.flatnonzero(across & down)[0])

    def bits_per_sample(self) -> np.ndarray:
        """Return the price of the block of each sample over its area, shape (height, width)."""
        height, width = self.samples.shape
        found = np.zeros((height, width))
        for block in self.blocks:
            y, x = block["y"], block["x"]
            part = found[y : y + block["height"], x : x + block["width"]]
            part[:] = block["bits"].sum() / part.size
        return found


def read_block_costs(data: bytes) -> BlockCosts:
    """Decode the blocks of a stream and return what each of them cost.

    Parameters
    ----------
    data : bytes
        As for `read_decisions`, which tells the errors, too; without a region of interest.
    """
    stream = read_blocks(data)
    height, width = stream.shape
    p = new_parameters(stream.shape, stream.limits, stream.fixed_step, stream.tools)
    planes = new_planes(height, width, no_cells())
    model = watched_model(
        new_slice_model(np.frombuffer(stream.payload, np.uint8).copy(), True, stream.tools),
        planes.samples.shape,
    )
    start_decoder(model.coder, model.stream)
    watch_ctus(model, planes, new_scratch(), p, number_of_ctus(planes))
    inside = (slice(height), slice(width))
    pictures = (model.predictions, model.residuals, model.levels, planes.samples)
    return BlockCosts(
        model.blocks[: model.watch.n_blocks], *(picture[inside] for picture in pictures), stream
    )
