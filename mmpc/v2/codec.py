"""Bitstream version 2, from an image to bytes and back.

The pipeline of version 1 grown up: samples are predicted from their decoded neighbours, the
error is transformed in blocks of adaptive size, quantized with a trellis, and coded by a
context-mixing arithmetic coder; the decoded slice is filtered. This file joins the parts; it
knows no part's inside.
"""

import numpy as np

from mmpc.errors import InvalidParameterError, UnsupportedImageError
from mmpc.v2.header import (
    DTYPES,
    SAMPLES_LIMIT,
    SAMPLES_PER_BYTE,
    SIDE_LIMIT,
    STEP_ONE,
    STEP_RANGE,
    Header,
    SliceHeader,
    read_header,
    seal,
)
from mmpc.v2.parameters import PRESETS, Tools
from mmpc.v2.slice_coder import decode_slice, encode_slice


def compress(
    image: np.ndarray,
    *,
    step: float,
    preset: str = "default",
    tools: Tools | None = None,
    metadata: bytes = b"",
) -> bytes:
    """Compress an image.

    Parameters
    ----------
    image : numpy.ndarray
        2-D, of dtype uint8, int8, uint16 or int16, up to 65535 on a side and 2^26 samples.
    step : float
        Quantization step in sample units, 1/8 to 65536, on the scale of version 1's; it is
        rounded to 1/1024.
    preset : {"fast", "default", "best"}
        How long to search for a smaller stream.
    tools : Tools, optional
        Coding tools; all are on by default.
    metadata : bytes
        Opaque block to carry along.

    Returns
    -------
    bytes
        The stream.

    Raises
    ------
    UnsupportedImageError
        The array is no such image.
    InvalidParameterError
        ``step`` or ``preset`` is illegal, or the metadata are too long.
    """
    _check_image(image)
    if preset not in PRESETS:
        raise InvalidParameterError(f"preset {preset!r} is none of {', '.join(PRESETS)}")
    if not STEP_RANGE[0] <= step <= STEP_RANGE[1]:
        raise InvalidParameterError(
            f"the step {step} is not within {STEP_RANGE[0]} and {STEP_RANGE[1]:.0f}"
        )
    if len(metadata) >= 1 << 32:
        raise InvalidParameterError("the metadata exceed 4 GiB")
    tools = tools or Tools()
    height, width = image.shape
    fixed_step = round(step * STEP_ONE)
    payload, _ = encode_slice(image, fixed_step, tools, PRESETS[preset])
    payload += bytes(max(0, -(-width * height // SAMPLES_PER_BYTE) - len(payload)))
    one = SliceHeader(0, fixed_step / STEP_ONE, int(image.min()), int(image.max()), len(payload))
    native = image.dtype.newbyteorder("=")
    header = Header(width, height, native, tools, bytes(metadata), (one,))
    return seal(header.to_bytes() + payload)


def decompress(data: bytes) -> np.ndarray:
    """Decompress a stream.

    Parameters
    ----------
    data : bytes
        The whole stream.

    Returns
    -------
    numpy.ndarray
        The image, 2-D, of the dtype and shape that were compressed.

    Raises
    ------
    StreamError
        The bytes are not a legal stream; see :func:`mmpc.v2.header.read_header`.
    """
    data = bytes(data)
    header = read_header(data)
    one = header.slices[0]
    start = header.payload_start
    plane = decode_slice(
        data[start : start + one.payload_size_bytes],
        (header.height, header.width),
        (one.minimum, one.maximum),
        round(one.step * STEP_ONE),
        header.tools,
    )
    return plane.astype(header.dtype)


def _check_image(image: np.ndarray) -> None:
    """Refuse what the bitstream cannot carry."""
    if not isinstance(image, np.ndarray) or image.ndim != 2:
        raise UnsupportedImageError("the image is not a 2-D array")
    if image.dtype.newbyteorder("=") not in DTYPES:
        raise UnsupportedImageError(f"samples of type {image.dtype} are not supported")
    height, width = image.shape
    if not (1 <= width <= SIDE_LIMIT and 1 <= height <= SIDE_LIMIT):
        raise UnsupportedImageError(f"{width} x {height} samples: a side must be 1 to {SIDE_LIMIT}")
    if width * height > SAMPLES_LIMIT:
        raise UnsupportedImageError(f"{width} x {height} are more than {SAMPLES_LIMIT} samples")
