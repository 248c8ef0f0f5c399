"""What is measured: a codec is a name, its settings, and a timed round trip of one image.

Here are our own bitstreams; the standards are in ``peers`` and ``hevc``, the ablations of
version 1 in ``v1_variants``. Codecs are found by name, so that a worker process or another
machine can make its own.
"""

import importlib
import importlib.util
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from mmpc.errors import InvalidParameterError
from mmpc.streams.compress import compress
from mmpc.streams.info import read_header
from mmpc.streams.reading import decompress

# CPU seconds, not the clock on the wall: another program on the machine does not count.
cpu_seconds = time.process_time
# Enough timing for one point; what takes longer is not repeated.
LONG_SECONDS = 0.3
# Quantization steps of our bitstreams that span RMSE 1 to 20.
_STEPS = {
    1: (4, 6, 10, 15, 20, 30, 45, 60, 100, 160, 250),
    2: (4, 6, 9, 13, 20, 30, 45, 70, 110, 180, 300),
}


class Coded(NamedTuple):
    """A stream, what it decodes to, and the CPU seconds of both ways (least of the repeats)."""

    data: bytes
    decoded: np.ndarray
    encode_seconds: float
    decode_seconds: float


@dataclass(frozen=True)
class RoundTrip:
    """What became of an image.

    Attributes
    ----------
    size_bytes : int
        Length of the stream.
    decoded : ndarray, shape (height, width)
        Of the dtype of the image.
    encode_seconds, decode_seconds : float
        CPU time on one thread, the least of the repeats.
    payload_bytes : int or None
        Entropy-coded part, for our own streams.
    clipped_pixels : int
        Pixels that did not fit into the codec's 12 bits and were clipped.
    clipped : ndarray or None
        The image that the codec was given, where that is not the original.
    """

    size_bytes: int
    decoded: np.ndarray
    encode_seconds: float
    decode_seconds: float
    payload_bytes: int | None = None
    clipped_pixels: int = 0
    clipped: np.ndarray | None = None


class Codec:
    """Base: compress to bytes, decompress again, each timed on its own.

    Attributes
    ----------
    name : str
        In every table.
    sweep : tuple of float
        Settings that span RMSE 1 to 20 (stored units) on CT, for rate-distortion curves.
    block_size : int
        Of the block grid at which blocking is looked for.
    """

    name: str
    sweep: tuple[float, ...]
    block_size: int = 8

    def compress(self, pixels: np.ndarray, quality: float) -> bytes:
        """Return the stream of an image at one setting."""
        raise NotImplementedError

    def decompress(self, data: bytes) -> np.ndarray:
        """Return the image of a stream."""
        raise NotImplementedError

    def versions(self) -> str:
        """Return what program and version does the work."""
        raise NotImplementedError

    def warm_up(self) -> None:
        """Do once what must not be in the first timing: loading, compiling."""
        speckle = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 37 % 251
        self.round_trip(speckle, self.sweep[len(self.sweep) // 2])

    def code(self, samples: np.ndarray, quality: float, repeats: int) -> Coded:
        """Compress and decompress, `repeats` times for the timing."""
        data, encode_seconds = timed(lambda: self.compress(samples, quality), repeats)
        decoded, decode_seconds = timed(lambda: self.decompress(data), repeats)
        return Coded(data, decoded, encode_seconds, decode_seconds)

    def round_trip(self, pixels: np.ndarray, quality: float, repeats: int = 1) -> RoundTrip:
        """Code an image as its file stores it."""
        coded = self.code(pixels, quality, repeats)
        return RoundTrip(len(coded.data), coded.decoded, coded.encode_seconds, coded.decode_seconds)


class MmpcCodec(Codec):
    """Our own bitstream, without metadata."""

    def __init__(self, bitstream: int, preset: str | None = None):
        self.bitstream, self.preset = bitstream, preset
        self.name = f"mmpc-v{bitstream}" + (f"-{preset}" if preset else "")
        self.sweep = _STEPS.get(bitstream, _STEPS[2])
        importlib.import_module(f"mmpc.v{bitstream}.codec")

    def compress(self, pixels: np.ndarray, quality: float) -> bytes:
        """Return the stream; `quality` is the quantization step."""
        return compress(
            pixels, bitstream=self.bitstream, quality=quality, preset=self.preset or "default"
        )

    def decompress(self, data: bytes) -> np.ndarray:
        """Return the image of a stream."""
        return decompress(data)

    def versions(self) -> str:
        """Return the version of this package."""
        import mmpc

        return f"mmpc {mmpc.__version__}, bitstream {self.bitstream}"

    def round_trip(self, pixels: np.ndarray, quality: float, repeats: int = 1) -> RoundTrip:
        """As the base, with the length of the payload."""
        coded = self.code(pixels, quality, repeats)
        payload_bytes = read_header(coded.data).payload_bytes if self.bitstream == 1 else None
        return RoundTrip(
            len(coded.data),
            coded.decoded,
            coded.encode_seconds,
            coded.decode_seconds,
            payload_bytes,
        )


class BoundedCodec(MmpcCodec):
    """Bitstream 2 with a promised largest error: the setting is that error, 0 is lossless."""

    def __init__(self):
        super().__init__(2)
        self.name = "mmpc-v2-bounded"
        self.sweep = (0, 1, 2, 3, 5, 9, 16)

    def compress(self, pixels: np.ndarray, quality: float) -> bytes:
        """Return the stream."""
        return compress(pixels, max_error=quality)


def timed(
    work: Callable[[], Any], repeats: int, clock: Callable[[], float] = cpu_seconds
) -> tuple[Any, float]:
    """Return the result of `work` and the least time of `repeats` calls, fewer if they are long."""
    least, total = float("inf"), 0.0
    for _ in range(repeats):
        start = clock()
        result = work()
        taken = clock() - start
        least, total = min(least, taken), total + taken
        if total > LONG_SECONDS:
            break
    return result, least


def our_codec_name(bitstream: int, preset: str | None = None) -> str:
    """Return the name of one of our codecs; version 2 has the preset ``default`` of itself."""
    return f"mmpc-v{bitstream}" + (f"-{preset or 'default'}" if bitstream > 1 else "")


def has_bitstream(bitstream: int) -> bool:
    """Tell whether this package can write that version."""
    package = f"mmpc.v{bitstream}"
    return bool(importlib.util.find_spec(package) and importlib.util.find_spec(f"{package}.codec"))


def find_codec(name: str) -> Codec:
    """Return the codec of a name.

    Raises
    ------
    InvalidParameterError
        If there is none, or a package or program that it needs is not installed.
    """
    from mmpc.evaluation.tool_ablations import codec_without_tool

    if name.startswith("mmpc-v2-without-") and (codec := codec_without_tool(name)):
        return codec
    if name.startswith("mmpc-v"):
        version, _, preset = name.removeprefix("mmpc-v").partition("-")
        if not version.isdigit() or not has_bitstream(int(version)):
            raise InvalidParameterError(f"{name}: this version of mmpc has no such bitstream")
        return BoundedCodec() if preset == "bounded" else MmpcCodec(int(version), preset or None)
    from mmpc.evaluation.peers import PEERS
    from mmpc.evaluation.v1_variants import VARIANTS

    if name in PEERS:
        return PEERS[name]()
    if name in VARIANTS:
        return VARIANTS[name]
    raise InvalidParameterError(f"there is no codec {name!r}")
