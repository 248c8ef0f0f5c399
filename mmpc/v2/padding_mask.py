"""The bits of a mask: which samples of a slice are padding.

They are the box around all other samples, and in it cells of 8 x 8, row by row. A cell is of one
kind, or its samples are coded one by one. Each decision also looks at what stands in its place in
a mirror, from left to right or from top to bottom of the box: most masks are circles or rectangles.
"""

import struct

import numpy as np

from mmpc.errors import CorruptPayloadError
from mmpc.v2.arithmetic_coder import finish_encoder, start_decoder
from mmpc.v2.kernel import kernel
from mmpc.v2.mixing import INPUTS, Model, code_bit, new_model
from mmpc.v2.pieces import pieces

CELL = 8
FRAME = 2  # samples of padding kept around the box
# What is known of a sample; of a cell MIXED instead of the last.
MEASURED, PADDED, UNKNOWN, IN_MIXED_CELL = range(4)
MIXED = 3

# Kinds of decisions; each has a table of counters for each of its contexts.
_CELL_TABLE = 256
_SAMPLE_TABLE = 1024
CELL_IS_MIXED, CELL_IS_PADDED, SAMPLE_IS_PADDED = range(3)
_TABLES_OF_CELLS = INPUTS * _CELL_TABLE  # of one of the first two kinds
COUNTERS = 2 * _TABLES_OF_CELLS + INPUTS * _SAMPLE_TABLE
WEIGHTS = 3  # one set for each kind of decision

BOX = struct.Struct("<4H")  # first row and column, last row and column
_LOOK_AHEAD = 4  # bytes that the decoder holds beyond those it has used
_SAMPLES_AT_A_TIME = 1 << 18


def pack_mask(mask: np.ndarray) -> bytes:
    """Return the bytes of a mask.

    Parameters
    ----------
    mask : ndarray of bool, shape (height, width)
        True where a sample is padding; not everywhere.
    """
    rows, columns = (np.flatnonzero(~mask.all(axis)) for axis in (1, 0))
    top, bottom, left, right = (int(side[end]) for side in (rows, columns) for end in (0, -1))
    inner = mask[top : bottom + 1, left : right + 1]
    framed = np.pad(inner.astype(np.uint8), FRAME, constant_values=PADDED)
    capacity = inner.size + 64
    while True:
        model = new_model(COUNTERS, WEIGHTS, np.zeros(capacity, np.uint8), False, True)
        _code_mask(model, framed, _nothing_known(inner.shape))
        finish_encoder(model.coder, model.stream)
        size_bytes = int(model.coder.position)
        if size_bytes <= capacity:
            return BOX.pack(top, left, bottom, right) + model.stream[:size_bytes].tobytes()
        capacity = size_bytes


def unpack_mask(data: bytes, shape: tuple[int, int]) -> np.ndarray:
    """Return the mask of its bytes; the inverse of `pack_mask`.

    Raises
    ------
    CorruptPayloadError
        The bytes end early, or the box is not within the slice.
    """
    if len(data) < BOX.size:
        raise CorruptPayloadError(f"the mask of padding has {len(data)} bytes and no box")
    top, left, bottom, right = BOX.unpack_from(data)
    if not (top <= bottom < shape[0] and left <= right < shape[1]):
        raise CorruptPayloadError(
            f"the box of the mask of padding, rows {top} to {bottom}, columns {left} to {right}, "
            f"is not within {shape[1]} x {shape[0]} samples"
        )
    known = _nothing_known((bottom - top + 1, right - left + 1))
    stream = np.frombuffer(data, np.uint8, offset=BOX.size).copy()
    model = new_model(COUNTERS, WEIGHTS, stream, True, True)
    start_decoder(model.coder, model.stream)
    _code_mask(model, np.zeros((0, 0), np.uint8), known)
    mask = np.ones(shape, bool)
    mask[top : bottom + 1, left : right + 1] = known[FRAME:-FRAME, FRAME:-FRAME] == PADDED
    return mask


def _nothing_known(shape: tuple[int, int]) -> np.ndarray:
    """Return what is known of the samples of a box before they are coded: the frame around it."""
    return np.pad(np.full(shape, UNKNOWN, np.uint8), FRAME, constant_values=PADDED)


