"""What an encoder decided: block sizes and prediction modes, read from a stream of version 2."""

from dataclasses import dataclass

import numpy as np

from mmpc.coding_tools import Tools
from mmpc.errors import InvalidParameterError
from mmpc.v2.header_reading import read_stream
from mmpc.v2.partition import UNIT_LOG2
from mmpc.v2.pixel_padding import read_padding
from mmpc.v2.planes import LEFT_EDGE, TOP_EDGE
from mmpc.v2.slice_coder import decode_blocks
from mmpc.v2.slice_table import STEP_ONE


@dataclass(frozen=True)
class Decisions:
    """Decisions for each unit of 4 x 4 samples.

    Attributes
    ----------
    starts : ndarray of bool, shape (units_down, units_across)
        Whether the unit is the first, at the upper left, of its block.
    widths, heights : ndarray of int64, same shape
        Sides of the block that the unit belongs to, as far as they lie in the picture's units,
        in samples.
    modes : ndarray of int64, same shape
        Its prediction mode, 0 to 34.
    """

    starts: np.ndarray
    widths: np.ndarray
    heights: np.ndarray
    modes: np.ndarray


def square_decisions(modes: np.ndarray, side: int) -> Decisions:
    """Return the decisions of a picture in blocks of one size, from the mode of each."""
    units = np.ones((side >> UNIT_LOG2, side >> UNIT_LOG2), np.int64)
    first = np.zeros_like(units)
    first[0, 0] = 1
    everywhere = np.kron(np.full_like(modes, side), units)
    starts = np.kron(np.ones_like(modes), first).astype(bool)
    return Decisions(starts, everywhere, everywhere, np.kron(modes, units))


@dataclass(frozen=True)
class BlockStream:
    """The blocks of one image as a stream has them, and what a decoder needs for them.

    Attributes
    ----------
    payload : bytes
        From its first block on.
    start_bytes : int
        Where this is in the stream.
    shape : tuple of int
        Height and width in samples.
    limits : tuple of int
        Lowest and highest sample.
    fixed_step : int
        Quantization step in 1/1024 sample units.
    tools : Tools
        The tools that are on.
    has_region : bool
        Whether the payload starts with a region of interest.
    """

    payload: bytes
    start_bytes: int
    shape: tuple[int, int]
    limits: tuple[int, int]
    fixed_step: int
    tools: Tools
    has_region: bool


def read_blocks(data: bytes) -> BlockStream:
    """Find the blocks in a stream; for arguments and errors see `read_decisions`."""
    header = read_stream(data)
    if header.bounded:
        raise InvalidParameterError("a stream with a promised largest error has no blocks")
    if any(one.is_raw for one in header.slices):
        raise InvalidParameterError("the stream has its samples as they are, and no blocks")
    if header.is_volume:
        raise InvalidParameterError("the stream is a volume; give one of a single image")
    one = header.slices[0]
    shape = (header.height, header.width)
    if one.n_stripes > 1:
        raise InvalidParameterError("the image is cut into stripes, too large to look into")
    start, end = header.payload_places[0]
    payload = data[start:end]
    if one.has_padding:
        padding, payload = read_padding(payload, shape, header.dtype, None)
        if padding.is_everywhere:
            raise InvalidParameterError("all of the image is padding, and has no blocks")
    return BlockStream(
        payload,
        end - len(payload),
        shape,
        (one.minimum, one.maximum),
        round(one.step * STEP_ONE),
        header.tools,
        header.has_region,
    )


def read_decisions(data: bytes) -> Decisions:
    """Decode the blocks of a stream and return what was decided about them.

    Parameters
    ----------
    data : bytes
        A stream of version 2 with blocks (not one with a promised largest error).

    Raises
    ------
    InvalidParameterError
        The stream has no blocks, or is a volume.
    StreamError
        The bytes are not a legal stream.
    """
    stream = read_blocks(data)
    _, planes, _ = decode_blocks(
        stream.payload,
        stream.shape,
        stream.limits,
        stream.fixed_step,
        stream.tools,
        stream.has_region,
    )
    rows, columns = (-(-side >> UNIT_LOG2) for side in stream.shape)
    edges = planes.edges[:rows, :columns]
    at_left, at_top = edges & LEFT_EDGE > 0, edges & TOP_EDGE > 0
    return Decisions(
        at_left & at_top,
        _lengths(at_left),
        _lengths(at_top.T).T,
        planes.modes[:rows, :columns].astype(np.int64),
    )


def _lengths(starts: np.ndarray) -> np.ndarray:
    """Return for each unit of each row how many samples the run is long that it belongs to."""
    lengths = np.zeros(starts.shape, np.int64)
    for row, lengths_of_row in zip(starts, lengths, strict=True):
        ends = np.append(np.flatnonzero(row), row.size)
        lengths_of_row[:] = np.repeat(np.diff(ends), np.diff(ends)) << UNIT_LOG2
    return lengths
