"""The records of slices: what is said of each, its bytes, and what is legal.

An image has one short record. A volume has a longer one for each slice, in the order of coding,
with the slices it refers to and a checksum of its payload, so that a slice is found, and damage
named, without reading the others.
"""

import struct
from dataclasses import dataclass
from typing import Any

import numpy as np

from mmpc.errors import IllegalHeaderError
from mmpc.v2.slice_order import MOST_NEEDED, Place

# Index, reference slice, step, lowest and highest sample, bytes of payload, CRC-32 of the samples.
IMAGE_RECORD = struct.Struct("<IIIiiII")
# Index, slice before, slice after, step, lowest and highest sample, bytes of payload, CRC-32 of
# the payload and of the samples.
VOLUME_RECORD = struct.Struct("<HHHIiiIII")
NO_REFERENCE = 0xFFFFFFFF
NO_SLICE = 0xFFFF
MOST_SLICES = 65535

SAMPLES_PER_BYTE = 4096  # a payload has at least one byte for so many samples
STEP_ONE = 1024  # fixed-point one of the step
STEP_RANGE = (1 / 8, 65536.0)
# Of the step: the payload starts with padding; it holds the samples as they are; three bits say
# into how many stripes it is cut, less one.
PADDING_FLAG, RAW_FLAG = 1 << 31, 1 << 30
STRIPES_SHIFT = 27
_STEP_MASK = (1 << STRIPES_SHIFT) - 1


@dataclass(frozen=True)
class SliceHeader:
    """What is said of one slice.

    Attributes
    ----------
    place : Place
        Which slice it is, and which others it refers to.
    step : float
        Quantization step, in sample units.
    minimum, maximum : int
        Range of the samples.
    payload_size_bytes : int
        Length of its payload.
    samples_crc32 : int
        What `samples_checksum` gives for the decoded samples.
    payload_crc32 : int, optional
        Of its payload; of volumes only.
    has_padding : bool
        Whether its payload starts with padding, which the range of the samples leaves out.
    is_raw : bool
        Whether the samples follow as they are, since coding them would take more.
    n_stripes : int
        Into how many stripes the slice is cut, 1 to 8; in volumes 1.
    """

    place: Place
    step: float
    minimum: int
    maximum: int
    payload_size_bytes: int
    samples_crc32: int
    payload_crc32: int | None = None
    has_padding: bool = False
    is_raw: bool = False
    n_stripes: int = 1

    @property
    def index(self) -> int:
        """Which slice of the volume it is, from 0 on."""
        return self.place.index

    def to_bytes(self) -> bytes:
        """Return the record of an image, or of a slice of a volume."""
        flags = PADDING_FLAG * self.has_padding | RAW_FLAG * self.is_raw
        flags |= (self.n_stripes - 1) << STRIPES_SHIFT
        fixed_step = round(self.step * STEP_ONE) | flags
        middle = fixed_step, self.minimum, self.maximum, self.payload_size_bytes
        if self.payload_crc32 is None:
            return IMAGE_RECORD.pack(self.index, NO_REFERENCE, *middle, self.samples_crc32)
        place = (NO_SLICE if one is None else one for one in self.place)
        return VOLUME_RECORD.pack(*place, *middle, self.payload_crc32, self.samples_crc32)


def require(condition: bool, message: str) -> None:
    """Raise IllegalHeaderError unless the condition holds."""
    if not condition:
        raise IllegalHeaderError(message)


def read_image_record(data: bytes, dtype: np.dtype) -> SliceHeader:
    """Take the one record of an image apart and check it."""
    index, reference, step, minimum, maximum, size, samples_crc32 = IMAGE_RECORD.unpack(data)
    require(index == 0, f"the slice of the image says that it is slice {index}")
    require(reference == NO_REFERENCE, "the slice of the image refers to another slice")
    one = SliceHeader(
        place=Place(0, None, None),
        minimum=minimum,
        maximum=maximum,
        payload_size_bytes=size,
        samples_crc32=samples_crc32,
        **_step_and_flags(step),
    )
    _check_fields(one, dtype)
    return one


def _step_and_flags(field: int) -> dict[str, Any]:
    """Return what the field of the step says, as arguments of `SliceHeader`."""
    return {
        "step": (field & _STEP_MASK) / STEP_ONE,
        "has_padding": bool(field & PADDING_FLAG),
        "is_raw": bool(field & RAW_FLAG),
        "n_stripes": 1 + ((field & (RAW_FLAG - 1)) >> STRIPES_SHIFT),
    }


def read_volume_table(data: bytes, dtype: np.dtype) -> tuple[SliceHeader, ...]:
    """Take the records of a volume apart and check them, and that they form a tree."""
    slices = []
    for record in VOLUME_RECORD.iter_unpack(data):
        index, before, after, step, minimum, maximum, size, payload_crc32, samples_crc32 = record
        place = Place(
            index,
            None if before == NO_SLICE else before,
            None if after == NO_SLICE else after,
        )
        one = SliceHeader(
            place=place,
            minimum=minimum,
            maximum=maximum,
            payload_size_bytes=size,
            samples_crc32=samples_crc32,
            payload_crc32=payload_crc32,
            **_step_and_flags(step),
        )
        _check_fields(one, dtype)
        slices.append(one)
    _check_tree([one.place for one in slices])
    return tuple(slices)


def _check_fields(one: SliceHeader, dtype: np.dtype) -> None:
    lowest, highest = STEP_RANGE
    require(
        lowest <= one.step <= highest,
        f"the step {one.step * STEP_ONE:.0f}/{STEP_ONE} of slice {one.index} is illegal",
    )
    limits = np.iinfo(dtype)
    require(
        limits.min <= one.minimum <= one.maximum <= limits.max,
        f"the sample range {one.minimum}..{one.maximum} of slice {one.index} "
        f"does not fit into {dtype}",
    )


def _check_tree(places: list[Place]) -> None:
    """Refuse slices that are unknown or there twice, and references that cannot be followed."""
    needed: dict[int, frozenset[int]] = {}  # by slice, those that must be decoded for it
    for place in places:
        index, before, after = place
        require(index < len(places), f"there is a slice {index} among {len(places)} slices")
        require(index not in needed, f"slice {index} is there twice")
        require(
            before is None or before < index,
            f"slice {index} refers to slice {before} as one before it",
        )
        require(
            after is None or after > index,
            f"slice {index} refers to slice {after} as one after it",
        )
        for one in place.references:
            require(
                one in needed, f"slice {index} refers to slice {one}, which is not coded before it"
            )
        needed[index] = frozenset([index]).union(*(needed[one] for one in place.references))
        require(
            len(needed[index]) <= MOST_NEEDED,
            f"slice {index} needs {len(needed[index])} slices to be decoded, "
            f"more than {MOST_NEEDED}",
        )
