"""One slice of an image or a volume by the coder that its request asks for, and its checksums."""

import zlib

import numpy as np

from mmpc.coding_tools import Tools
from mmpc.errors import (
    CorruptPayloadError,
    EncoderError,
    InvalidParameterError,
    SamplesChecksumError,
)
from mmpc.request import Region, Request
from mmpc.v2.bounded.plane_coder import decode_plane, encode_plane, new_plane_model
from mmpc.v2.header import Header, samples_checksum
from mmpc.v2.kernel_folder import kernel_folder
from mmpc.v2.parameters import EFFORTS
from mmpc.v2.pieces import Progress, part_of
from mmpc.v2.pixel_padding import read_padding
from mmpc.v2.planes import shape_in_units
from mmpc.v2.raw_samples import pack_raw, raw_size_bytes, unpack_raw
from mmpc.v2.references import NO_REFERENCES, Coded, References
from mmpc.v2.search.padding import fill_padding, find_padding
from mmpc.v2.slice_coder import decode_slice, encode_slice, new_slice_model
from mmpc.v2.slice_order import Place
from mmpc.v2.slice_table import SAMPLES_PER_BYTE, STEP_ONE, STEP_RANGE, SliceHeader
from mmpc.v2.stripe_coder import decode_stripes, encode_stripes
from mmpc.v2.stripes import join_stripes, split_stripes, usual_stripes

LARGEST_BOUND = 32767