def _code_mask(model: Model, mask: np.ndarray, known: np.ndarray) -> None:
    """Code the mask of a box, of no size in the decoder; `known` becomes it."""
    rows, columns = known.shape
    size = max(1, _SAMPLES_AT_A_TIME // (CELL * columns)) * CELL
    for start, end in pieces(rows - 2 * FRAME, size):
        code_rows_of_cells(model, mask, known, FRAME + start, FRAME + end)
        if model.coder.decoding and model.coder.position > model.stream.size + _LOOK_AHEAD:
            raise CorruptPayloadError("the mask of padding ends before its last sample")


@kernel
def code_rows_of_cells(model, mask, known, first, beyond):
    """Code the rows of cells from the sample row `first` on, up to `beyond`."""
    columns = known.shape[1]
    for top in range(first, beyond, CELL):
        bottom = min(top + CELL, beyond)
        for left in range(FRAME, columns - FRAME, CELL):
            right = min(left + CELL, columns - FRAME)
            kind = kind_of(mask, top, left, bottom, right) if mask.size else np.int64(MEASURED)
            look_around_cell(model, known, top, left, bottom, right)
            set_tables(model.mixer.slots, 0, _CELL_TABLE)
            if code_bit(model, CELL_IS_MIXED, CELL_IS_MIXED, kind == MIXED):
                kind = np.int64(IN_MIXED_CELL)
            else:
                # The same contexts, in the tables of the next kind of decision.
                set_tables(model.mixer.slots, _TABLES_OF_CELLS, 0)
                kind = code_bit(model, CELL_IS_PADDED, CELL_IS_PADDED, kind)
            known[top:bottom, left:right] = kind
        for y in range(top, bottom):
            for left in range(FRAME, columns - FRAME, CELL):
                if known[y, left] == IN_MIXED_CELL:
                    code_samples(model, mask, known, y, left, min(left + CELL, columns - FRAME))


@kernel
def code_samples(model, mask, known, y, left, right):
    """Code the samples of one row of a cell."""
    for x in range(left, right):
        decision = np.int64(mask[y, x]) if mask.size else np.int64(MEASURED)
        look_around_sample(model, known, y, x)
        set_tables(model.mixer.slots, 2 * _TABLES_OF_CELLS, _SAMPLE_TABLE)
        known[y, x] = code_bit(model, SAMPLE_IS_PADDED, SAMPLE_IS_PADDED, decision)


@kernel
def set_tables(slots, start, size):
    """Move contexts, each into its table; tables have so many counters."""
    for i in range(INPUTS):
        slots[i] += start + i * size


@kernel
def look_around_cell(model, known, top, left, bottom, right):
    """Set the contexts of a cell, from 0: what is known beside it and in its mirrors."""
    slots = model.mixer.slots
    rows, columns = known.shape
    north = kind_of(known, top - 1, left, top, right)
    west = kind_of(known, top, left - 1, bottom, left)
    north_west = np.int64(known[top - 1, left - 1])
    north_east = np.int64(known[top - 1, min(right + CELL, columns) - 1])
    mirror = kind_of(known, top, columns - right, bottom, columns - left)
    if mirror == UNKNOWN:
        mirror = kind_of(known, rows - bottom, left, rows - top, right)
    near = north + 4 * west
    slots[0] = mirror
    slots[1] = near
    slots[2] = near + 16 * mirror
    slots[3] = near + 16 * north_east + 64 * north_west
    slots[4] = mirror + 4 * north_east
    slots[5] = 0


@kernel
def look_around_sample(model, known, y, x):
    """Set the contexts of a sample, from 0: ten of its neighbours, five samples in its mirrors."""
    slots = model.mixer.slots
    near = np.int64(known[y, x - 1]) + 2 * np.int64(known[y - 1, x])
    near += 4 * np.int64(known[y - 1, x - 1]) + 8 * np.int64(known[y - 1, x + 1])
    far = np.int64(known[y, x - 2]) + 2 * np.int64(known[y - 2, x])
    far += 4 * np.int64(known[y - 1, x - 2]) + 8 * np.int64(known[y - 1, x + 2])
    far += 16 * np.int64(known[y - 2, x - 1]) + 32 * np.int64(known[y - 2, x + 1])
    here = in_mirror(known, y, x)
    beside = in_mirror(known, y, x + 1) + 3 * in_mirror(known, y, x - 1)
    across = in_mirror(known, y + 1, x) + 3 * in_mirror(known, y - 1, x)
    slots[0] = near
    slots[1] = here
    slots[2] = near + 16 * here
    slots[3] = near + 16 * far
    slots[4] = here + 3 * beside + 27 * across
    slots[5] = here + 3 * (near & 3) + 12 * beside


@kernel
def kind_of(known, top, left, bottom, right):
    """Return what is known of a rectangle: MEASURED, PADDED, UNKNOWN or MIXED."""
    first = np.int64(known[top, left])
    for y in range(top, bottom):
        for x in range(left, right):
            here = np.int64(known[y, x])
            if here == IN_MIXED_CELL or here + first == MEASURED + PADDED:
                return np.int64(MIXED)
            if here == UNKNOWN:
                return np.int64(UNKNOWN)
    return first


@kernel
def in_mirror(known, y, x):
    """Return what is known of the sample in the place of this one, from left to right or else
    from top to bottom: MEASURED, PADDED or UNKNOWN.
    """
    rows, columns = known.shape
    here = np.int64(known[y, columns - 1 - x])
    if here >= UNKNOWN:
        here = np.int64(known[rows - 1 - y, x])
    return min(here, np.int64(UNKNOWN))
