"""Bitstream version 2, from an image or a volume to bytes and back.

The pipeline of version 1 grown up: samples are predicted from their decoded neighbours, the
error is transformed in blocks of adaptive size, quantized with a trellis, and coded by a
context-mixing arithmetic coder; the decoded slice is filtered. This file joins the parts; it
knows no part's inside.
"""

import numpy as np

from mmpc.errors import InvalidParameterError, UnsupportedImageError
from mmpc.request import Goal, Region, Request
from mmpc.v2.header import SAMPLES_LIMIT, Header, seal
from mmpc.v2.header_reading import read_stream
from mmpc.v2.one_slice import decode_one, encode_one
from mmpc.v2.pieces import Progress
from mmpc.v2.pixel_padding import Padding, read_padding
from mmpc.v2.regions import GAIN_RANGE
from mmpc.v2.search.lossless import may_be_smaller_lossless
from mmpc.v2.slice_order import Place
from mmpc.v2.stripes import split_stripes
from mmpc.v2.volume_coder import decode_volume, encode_volume


def compress(
    image: np.ndarray,
    request: Request,
    metadata: bytes = b"",
    progress: Progress | None = None,
    n_stripes: int | None = None,
) -> bytes:
    """Compress an image or a volume.

    Parameters
    ----------
    image : ndarray of uint8, int8, uint16 or int16, shape ([slices,] height, width)
        Samples in native byte order, as `mmpc.request.check_image` returns them; at most
        2^26 of them in a slice.
    request : Request
        Its goal is a ``step``, 1/8 to 65536 sample units, on the scale of version 1's and
        rounded to 1/1024; or a ``max_error``: samples are then coded one by one
        (:mod:`mmpc.v2.bounded`) so that none is off by more, and 0 is lossless. Where coding at
        a step takes more than coding without loss, the stream is a lossless one.
    metadata : bytes
        Opaque block to carry along.
    progress : callable, optional
        Called now and then with how much is done, and of how much.
    n_stripes : int, optional
        Into how many stripes an image is cut, for tests and studies; by its size if left out.

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
    check_request(request, image.shape, metadata)
    data = _encode(image, request, metadata, progress, n_stripes)
    # Tools are named in experiments, which want them and nothing else.
    if request.is_bounded or request.tools is not None:
        return data
    if may_be_smaller_lossless(image, request.goal.value, len(data)):
        lossless = Request(goal=Goal("max_error", 0), jobs=request.jobs)
        data = min(data, _encode(image, lossless, metadata, None, n_stripes), key=len)
    return data


def _encode(
    image: np.ndarray,
    request: Request,
    metadata: bytes,
    progress: Progress | None,
    n_stripes: int | None,
) -> bytes:
    """Compress by the coder that the request asks for."""
    if image.ndim == 3:
        return encode_volume(image, request, metadata, progress)
    place = Place(0, None, None)
    one, payload, _ = encode_one(
        image, place, request, request.region, progress=progress, n_stripes=n_stripes
    )
    height, width = image.shape
    header = Header(
        width,
        height,
        image.dtype,
        request.coding_tools,
        metadata,
        (one,),
        bounded=request.is_bounded,
        has_region=request.region is not None,
    )
    return seal(header.to_bytes() + payload)


def decompress(data: bytes, progress: Progress | None = None, jobs: int = 1) -> np.ndarray:
    """Decompress a stream.

    Parameters
    ----------
    data : bytes
        The whole stream.
    progress : callable, optional
        Called now and then with how much is done, and of how much.
    jobs : int
        How many slices of a volume, or stripes of a large image, are decoded at a time.

    Returns
    -------
    numpy.ndarray
        The image or the volume, of the dtype and shape that were compressed.

    Raises
    ------
    StreamError
        The bytes are not a legal stream; see :func:`mmpc.v2.header_reading.read_stream`.
    SamplesChecksumError
        They are, but this decoder or its encoder did not compute what it should.
    """
    data = bytes(data)
    header = read_stream(data)
    if header.is_volume:
        return decode_volume(header, lambda start, end: data[start:end], jobs, progress)
    one = header.slices[0]
    start, end = header.payload_places[0]
    _, image = decode_one(header, one, data[start:end], progress=progress, jobs=jobs)
    return image


def find_padding(data: bytes) -> np.ndarray | None:
    """Return which samples a stream says are padding, without decoding the others.

    Parameters
    ----------
    data : bytes
        The whole stream.

    Returns
    -------
    ndarray of bool or None
        Of the shape of the image or the volume; None if no sample is padding.

    Raises
    ------
    StreamError
        As `decompress`.
    """
    data = bytes(data)
    header = read_stream(data)
    if not any(one.has_padding for one in header.slices):
        return None
    mask = np.zeros((header.n_slices, header.height, header.width), bool)
    found: dict[int, Padding | None] = {}  # of the slices so far, in the order of coding
    for one in header.slices:
        latest = [found[index] for index in found if index in one.place.references]
        found[one.index] = None
        if one.has_padding:
            start, end = header.payload_places[one.index]
            reference = latest[-1] if latest else None
            first = split_stripes(data[start:end], one.n_stripes, header.height)[0]
            padding, _ = read_padding(first, mask.shape[1:], header.dtype, reference)
            found[one.index] = padding
            mask[one.index] = padding.mask
    return mask.reshape(header.shape)


def check_request(request: Request, shape: tuple[int, ...], metadata: bytes) -> None:
    """Refuse an image or a volume of a shape that is too large, and what does not fit it.

    Raises
    ------
    UnsupportedImageError, InvalidParameterError
        As `compress`.
    """
    height, width = shape[-2:]
    if height * width > SAMPLES_LIMIT:
        raise UnsupportedImageError(f"{width} x {height} are more than {SAMPLES_LIMIT} samples")
    if len(metadata) >= 1 << 32:
        raise InvalidParameterError("the metadata exceed 4 GiB")
    if request.region is not None:
        _check_region(request.region, shape)
    n_slices = shape[0] if len(shape) == 3 else 0
    if request.names_padding_by_slice and len(request.padding_value) != n_slices:
        raise InvalidParameterError(
            f"padding_value has values of {len(request.padding_value)} slices, and "
            + (f"the volume has {n_slices}" if n_slices else "this is an image: give one value")
        )


def _check_region(region: Region, shape: tuple[int, ...]) -> None:
    """Refuse a region that does not fit the image."""
    if region.mask.shape != shape or region.mask.dtype != bool:
        raise InvalidParameterError(
            f"the region's mask is {region.mask.shape} of {region.mask.dtype}, "
            f"and the image needs {shape} of bool"
        )
    if not GAIN_RANGE[0] <= region.gain <= GAIN_RANGE[1]:
        raise InvalidParameterError(
            f"the region's gain {region.gain} is not within {GAIN_RANGE[0]:g} and {GAIN_RANGE[1]:g}"
        )
