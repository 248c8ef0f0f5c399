"""Bitstream version 2, from an image to bytes and back.

The pipeline of version 1 grown up: samples are predicted from their decoded neighbours, the
error is transformed in blocks of adaptive size, quantized with a trellis, and coded by a
context-mixing arithmetic coder; the decoded slice is filtered. This file joins the parts; it
knows no part's inside.
"""

from dataclasses import asdict

import numpy as np

from mmpc.errors import (
    EncoderError,
    InvalidParameterError,
    SamplesChecksumError,
    UnsupportedImageError,
)
from mmpc.metadata import unpack_metadata
from mmpc.stream_info import StreamInfo
from mmpc.v2.bounded.plane_coder import decode_plane, encode_plane
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
    samples_checksum,
    seal,
)
from mmpc.v2.parameters import PRESETS, Tools
from mmpc.v2.pieces import Progress, part_of
from mmpc.v2.regions import GAIN_RANGE, Region
from mmpc.v2.slice_coder import decode_slice, encode_slice

LARGEST_BOUND = 32767


def compress(
    image: np.ndarray,
    *,
    step: float = 30.0,
    max_error: int | None = None,
    preset: str = "default",
    tools: Tools | None = None,
    region: Region | None = None,
    metadata: bytes = b"",
    progress: Progress | None = None,
) -> bytes:
    """Compress an image.

    Parameters
    ----------
    image : numpy.ndarray
        2-D, of dtype uint8, int8, uint16 or int16, up to 65535 on a side and 2^26 samples.
    step : float
        Quantization step in sample units, 1/8 to 65536, on the scale of version 1's; it is
        rounded to 1/1024.
    max_error : int, optional
        Promise that no sample is off by more than this, 0 to 32767; 0 is lossless. Samples
        are then coded one by one (:mod:`mmpc.v2.bounded`); step, preset and tools do not
        matter.
    preset : {"fast", "default", "best"}
        How long to search for a smaller stream.
    tools : Tools, optional
        Coding tools; all are on by default.
    region : Region, optional
        Samples of interest that take a finer step.
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
    if max_error is not None and not 0 <= max_error <= LARGEST_BOUND:
        raise InvalidParameterError(
            f"the largest error {max_error} is not within 0 and {LARGEST_BOUND}"
        )
    if region is not None:
        _check_region(region, image, max_error)
    if len(metadata) >= 1 << 32:
        raise InvalidParameterError("the metadata exceed 4 GiB")
    plane = np.ascontiguousarray(image, np.int32)
    if max_error is not None:
        fixed_step = (2 * max_error + 1) * STEP_ONE
        payload, decoded = _encode_bounded(plane, max_error, progress)
    else:
        fixed_step = round(step * STEP_ONE)
        effort = PRESETS[preset]
        payload, decoded = encode_slice(
            plane, fixed_step, tools or Tools(), effort, region, progress
        )
    payload += bytes(max(0, -(-image.size // SAMPLES_PER_BYTE) - len(payload)))
    limits = int(image.min()), int(image.max())
    height, width = image.shape
    dtype = image.dtype.newbyteorder("=")
    samples_crc32 = samples_checksum(decoded.astype(dtype))
    header = Header(
        width,
        height,
        dtype,
        tools or Tools(),
        bytes(metadata),
        (SliceHeader(0, fixed_step / STEP_ONE, *limits, len(payload), samples_crc32),),
        bounded=max_error is not None,
        has_region=region is not None,
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
        The bytes are not a legal stream; see :func:`mmpc.v2.header.read_header`.
    SamplesChecksumError
        They are, but this decoder or its encoder did not compute what it should.
    """
    data = bytes(data)
    header = read_header(data)
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
            "(folder mmpc in the user's cache folder, or NUMBA_CACHE_DIR) and decode it again"
        )
    return image


def _check_region(region: Region, image: np.ndarray, max_error: int | None) -> None:
    """Refuse a region that does not fit the image or the way of coding."""
    if region.mask.shape != image.shape or region.mask.dtype != bool:
        raise InvalidParameterError(
            f"the region's mask is {region.mask.shape} of {region.mask.dtype}, "
            f"and the image needs {image.shape} of bool"
        )
    if not GAIN_RANGE[0] <= region.gain <= GAIN_RANGE[1]:
        raise InvalidParameterError(
            f"the region's gain {region.gain} is not within {GAIN_RANGE[0]:g} and {GAIN_RANGE[1]:g}"
        )
    if max_error is not None:
        raise InvalidParameterError("a region has no meaning where every sample keeps a bound")


def read_info(data: bytes) -> StreamInfo:
    """Describe a stream without decoding its samples; errors as for `read_header`."""
    header = read_header(data)
    details = {"largest_error": header.largest_error} if header.bounded else asdict(header.tools)
    return StreamInfo(
        bitstream=header.version,
        width=header.width,
        height=header.height,
        dtype=header.dtype,
        step=header.step,
        pixel_offset=0,
        size_bytes=len(data),
        payload_bytes=header.payload_size_bytes,
        metadata=unpack_metadata(header.metadata) if header.metadata else {},
        details={"slices": header.n_slices, **details},
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
