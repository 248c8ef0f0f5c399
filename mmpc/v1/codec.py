"""The whole codec of version 1, from image to bytes and back.

    image - offset -> blocks -> DCT -> quantizer -> RLE -> zlib -> header + payload [+ trailer]

The stages that work on samples run over bands of block rows, so that a band
stays in the processor's cache and memory does not grow by a float64 copy of the
whole image.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mmpc.errors import (
    CorruptPayloadError,
    EncoderError,
    InvalidParameterError,
    PayloadLengthError,
    StepTooSmallError,
    TruncatedStreamError,
)
from mmpc.request import Request
from mmpc.v1.bitstream import HEADER_BYTES, LARGEST_PAYLOAD, Header
from mmpc.v1.blocks import BLOCK_SIZE, blocks_along, join_blocks, split_blocks
from mmpc.v1.dct import dct_matrix, forward_dct, inverse_dct
from mmpc.v1.quantizer import (
    LARGEST_STEP,
    check_step,
    dequantize,
    quantize,
    smallest_step,
    step_too_small,
)
from mmpc.v1.rle import is_run_length_data, rle_decode, rle_encode
from mmpc.v1.ties import Ties
from mmpc.v1.trailer import Trailer

_BAND_SAMPLES = 1 << 15


@dataclass(frozen=True)
class Stream:
    """A stream of version 1, taken apart but not decoded."""

    header: Header
    trailer: Trailer
    payload: bytes


def compress(image: np.ndarray, request: Request, metadata: bytes = b"") -> bytes:
    """Compress an image to a stream of version 1.

    Parameters
    ----------
    image : ndarray of uint8, int8, uint16 or int16, shape (height, width)
        Stored samples in native byte order, sides of 1..65535.
    request : Request
        Its goal is a ``step``, a whole number of 1..65535; ``rle`` says whether the
        coefficient bytes are run-length coded before zlib. With ``report_exact`` there
        is no trailer: samples come back unsigned, and no checksum protects them.
    metadata : bytes
        A packed metadata block for the trailer.

    Returns
    -------
    bytes
        Header, payload and trailer.

    Raises
    ------
    StepTooSmallError
        If levels do not fit into int16; the message names the smallest step.
    InvalidParameterError
        If the step is not legal, or without RLE a decoder would misread the payload, or
        the report's bytes cannot say what they are asked to.
    """
    if request.goal.kind != "step":
        raise InvalidParameterError(f"a step must be found first for {request.goal.kind}")
    step = check_step(request.goal.value)
    offset = pixel_offset(image)
    if request.report_exact and (offset or metadata):
        raise InvalidParameterError(
            f"the report's exact bytes have no room for {'metadata' if metadata else 'a sign'}: "
            "leave report_exact out, and a trailer says it"
        )
    height, width = image.shape
    coefficient_bytes = _levels(image, offset, step).reshape(-1).view(np.uint8)
    if request.rle:
        unpacked = rle_encode(coefficient_bytes)
    elif is_run_length_data(coefficient_bytes, coefficient_bytes.size):
        raise InvalidParameterError(
            "without RLE a decoder would take this image's coefficients for run-length data; "
            "compress it with RLE, or with another step"
        )
    else:
        unpacked = coefficient_bytes
    del coefficient_bytes
    payload = zlib.compress(unpacked)
    if len(payload) > LARGEST_PAYLOAD:
        raise EncoderError(f"the payload of {len(payload)} bytes does not fit into bitstream 1")
    header = Header(width, height, image.dtype.itemsize * 8, step, len(payload))
    stream = header.to_bytes() + payload
    if request.report_exact:
        return stream
    return Trailer(image.dtype, offset, metadata).append_to(stream)


def decompress(data: bytes) -> np.ndarray:
    """Decompress a stream of version 1.

    Parameters
    ----------
    data : bytes
        The whole stream.

    Returns
    -------
    ndarray of uint8, int8, uint16 or int16, shape (height, width)
        With the dtype of the image that was compressed; for streams without
        trailer the unsigned type of the header's bit depth.

    Raises
    ------
    StreamError
        One of its subclasses, for every stream that is not whole and legal.
    """
    stream = read_stream(data)
    header, trailer = stream.header, stream.trailer
    levels = _unpack_levels(header, stream.payload)
    image = np.empty((header.height, header.width), trailer.dtype)
    _decode_levels(levels, header.quant_step, trailer.pixel_offset, image)
    return image


def read_stream(data: bytes) -> Stream:
    """Take a stream apart into header, trailer and payload, and check all but the payload."""
    header = Header.from_bytes(data)
    end = HEADER_BYTES + header.payload_bytes
    if len(data) < end:
        raise TruncatedStreamError(
            f"the stream ends inside the payload: {len(data) - HEADER_BYTES} of "
            f"{header.payload_bytes} bytes"
        )
    trailer = Trailer.read(data, end, header.bit_depth)
    return Stream(header, trailer, data[HEADER_BYTES:end])


def reconstruct(image: np.ndarray, step: int) -> np.ndarray:
    """Return what `decompress` would return for `compress(image, step)`, without the bytes.

    Image, step and errors are those of `compress`. The result has the shape and dtype
    of `image`. Rate control tries many steps with it.
    """
    step = check_step(step)
    offset = pixel_offset(image)
    levels = _levels(image, offset, step)
    decoded = np.empty_like(image, order="C")
    _decode_levels(levels, step, offset, decoded)
    return decoded


def legal_steps(image: np.ndarray) -> range:
    """Return the quantization steps that this image can be compressed at, finest first."""
    return range(finest_step(image), LARGEST_STEP + 1)


def finest_step(image: np.ndarray) -> int:
    """Return the smallest quantization step whose levels fit into int16 for this image."""
    offset = pixel_offset(image)
    highest = lowest = 0.0
    for _, rows in _bands(*image.shape):
        coefficients = forward_dct(_blocks(image[rows], offset))
        highest = max(highest, float(coefficients.max()))
        lowest = min(lowest, float(coefficients.min()))
    return smallest_step(highest, lowest)


def pixel_offset(image: np.ndarray) -> int:
    """Return what must be subtracted to make all samples non-negative: 0 or the minimum."""
    return min(0, int(image.min())) if image.dtype.kind == "i" else 0


def _bands(height: int, width: int) -> Iterator[tuple[slice, slice]]:
    """Yield slices of block rows and of sample rows that cover the image, top to bottom."""
    block_rows = blocks_along(height)
    rows_per_band = max(1, _BAND_SAMPLES // (blocks_along(width) * BLOCK_SIZE**2))
    for first in range(0, block_rows, rows_per_band):
        last = min(first + rows_per_band, block_rows)
        yield slice(first, last), slice(first * BLOCK_SIZE, min(last * BLOCK_SIZE, height))


def _levels(image: np.ndarray, offset: int, step: int) -> np.ndarray:
    """Return the quantized coefficients of an image: int16, (block rows, columns, 8, 8)."""
    height, width = image.shape
    shape = (blocks_along(height), blocks_along(width), BLOCK_SIZE, BLOCK_SIZE)
    levels = np.empty(shape, "<i2")
    ties = Ties(dct_matrix(), step, lambda *place: levels.__setitem__(place[:-1], place[-1]))
    for band, rows in _bands(height, width):
        try:
            blocks = _blocks(image[rows], offset)
            coefficients = forward_dct(blocks)
            levels[band] = quantize(coefficients, step)
            ties.note(coefficients, levels[band], blocks, band.start)
        except StepTooSmallError:
            # What is small enough for this band may be too small for another one.
            raise step_too_small(step, finest_step(image)) from None
    ties.settle()
    return levels


def _blocks(rows: np.ndarray, offset: int) -> np.ndarray:
    """Return the blocks of some rows of samples, as float64."""
    return split_blocks(np.subtract(rows, offset, dtype=np.int32) if offset else rows)


def _unpack_levels(header: Header, payload: bytes) -> np.ndarray:
    """Inflate and RLE-decode a payload, proving its length before taking memory for it.

    A payload that is not run-length data of the right length is taken for raw
    coefficients, as the report's decoder does. Inflating stops at the largest
    legal size, twice the coefficient bytes.
    """
    expected = header.coefficient_bytes
    inflater = zlib.decompressobj()
    try:
        inflated = inflater.decompress(payload, 2 * expected + 1)
    except zlib.error as error:
        raise CorruptPayloadError(f"the payload cannot be inflated ({error})") from None
    if len(inflated) > 2 * expected:
        raise PayloadLengthError(
            f"the payload inflates to more than the {2 * expected} bytes that can be legal"
        )
    if not inflater.eof or inflater.unused_data:
        raise CorruptPayloadError("the payload is not one complete zlib stream")
    coefficient_bytes = np.frombuffer(inflated, np.uint8)
    if coefficient_bytes.size != expected or is_run_length_data(coefficient_bytes, expected):
        coefficient_bytes = rle_decode(coefficient_bytes, expected)
    shape = (blocks_along(header.height), blocks_along(header.width), BLOCK_SIZE, BLOCK_SIZE)
    return coefficient_bytes.view("<i2").reshape(shape)


def _decode_levels(levels: np.ndarray, step: int, offset: int, image: np.ndarray) -> None:
    """Decode the levels of an image into `image`: round, crop, add the offset, clip."""

    def write_ties(row, column, y, x, samples):
        y, x = row * BLOCK_SIZE + y, column * BLOCK_SIZE + x
        inside = (y < image.shape[0]) & (x < image.shape[1])
        image[y[inside], x[inside]] = _clip(samples[inside], offset, image.dtype)

    ties = Ties(dct_matrix().T, 1, write_ties)
    for band, rows in _bands(*image.shape):
        coefficients = dequantize(levels[band], step)
        samples = inverse_dct(coefficients)
        rounded = np.rint(samples)
        ties.note(samples, rounded, coefficients, band.start)
        out = image[rows]
        out[...] = _clip(join_blocks(rounded, *out.shape), offset, out.dtype)
    ties.settle()


def _clip(samples: np.ndarray, offset: int, dtype: np.dtype) -> np.ndarray:
    """Add the offset, in place, and clip to what both the bit depth and the dtype can hold."""
    if offset:
        samples += offset
    limits = np.iinfo(dtype)
    return np.clip(samples, max(limits.min, offset), limits.max, out=samples)
