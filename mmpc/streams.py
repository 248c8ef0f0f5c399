"""Compress and decompress with either bitstream: the three public functions.

Here the request is checked and the version is chosen; the work is done by the
codec of that version, which is imported when it is first needed.
"""

from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from mmpc.errors import (
    InvalidParameterError,
    NotMmpcError,
    TruncatedStreamError,
    UnsupportedImageError,
    UnsupportedVersionError,
)
from mmpc.metadata import pack_metadata
from mmpc.rate_control import Target, find_step
from mmpc.stream_info import StreamInfo

if TYPE_CHECKING:
    from mmpc.v2.parameters import Tools
    from mmpc.v2.regions import Region

BITSTREAMS = (1, 2)
DEFAULT_QUALITY = 30
PRESETS = ("fast", "default", "best")
_LARGEST_SIDE = 65535
_MAGIC = b"MMPC"


def compress(
    image: np.ndarray,
    *,
    bitstream: int = 1,
    quality: float = DEFAULT_QUALITY,
    rle: bool = True,
    preset: str = "default",
    tools: "Tools | None" = None,
    region: "Region | None" = None,
    rate_bpp: float | None = None,
    psnr_db: float | None = None,
    max_error: float | None = None,
    rmse: float | None = None,
    metadata: dict[str, Any] | None = None,
    report_exact: bool = False,
) -> bytes:
    """Compress an image, at a quantization step or for a target.

    Parameters
    ----------
    image : ndarray of uint8, int8, uint16 or int16, shape (height, width)
        Stored samples; sides of 1 to 65535.
    bitstream : int
        Version of the bitstream, 1 or 2.
    quality : float
        The quantization step: **larger is coarser**, a smaller file and a larger error.
        Version 1 takes whole numbers from 1 to 65535, version 2 fractions from 1/8 on.
        Not used when a target is given.
    rle : bool
        Version 1: run-length coding before zlib; False is for experiments.
    preset : {"fast", "default", "best"}
        Version 2: how long to search for a smaller stream.
    tools : mmpc.v2.parameters.Tools, optional
        Version 2: coding tools to switch off, for experiments.
    region : mmpc.v2.regions.Region, optional
        Version 2: samples of interest, which take a finer step.
    rate_bpp : float, optional
        Target: at most this many bits a pixel, headers and metadata included. Takes
        the finest step that meets it. Version 2 meets this and the following targets
        but `max_error` closely, within 1 % or 0.05 dB, from the safe side if it can.
    psnr_db : float, optional
        Target: at least this PSNR, with the peak 255 or 65535 by bits allocated.
        This and the following take the coarsest step that meets them.
    max_error : float, optional
        Target: no sample is off by more than this, in stored units. Version 2 codes
        so that this holds by construction; 0 is lossless.
    rmse : float, optional
        Target: at most this root mean squared error, in stored units.
    metadata : dict, optional
        What JSON can say; stored in the stream under its checksum.
    report_exact : bool
        Version 1: write the report's bytes alone, without the trailer that carries the
        sample type, the metadata and the checksum.

    Returns
    -------
    bytes
        A whole stream, see FORMAT.md.

    Raises
    ------
    UnsupportedImageError
        If `image` is not such an array.
    InvalidParameterError
        If a parameter is out of range, or more than one target is given.
    StepTooSmallError
        If the step makes coefficients that do not fit into int16 (version 1).
    TargetUnreachableError
        If no step meets the target.

    Examples
    --------
    >>> import numpy as np, mmpc
    >>> image = np.arange(64, dtype=np.int16).reshape(8, 8) - 2000
    >>> data = mmpc.compress(image, max_error=2)
    >>> int(abs(mmpc.decompress(data) - image).max()) <= 2
    True
    """
    image = check_image(image)
    if bitstream not in BITSTREAMS:
        raise InvalidParameterError(
            f"bitstream {bitstream} is not known; choose from {', '.join(map(str, BITSTREAMS))}"
        )
    target = Target.from_arguments(
        rate_bpp=rate_bpp, psnr_db=psnr_db, max_error=max_error, rmse=rmse
    )
    packed = pack_metadata(metadata) if metadata else b""
    if bitstream == 1:
        if region is not None:
            raise InvalidParameterError("a region of interest needs bitstream 2")
        return _compress_v1(image, quality, target, rle, packed, report_exact)
    if report_exact:
        raise InvalidParameterError("the report's exact bytes are those of bitstream 1")
    options = {"preset": preset, "tools": tools, "region": region, "metadata": packed}
    return _compress_v2(image, quality, target, options)


