"""Bitstream version 2, from an image to bytes and back.

The pipeline of version 1 grown up: samples are predicted from their decoded neighbours, the
error is transformed in blocks of adaptive size, quantized with a trellis, and coded by a
context-mixing arithmetic coder; the decoded slice is filtered. This file joins the parts; it
knows no part's inside.
"""

import numpy as np

from mmpc.errors import (
    EncoderError,
    InvalidParameterError,
    SamplesChecksumError,
    UnsupportedImageError,
)
from mmpc.request import Region, Request, Tools
from mmpc.v2.bounded.plane_coder import decode_plane, encode_plane
from mmpc.v2.header import (
    SAMPLES_LIMIT,
    SAMPLES_PER_BYTE,
    STEP_ONE,
    STEP_RANGE,
    Header,
    SliceHeader,
    samples_checksum,
    seal,
)
from mmpc.v2.header_reading import read_stream
from mmpc.v2.kernel_folder import kernel_folder
from mmpc.v2.parameters import EFFORTS
from mmpc.v2.pieces import Progress, part_of
from mmpc.v2.regions import GAIN_RANGE
from mmpc.v2.slice_coder import decode_slice, encode_slice

LARGEST_BOUND = 32767


def compress(
    image: np.ndarray,
    request: Request,
    metadata: bytes = b"",
    progress: Progress | None = None,
) -> bytes:
    """Compress an image.

    Parameters
    ----------
    image : ndarray of uint8, int8, uint16 or int16, shape (height, width)
        Samples in native byte order, as `mmpc.request.check_image` returns them; at most
        2^26 of them.
    request : Request
        Its goal is a ``step``, 1/8 to 65536 sample units, on the scale of version 1's and
        rounded to 1/1024; or a ``max_error``: samples are then coded one by one
        (:mod:`mmpc.v2.bounded`) so that none is off by more, and 0 is lossless.
    metadata : bytes
        Opaque block to carry along.
    progress : callable, optional
        Called now and then with how much is done, and of how much.

    Returns
    -------
    bytes
        The stream.

    Raises
    ------
    UnsupportedImageError
        The image is too large.
    InvalidParameterError
        The goal or the region is illegal, or the metadata are too long.
    """
    height, width = image.shape
    if image.size > SAMPLES_LIMIT:
        raise UnsupportedImageError(f"{width} x {height} are more than {SAMPLES_LIMIT} samples")
    if len(metadata) >= 1 << 32:
        raise InvalidParameterError("the metadata exceed 4 GiB")
    if request.region is not None:
        _check_region(request.region, image)
    tools = request.tools or Tools()
    plane = np.ascontiguousarray(image, np.int32)
    if request.is_bounded:
        bound = min(int(request.goal.value), LARGEST_BOUND)
        fixed_step = (2 * bound + 1) * STEP_ONE
        payload, decoded = _encode_bounded(plane, bound, progress)
    else:
        fixed_step = _fixed_step(request)
        effort, region = EFFORTS[request.preset], request.region
        payload, decoded = encode_slice(plane, fixed_step, tools, effort, region, progress)
    payload += bytes(max(0, -(-image.size // SAMPLES_PER_BYTE) - len(payload)))
    one = SliceHeader(
        index=0,
        step=fixed_step / STEP_ONE,
        minimum=int(image.min()),
        maximum=int(image.max()),
        payload_size_bytes=len(payload),
        samples_crc32=samples_checksum(decoded.astype(image.dtype)),
    )
    header = Header(
        width,
        height,
        image.dtype,
        tools,
        metadata,
        (one,),
        bounded=request.is_bounded,
        has_region=request.region is not None,
    )
    return seal(header.to_bytes() + payload)


def decompress(data: bytes, progress: Progress | None = None) -> np.ndarray:
    """Decompress a stream.

    Parameters
    ----------
    data : bytes
        The whole stream.
    progress : callable, optional
        Called now and then with how much is done, and of how much.

    Returns
    -------
    numpy.ndarray
        The image, 2-D, of the dtype and shape that were compressed.

    Raises
    ------
    StreamError
        The bytes are not a legal stream; see :func:`mmpc.v2.header_reading.read_stream`.
    SamplesChecksumError
        They are, but this decoder or its encoder did not compute what it should.
    """
    data = bytes(data)
    header = read_stream(data)
    one = header.slices[0]
    start = header.payload_start
    payload = data[start : start + one.payload_size_bytes]
    shape, limits = (header.height, header.width), (one.minimum, one.maximum)
    if header.bounded:
        plane = decode_plane(payload, shape, limits, header.largest_error, progress)
    else:
        fixed_step = round(one.step * STEP_ONE)
        plane = decode_slice(
            payload, shape, limits, fixed_step, header.tools, header.has_region, progress
        )
    image = plane.astype(header.dtype)
    if samples_checksum(image) != one.samples_crc32:
        raise SamplesChecksumError(
            "the decoded samples do not match their checksum though the stream is whole: the "
            "compiled kernels are at fault, here or where it was encoded; delete the kernel cache "
            f"{kernel_folder()} and decode it again"
        )
    return image


def _fixed_step(request: Request) -> int:
    """Return the quantization step in fixed point."""
    step = request.goal.value
    if request.goal.kind != "step":
        raise InvalidParameterError(f"a step must be found first for {request.goal.kind}")
    if not STEP_RANGE[0] <= step <= STEP_RANGE[1]:
        raise InvalidParameterError(
            f"quality {step} is not a quantization step of bitstream 2: "
            f"give a number from {STEP_RANGE[0]} (finest) to {STEP_RANGE[1]:.0f} (coarsest)"
        )
    return round(step * STEP_ONE)


def _check_region(region: Region, image: np.ndarray) -> None:
    """Refuse a region that does not fit the image."""
    if region.mask.shape != image.shape or region.mask.dtype != bool:
        raise InvalidParameterError(
            f"the region's mask is {region.mask.shape} of {region.mask.dtype}, "
            f"and the image needs {image.shape} of bool"
        )
    if not GAIN_RANGE[0] <= region.gain <= GAIN_RANGE[1]:
        raise InvalidParameterError(
            f"the region's gain {region.gain} is not within {GAIN_RANGE[0]:g} and {GAIN_RANGE[1]:g}"
        )


def _encode_bounded(
    plane: np.ndarray, bound: int, progress: Progress | None
) -> tuple[bytes, np.ndarray]:
    """Encode with a promised largest error, and prove the promise on what a decoder sees."""
    payload, _ = encode_plane(plane, bound, part_of(progress, 0, 2))
    limits = int(plane.min()), int(plane.max())
    decoded = decode_plane(payload, plane.shape, limits, bound, part_of(progress, 1, 2))
    found = int(np.abs(decoded - plane).max())
    if found > bound:
        raise EncoderError(f"a sample is off by {found}, more than {bound}: please report this")
    return payload, decoded