def encode_one(
    samples: np.ndarray,
    place: Place,
    request: Request,
    region: Region | None = None,
    references: References | None = None,
    progress: Progress | None = None,
    n_stripes: int | None = None,
) -> tuple[SliceHeader, bytes, Coded]:
    """Encode one slice.

    Parameters
    ----------
    samples : ndarray of uint8, int8, uint16 or int16, shape (height, width)
        The slice, in native byte order.
    place : Place
        Which slice it is.
    request : Request
        Its goal is a ``step`` or a ``max_error``.
    region : Region, optional
        The request's, within this slice.
    references : References, optional
        The slices it may look at; None for an image, whose record needs no checksum.
    progress : callable, optional
        Called now and then with how much is done, and of how much.
    n_stripes : int, optional
        Into how many stripes an image is cut, for tests and studies; by its size if left out.

    Returns
    -------
    one : SliceHeader
        What is said of the slice.
    payload : bytes
        Its bits.
    coded : Coded
        What a decoder sees.
    """
    known = references or NO_REFERENCES
    tools = request.coding_tools
    bound = min(int(request.goal.value), LARGEST_BOUND) if request.is_bounded else None
    fixed_step = _fixed_step(request) if bound is None else (2 * bound + 1) * STEP_ONE
    padding = None
    if tools.padding:
        step = fixed_step / STEP_ONE
        named = request.padding_value_of(place.index)
        padding = find_padding(samples, step, known.padding, request.is_bounded, named)
    payload = b"" if padding is None else padding.to_bytes(known.padding)
    if references is not None:
        n_stripes = 1  # the slices of a volume are coded at the same time as it is
    elif n_stripes is None:
        n_stripes = usual_stripes(*samples.shape)
    if padding is not None and padding.is_everywhere:
        n_stripes = 1
        limits, is_raw = (padding.value, padding.value), False
        coded = _not_coded(padding.plane(), tools, bound, known)
    else:
        plane = np.ascontiguousarray(samples, np.int32)
        if padding is not None:
            plane = fill_padding(samples, padding)
            if region is not None:
                region = Region(region.mask & ~padding.mask, region.gain)
        limits = int(plane.min()), int(plane.max())

        def encode(rows: slice, told: Progress | None) -> tuple[bytes, Coded]:
            if bound is not None:
                return _encode_bounded(plane[rows], limits, bound, known, told)
            effort = EFFORTS[request.preset]
            inside = None if region is None else Region(region.mask[rows], region.gain)
            return encode_slice(plane[rows], fixed_step, tools, effort, inside, known, told, limits)

        stripes, coded = encode_stripes(encode, plane.shape, n_stripes, request.jobs, progress)
        is_raw = False
        # Samples as they are: beside padding, or with it, since its mask takes bytes, too.
        ways = ((payload, padding, plane), (b"", None, samples))
        payload = join_stripes([payload + stripes[0], *stripes[1:]])
        for start, left_out, stored in ways:
            around = int(stored.min()), int(stored.max())
            if len(payload) > len(start) + raw_size_bytes(stored.size, around):
                limits, padding, is_raw, n_stripes = around, left_out, True, 1
                plane = np.ascontiguousarray(stored, np.int32)
                payload = start + pack_raw(plane, limits)
                coded = _not_coded(plane, tools, bound, known)
    coded = coded._replace(padding=padding)
    payload += bytes(max(0, -(-samples.size // SAMPLES_PER_BYTE) - len(payload)))
    one = SliceHeader(
        place=place,
        step=fixed_step / STEP_ONE,
        minimum=limits[0],
        maximum=limits[1],
        payload_size_bytes=len(payload),
        samples_crc32=samples_checksum(coded.image(samples.dtype)),
        payload_crc32=None if references is None else zlib.crc32(payload),
        has_padding=padding is not None,
        is_raw=is_raw,
        n_stripes=n_stripes,
    )
    return one, payload, coded


def decode_one(
    header: Header,
    one: SliceHeader,
    payload: bytes,
    references: References = NO_REFERENCES,
    progress: Progress | None = None,
    jobs: int = 1,
) -> tuple[Coded, np.ndarray]:
    """Decode one slice, up to ``jobs`` of its stripes at a time; the inverse of `encode_one`.

    Returns
    -------
    coded : Coded
        What later slices may look at.
    image : ndarray, shape (height, width)
        What the user sees.

    Raises
    ------
    CorruptPayloadError
        The payload ends early.
    ChecksumError
        A stripe was damaged.
    SamplesChecksumError
        It is whole, but this decoder or its encoder did not compute what it should.
    """
    shape, limits = (header.height, header.width), (one.minimum, one.maximum)
    bound = int(one.step) // 2 if header.bounded else None
    stripes = split_stripes(payload, one.n_stripes, header.height)
    padding = None
    if one.has_padding:
        padding, stripes[0] = read_padding(stripes[0], shape, header.dtype, references.padding)
    if padding is not None and padding.is_everywhere:
        if one.n_stripes > 1:
            raise CorruptPayloadError("all samples are padding, yet there are stripes")
        coded = _not_coded(padding.plane(), header.tools, bound, references)
    elif one.is_raw:
        samples = unpack_raw(stripes[0], shape, limits)
        coded = _not_coded(samples, header.tools, bound, references)
    else:

        def decode(stripe: bytes, height: int, told: Progress | None) -> Coded:
            part = height, header.width
            if bound is not None:
                return decode_plane(stripe, part, limits, bound, references, told)
            step, tools, has_region = round(one.step * STEP_ONE), header.tools, header.has_region
            return decode_slice(stripe, part, limits, step, tools, has_region, references, told)

        coded = decode_stripes(decode, stripes, header.height, jobs, progress)
    coded = coded._replace(padding=padding)
    image = coded.image(header.dtype)
    if samples_checksum(image) != one.samples_crc32:
        which = f" of slice {one.index}" if header.is_volume else ""
        raise SamplesChecksumError(
            f"the decoded samples{which} do not match their checksum though the stream is whole: "
            "the compiled kernels are at fault, here or where it was encoded; delete the kernel "
            f"cache {kernel_folder()} and decode it again"
        )
    return coded, image


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


def _encode_bounded(
    plane: np.ndarray,
    limits: tuple[int, int],
    bound: int,
    references: References,
    progress: Progress | None,
) -> tuple[bytes, Coded]:
    """Encode with a promised largest error, and prove the promise on what a decoder sees."""
    payload, _ = encode_plane(plane, bound, references, part_of(progress, 0, 2), limits)
    coded = decode_plane(payload, plane.shape, limits, bound, references, part_of(progress, 1, 2))
    found = int(np.abs(coded.samples - plane).max())
    if found > bound:
        raise EncoderError(f"a sample is off by {found}, more than {bound}: please report this")
    return payload, coded


def _not_coded(
    samples: np.ndarray, tools: Tools, bound: int | None, references: References
) -> Coded:
    """Return a slice of which no sample was coded: the models are as they were at its start."""
    no_stream = np.zeros(0, np.uint8)
    if bound is None:
        model = new_slice_model(no_stream, True, tools, references)
    else:
        model = new_plane_model(no_stream, True, references)
    return Coded.of(samples, model, np.zeros(shape_in_units(*samples.shape), np.uint8))