def _compress_v1(
    image: np.ndarray,
    quality: float,
    target: Target | None,
    rle: bool,
    metadata: bytes,
    report_exact: bool,
) -> bytes:
    from mmpc.v1 import codec
    from mmpc.v1.quantizer import LARGEST_STEP

    options = {"rle": rle, "metadata": metadata, "report_exact": report_exact}

    if target is not None:
        quality = find_step(
            target,
            image,
            lambda step: len(codec.compress(image, step, **options)),
            lambda step: codec.reconstruct(image, step),
            range(codec.finest_step(image), LARGEST_STEP + 1),
        )
    return codec.compress(image, quality, **options)


def _compress_v2(
    image: np.ndarray, quality: float, target: Target | None, options: dict[str, Any]
) -> bytes:
    from mmpc.rate_refinement import compress_to_target
    from mmpc.v2 import codec

    if target is not None and target.measure == "max_error":
        bound = min(int(target.bound), codec.LARGEST_BOUND)
        return codec.compress(image, max_error=bound, **options)

    def compress_at(step: float) -> bytes:
        return codec.compress(image, step=step, **options)

    if target is None:
        return compress_at(quality)
    return compress_to_target(target, image, compress_at, codec.decompress, codec.STEP_RANGE)


def decompress(data: bytes) -> np.ndarray:
    """Decompress a stream of any known version.

    Parameters
    ----------
    data : bytes
        The whole stream.

    Returns
    -------
    ndarray, shape (height, width)
        With the shape and dtype of the image that was compressed.

    Raises
    ------
    StreamError
        A subclass says what is wrong with the stream. No other exception comes
        out of bad bytes, and no memory beyond a small multiple of a true image.
    """
    data = bytes(data)
    return _codec_of(data).decompress(data)


def read_header(data: bytes) -> StreamInfo:
    """Read what a stream says of itself, without decoding its samples.

    Parameters
    ----------
    data : bytes
        The whole stream: its checksum stands at the end.

    Returns
    -------
    StreamInfo

    Raises
    ------
    StreamError
        As `decompress`, but for what only decoding the payload can show.
    MetadataError
        If the metadata block is whole but cannot be read.
    """
    data = bytes(data)
    return _codec_of(data).read_info(data)


def check_image(image: np.ndarray) -> np.ndarray:
    """Return `image` in native byte order, or raise UnsupportedImageError."""
    image = np.asarray(image)
    if image.ndim != 2:
        raise UnsupportedImageError(
            f"the image has {image.ndim} dimensions; give one 2-D slice at a time"
        )
    if image.dtype.kind not in "iu" or image.dtype.itemsize > 2:
        raise UnsupportedImageError(
            f"samples of type {image.dtype} are not supported; give integers of 8 or 16 bits, "
            "for example image.astype(np.int16) if that holds all values"
        )
    if not all(1 <= side <= _LARGEST_SIDE for side in image.shape):
        raise UnsupportedImageError(
            f"the image has {image.shape[0]} x {image.shape[1]} samples; "
            f"each side must be 1 to {_LARGEST_SIDE}"
        )
    return image.astype(image.dtype.newbyteorder("="), copy=False)


def _codec_of(data: bytes) -> ModuleType:
    """Return the codec for a stream's version byte, or raise if there is none."""
    if not data or data[:4] != _MAGIC[: len(data)]:
        raise NotMmpcError("this is no MMPC stream: it does not start with 'MMPC'")
    if len(data) <= len(_MAGIC):
        raise TruncatedStreamError(f"the stream ends after {len(data)} bytes, inside the header")
    version = data[len(_MAGIC)]
    if version == 1:
        from mmpc.v1 import codec
    elif version == 2:
        from mmpc.v2 import codec
    else:
        raise UnsupportedVersionError(
            f"bitstream version {version} is not known to this release, which reads "
            f"{', '.join(map(str, BITSTREAMS))}"
        )
    return codec
