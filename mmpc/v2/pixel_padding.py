"""Padding: samples that are no measurement, and the one value that all of them have.

Scanners fill what lies outside their circle with a value far below air. Its edge would cost a
slice more than anything within it, and the value would come back as another one. So a payload may
start with the mask of padding; the encoder hands something smooth to the parts that follow, which
know nothing of it, and the decoder writes the value in the end.
"""

import struct
from typing import NamedTuple

import numpy as np

from mmpc.errors import CorruptPayloadError
from mmpc.v2.padding_mask import pack_mask, unpack_mask

# Where the mask comes from: every sample is padding, and nothing follows; the slice that was
# coded last of those that this one refers to; or its own bytes.
EVERYWHERE, AS_REFERENCE, OWN_MASK = range(3)
_RECORD = struct.Struct("<Bi")  # where from, value
_SIZE = struct.Struct("<I")  # bytes of an own mask


class Padding(NamedTuple):
    """Which samples of a slice are padding, and their value."""

    value: int
    mask: np.ndarray  # bool, shape (height, width)

    @classmethod
    def everywhere(cls, value: int, shape: tuple[int, int]) -> "Padding":
        """Return the padding of a slice of which nothing was measured; it takes no memory."""
        return cls(value, np.broadcast_to(np.True_, shape))

    @property
    def is_everywhere(self) -> bool:
        """Whether nothing else is in the slice."""
        return bool(self.mask.all())

    def plane(self) -> np.ndarray:
        """Return a slice, int32, of nothing but padding; it takes no memory."""
        return np.broadcast_to(np.int32(self.value), self.mask.shape)

    def write_into(self, samples: np.ndarray) -> None:
        """Give the samples of padding their value."""
        samples[self.mask] = self.value

    def to_bytes(self, reference: "Padding | None") -> bytes:
        """Return the bytes that a payload starts with.

        Parameters
        ----------
        reference : Padding or None
            Of the slice that was coded last of those that this one refers to.
        """
        if self.is_everywhere:
            return _RECORD.pack(EVERYWHERE, self.value)
        if reference is not None and np.array_equal(reference.mask, self.mask):
            return _RECORD.pack(AS_REFERENCE, self.value)
        mask = pack_mask(self.mask)
        return _RECORD.pack(OWN_MASK, self.value) + _SIZE.pack(len(mask)) + mask


def read_padding(
    payload: bytes, shape: tuple[int, int], dtype: np.dtype, reference: Padding | None
) -> tuple[Padding, bytes]:
    """Take the padding off the start of a payload; the inverse of `Padding.to_bytes`.

    Parameters
    ----------
    payload : bytes
        Of a slice.
    shape : tuple of int
        Height and width in samples.
    dtype : numpy.dtype
        Sample type.
    reference : Padding or None
        As for `Padding.to_bytes`.

    Returns
    -------
    padding : Padding
        Of the slice.
    rest : bytes
        The payload behind it.

    Raises
    ------
    CorruptPayloadError
        It is not legal, or ends early.
    """
    if len(payload) < _RECORD.size:
        raise CorruptPayloadError("the payload ends before the value of padding")
    source, value = _RECORD.unpack_from(payload)
    rest = payload[_RECORD.size :]
    limits = np.iinfo(dtype)
    if not limits.min <= value <= limits.max:
        raise CorruptPayloadError(f"the value of padding, {value}, does not fit into {dtype}")
    if source == EVERYWHERE:
        return Padding.everywhere(value, shape), rest
    if source == AS_REFERENCE:
        if reference is None:
            raise CorruptPayloadError("the mask of padding is that of a slice that has none")
        return Padding(value, reference.mask), rest
    if source != OWN_MASK:
        raise CorruptPayloadError(f"the mask of padding comes from nowhere: {source} is unknown")
    if len(rest) < _SIZE.size:
        raise CorruptPayloadError("the payload ends before the mask of padding")
    (size,) = _SIZE.unpack_from(rest)
    end = _SIZE.size + size
    if len(rest) < end:
        raise CorruptPayloadError("the payload ends within the mask of padding")
    return Padding(value, unpack_mask(rest[_SIZE.size : end], shape)), rest[end:]
