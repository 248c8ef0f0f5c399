"""A chunk of an array <-> a stream; what the codecs for zarr and numcodecs share."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmpc.errors import PayloadLengthError, UnsupportedImageError
from mmpc.images.image import STORED_DTYPES
from mmpc.request import Request
from mmpc.streams.compress import compress
from mmpc.streams.reading import decompress


@dataclass(frozen=True)
class ChunkCoding:
    """How chunks are coded; each is a whole stream of bitstream 2.

    Attributes
    ----------
    max_error : float or None
        No sample is off by more; 0, without loss, where no quality is given.
    quality : float or None
        The quantization step instead: larger is coarser.
    preset : str
        With `quality`: how long to search for a smaller stream.

    Raises
    ------
    InvalidParameterError
        A value is not legal, or both goals are given.
    """

    max_error: float | None = None
    quality: float | None = None
    preset: str = "default"

    def __post_init__(self):
        if self.max_error is None and self.quality is None:
            object.__setattr__(self, "max_error", 0)
        self._request()

    def _request(self) -> Request:
        return Request.from_keywords(
            max_error=self.max_error, quality=self.quality, preset=self.preset
        )

    def configuration(self) -> dict[str, Any]:
        """Return what JSON keeps: the goal, and the preset where it is not the default."""
        given = {"max_error": self.max_error, "quality": self.quality}
        preset = {} if self.preset == "default" else {"preset": self.preset}
        return {name: value for name, value in given.items() if value is not None} | preset

    def encode_chunk(self, chunk: np.ndarray) -> bytes:
        """Return the stream of a chunk of two or three dimensions longer than 1.

        Raises
        ------
        UnsupportedImageError
            Another dtype or shape.
        """
        check_chunk(chunk.shape, chunk.dtype)
        array = np.asarray(chunk, chunk.dtype.newbyteorder("="), order="C")
        return compress(array.reshape(_as_image(chunk.shape)), request=self._request())


def decode_chunk(data: bytes, shape: tuple[int, ...] | None = None) -> np.ndarray:
    """Return the array of a stream.

    Parameters
    ----------
    data : bytes
        A whole stream.
    shape : tuple of int, optional
        Of the chunk.

    Raises
    ------
    StreamError
        It is damaged, or holds another number of samples.
    """
    samples = decompress(data)
    if shape is None:
        return samples
    if math.prod(shape) != samples.size:
        raise PayloadLengthError(f"the stream has shape {samples.shape}, not {shape}")
    return samples.reshape(shape)


def check_chunk(shape: tuple[int, ...], dtype: np.dtype) -> None:
    """Refuse chunks that no stream holds.

    Raises
    ------
    UnsupportedImageError
        More than three dimensions are longer than 1, or the dtype is another one.
    """
    if np.dtype(dtype).newbyteorder("=").name not in STORED_DTYPES:
        raise UnsupportedImageError(
            f"mmpc codes chunks of {', '.join(STORED_DTYPES)}, not of {dtype}"
        )
    if sum(length > 1 for length in shape) > 3:
        raise UnsupportedImageError(
            f"mmpc codes chunks of two or three dimensions longer than 1, not of shape {shape}"
        )


def _as_image(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return a shape of two or three dimensions with as many samples, lengths of 1 in front."""
    lengths = [length for length in shape if length > 1]
    return (*(1,) * (2 - len(lengths)), *lengths)
