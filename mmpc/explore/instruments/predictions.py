"""What the predictor looks at: a slice with padding, coded, and each block in all 35 modes."""

import functools
from dataclasses import dataclass, replace

import numpy as np

import mmpc
from mmpc.coding_tools import Tools
from mmpc.explore.block_costs import read_block_costs
from mmpc.explore.square_blocks import SquareBlocks
from mmpc.images import Image, sample
from mmpc.v2.parameters import new_parameters
from mmpc.v2.search.padding import fill_padding, find_padding

STEP = 15
# A part of the head at the rim of the scanner's circle, beyond which all samples are -2000.
TOP, LEFT, SIDE = 0, 32, 256


@dataclass(frozen=True)
class Ground:
    """A slice as its blocks see it.

    Attributes
    ----------
    image : Image
        The slice as the scanner gave it.
    coded : ndarray of int32, shape (height, width)
        The samples that the blocks code: with padding taken out, others stand in its place.
    decoded : ndarray of int32, same shape
        What predictions come from: decoded, before the loop filters.
    default_sample : int
        Stands for neighbours that are not known.
    size_bytes : int
        Of the stream.
    """

    image: Image
    coded: np.ndarray
    decoded: np.ndarray
    default_sample: int
    size_bytes: int


@dataclass(frozen=True)
class Predicted:
    """A block in all modes.

    Attributes
    ----------
    original : ndarray of int32, shape (side, side)
        Its samples.
    above, left : ndarray of int64, shape (side + 1,), (side,)
        The border: the corner and the samples above; those to the left, downwards.
    predictions : ndarray of int64, shape (35, side, side)
        By mode.
    """

    original: np.ndarray
    above: np.ndarray
    left: np.ndarray
    predictions: np.ndarray

    @property
    def residual_rms(self) -> np.ndarray:
        """Root of the mean of the squared residuals, by mode."""
        residuals = self.original - self.predictions
        return np.sqrt(np.mean(np.square(residuals, dtype=np.float64), axis=(1, 2)))

    @property
    def best_mode(self) -> int:
        """The mode with the least residual."""
        return int(self.residual_rms.argmin())


@functools.cache
def load_ground(padding: bool) -> Ground:
    """Return a part of the head, coded with its padding taken out, or as if it were anatomy."""
    whole = sample("head_ct")
    part = np.ascontiguousarray(whole.pixels[TOP : TOP + SIDE, LEFT : LEFT + SIDE])
    return ground_of(replace(whole, pixels=part), padding)


def ground_of(image: Image, padding: bool) -> Ground:
    """Code a slice at quality 15 with the preset ``fast``, and return what its blocks see."""
    tools = Tools(padding=padding)
    data = mmpc.compress(image.pixels, bitstream=2, quality=STEP, preset="fast", tools=tools)
    costs = read_block_costs(data)
    stream = costs.stream
    found = find_padding(image.pixels, STEP) if padding else None
    coded = image.pixels.astype(np.int32) if found is None else fill_padding(image.pixels, found)
    p = new_parameters(stream.shape, stream.limits, stream.fixed_step, stream.tools)
    decoded = np.ascontiguousarray(costs.samples)
    return Ground(image, coded, decoded, int(p.default_sample), len(data))


def predict_block(ground: Ground, x: int, y: int, side: int) -> Predicted:
    """Predict a block in all modes from its decoded neighbours.

    Parameters
    ----------
    ground : Ground
        What is around it.
    x, y : int
        Its first sample, multiples of ``side``; it lies within the slice.
    side : int
        4, 8, 16 or 32.
    """
    blocks = SquareBlocks(ground.decoded.shape, side, ground.default_sample)
    predictions = blocks.predictions(ground.decoded, y, x)
    border, _ = blocks.border(ground.decoded, y, x)
    corner = 2 * side
    return Predicted(
        ground.coded[y : y + side, x : x + side],
        border[corner : corner + side + 1],
        border[corner - side : corner][::-1],
        predictions,
    )
