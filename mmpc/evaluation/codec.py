"""What is measured: a codec is a name, its settings, and a timed round trip of one image."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

# CPU seconds, not the clock on the wall: another program on the machine does not count.
cpu_seconds = time.process_time
# Enough timing for one point; what takes longer is not repeated.
LONG_SECONDS = 0.3


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
