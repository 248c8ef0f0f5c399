"""Compress with either bitstream: at a quantization step, or after a search for one."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mmpc.coding_tools import Tools
from mmpc.errors import InvalidParameterError, TargetUnreachableError
from mmpc.request import Goal, Region, Request, check_image
from mmpc.streams.metadata import pack_metadata

if TYPE_CHECKING:
    from mmpc.rate.fine_steps import RmseOf
    from mmpc.v2.pieces import Progress


def compress(
    image: np.ndarray,
    *,
    request: Request | None = None,
    quality: float | None = None,
    rate_bpp: float | None = None,
    psnr_db: float | None = None,
    rmse: float | None = None,
    max_error: float | None = None,
    noise_share: float | None = None,
    noise_by_slice: bool = False,
    bitstream: int = 2,
    preset: str = "default",
    tools: Tools | None = None,
    region: Region | None = None,
    padding_value: int | Sequence[int | None] | None = None,
    jobs: int = 1,
    rle: bool = True,
    report_exact: bool = False,
    metadata: dict[str, Any] | None = None,
    progress: "Progress | None" = None,
) -> bytes:
    """Compress an image or a volume, at a quantization step or for a target.

    Parameters
    ----------
    image : ndarray of uint8, int8, uint16 or int16, shape (height, width)
        Stored samples; sides of 1 to 65535. Bitstream 2 also takes volumes, of shape
        (slices, height, width): `mmpc.open` then decodes any slice without the others.
    request : Request, optional
        All that follows in one object, instead of the keywords.
    quality : float, optional
        The quantization step: **larger is coarser**, a smaller file and a larger error.
        Bitstream 2 takes fractions from 1/8 on, bitstream 1 whole numbers from 1 to 65535.
        Without a target it is 6 (`mmpc.request.DEFAULT_QUALITY`): on CT an RMSE of at most
        about 1.6 HU, ratios of 4 to 38.
    rate_bpp : float, optional
        Target: at most this many bits a pixel, headers and metadata included. Takes
        the finest step that meets it. Bitstream 2 comes close to this and the following
        targets but `max_error`, as a rule within 1 % or 0.05 dB, from the safe side.
    psnr_db : float, optional
        Target: at least this PSNR, with the peak 255 or 65535 by bits allocated.
        This and the following take the coarsest step that meets them. Samples that bitstream 2
        codes as padding, exactly, do not count here, nor in `rmse`.
    rmse : float, optional
        Target: at most this root mean squared error, in stored units.
    max_error : float, optional
        Target: no sample is off by more than this, in stored units. Bitstream 2 codes
        so that this holds by construction; 0 is lossless.
    noise_share : float, optional
        Target: where there is tissue, a root mean squared error of at most this share of the
        image's own noise (`mmpc.rate.noise`). At 0.25 model observers kept 86 to 98 % of their
        d', at 0.4 71 to 95 % (README, from `mmpc evaluate --tasks`).
    noise_by_slice : bool
        With `noise_share`, of a volume: every slice keeps the share of its own noise.
    bitstream : int
        Version of the bitstream, 1 or 2.
    preset : {"fast", "default", "best"}
        Bitstream 2: how long to search for a smaller stream.
    tools : mmpc.coding_tools.Tools, optional
        Bitstream 2: coding tools to switch off, for experiments.
    region : mmpc.request.Region, optional
        Bitstream 2: samples of interest, which take a finer step. The mask has the shape of
        `image`.
    padding_value : int or sequence of int or None, optional
        Bitstream 2: the value that the image's file says is no measurement, or of a volume that of
        each slice; samples that have it come back exactly, unless they are scattered all over, or
        padding of another value saves much more. What looks like padding is found without.
    jobs : int
        How many slices of a volume, or stripes of an image of more than 2^20 samples, are coded
        at a time (bitstream 2); the bytes do not depend on it.
    rle : bool
        Bitstream 1: run-length coding before zlib; False is for experiments.
    report_exact : bool
        Bitstream 1: write the report's bytes alone, without the trailer that carries the
        sample type, the metadata and the checksum.
    metadata : dict, optional
        What JSON can say; stored in the stream under its checksum.
    progress : callable, optional
        Called now and then with how much is done, and of how much; bitstream 1 is too
        quick for that.

    Returns
    -------
    bytes
        A whole stream, see FORMAT.md.

    Raises
    ------
    UnsupportedImageError
        If `image` is not such an array.
    InvalidParameterError
        If a parameter is out of range or does nothing in this bitstream, or more than one
        goal is given.
    StepTooSmallError
        If the step makes coefficients that do not fit into int16 (bitstream 1).
    TargetUnreachableError
        If no step meets the target.
    NoNoiseError
        If a share of the noise is asked for and no noise can be estimated.
    MetadataError
        If the metadata cannot be stored.

    Examples
    --------
    >>> import numpy as np, mmpc
    >>> image = np.arange(64, dtype=np.int16).reshape(8, 8) - 2000
    >>> data = mmpc.compress(image, max_error=2)
    >>> int(abs(mmpc.decompress(data) - image).max()) <= 2
    True
    """
    asked = Request.from_keywords(
        quality=quality,
        rate_bpp=rate_bpp,
        psnr_db=psnr_db,
        rmse=rmse,
        max_error=max_error,
        noise_share=noise_share,
        noise_by_slice=noise_by_slice,
        bitstream=bitstream,
        preset=preset,
        tools=tools,
        region=region,
        padding_value=padding_value,
        jobs=jobs,
        rle=rle,
        report_exact=report_exact,
        metadata=metadata,
    )
    if request is None:
        request = asked
    elif asked != Request():
        raise InvalidParameterError("give a request or keywords, not both")
    image = check_image(image, most_dimensions=2 if request.bitstream == 1 else 3)
    packed = pack_metadata(request.metadata) if request.metadata else b""
    if request.goal.kind == "noise_share":
        return _compress_to_noise_share(image, request, packed, progress)
    if request.bitstream == 1:
        return _compress_v1(image, request, packed)
    return _compress_v2(image, request, packed, progress)


def _compress_to_noise_share(
    image: np.ndarray, request: Request, metadata: bytes, progress: "Progress | None"
) -> bytes:
    """Compress for an RMSE in tissue, once the noise is known."""
    from mmpc.rate.noise import Noise

    noise, share = Noise.of(image), request.goal.value

    def rmse(decoded: np.ndarray) -> float:
        return noise.sigma * noise.share(image, decoded, request.noise_by_slice)

    asked = replace(request, goal=Goal("rmse", share * noise.sigma), noise_by_slice=False)
    try:
        if request.bitstream == 1:
            return _compress_v1(image, asked, metadata, rmse)
        return _compress_v2(image, asked, metadata, progress, rmse)
    except TargetUnreachableError:
        raise TargetUnreachableError(
            f"no quantization step keeps the error below {share:g} of the noise, which has a "
            f"standard deviation of {noise.sigma:.3g} stored units; ask for a larger share"
        ) from None


def _compress_v1(
    image: np.ndarray, request: Request, metadata: bytes, rmse: "RmseOf | None" = None
) -> bytes:
    """Compress with bitstream 1, whose steps are whole numbers."""
    from mmpc.v1 import codec

    if request.goal.kind == "step":
        return codec.compress(image, request, metadata)
    from mmpc.rate.whole_steps import find_step

    step = find_step(
        request.goal,
        image,
        lambda step: codec.compress(image, request.at_step(step), metadata),
        lambda step: codec.reconstruct(image, step),
        codec.legal_steps(image),
        rmse,
    )
    return codec.compress(image, request.at_step(step), metadata)


def _compress_v2(
    image: np.ndarray,
    request: Request,
    metadata: bytes,
    progress: "Progress | None",
    rmse: "RmseOf | None" = None,
) -> bytes:
    """Compress with bitstream 2, which promises a largest error without a search."""
    from mmpc.v2 import codec

    if request.goal.kind in ("step", "max_error"):
        return codec.compress(image, request, metadata, progress)
    from mmpc.rate.fine_steps import MOST_ENCODES, compress_to_goal
    from mmpc.v2.pieces import part_of
    from mmpc.v2.slice_table import STEP_RANGE

    encodes = itertools.count()

    def compress_at(step: float) -> bytes:
        part = part_of(progress, min(next(encodes), MOST_ENCODES - 1), MOST_ENCODES)
        return codec.compress(image, request.at_step(step), metadata, part)

    def decompress(data: bytes) -> np.ndarray:
        return codec.decompress(data, jobs=request.jobs)

    return compress_to_goal(
        request.goal, image, compress_at, decompress, STEP_RANGE, rmse, codec.find_padding
    )
