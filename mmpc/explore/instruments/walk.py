"""What the walker walks through: the fields of a small stream, and its decoder's decisions.

The decoder is version 2's own, run as plain Python since there is little to decode; each decision
of the arithmetic coder is written down as it is made.
"""

import functools
import math
import struct
from dataclasses import dataclass

import numpy as np

import mmpc
from mmpc.explore.body import measured
from mmpc.explore.decisions import read_blocks
from mmpc.explore.rebinding import rebound
from mmpc.explore.watched_coder import ELEMENT_OF_WEIGHTS, ELEMENTS, element_of_slot
from mmpc.v2.arithmetic_coder import PROBABILITY_BITS, code_bit_with_probability, start_decoder
from mmpc.v2.block_coder import code_ctus
from mmpc.v2.header import CHECKSUM_SIZE, STREAM_RECORD
from mmpc.v2.mixing import code_adaptive_bit, code_bit, code_bit_between
from mmpc.v2.parameters import new_parameters
from mmpc.v2.planes import new_planes, new_scratch
from mmpc.v2.probability_map import code_bit_through_map
from mmpc.v2.regions import no_cells
from mmpc.v2.slice_coder import new_slice_model, number_of_ctus
from mmpc.v2.slice_table import IMAGE_RECORD

SIDE = 16  # samples of the images
STEP = 6
PLACES = {
    "edge of the skull": (270, 144),
    "edge of a ventricle": (240, 196),
    "brain": (250, 230),
}  # row, column
_STREAM_FIELDS = (
    ("magic", "says that this is an MMPC stream"),
    ("version", "of the bitstream"),
    ("sample type", "0 uint8, 1 int8, 2 uint16, 3 int16"),
    ("tools", "a bit for each coding tool that is on"),
    ("width", "in samples"),
    ("height", "in samples"),
    ("slices", "one, of an image"),
    ("bytes of metadata", "none here"),
)
_SLICE_FIELDS = (
    ("index", "of the slice"),
    ("reference", "all ones: it refers to no other slice"),
    ("step", "quantization step, in 1/1024"),
    ("lowest sample", "decoded samples are clipped to the range"),
    ("highest sample", "decoded samples are clipped to the range"),
    ("bytes of payload", "how many follow"),
    ("CRC-32 of the samples", "what the decoded samples must give"),
)


@dataclass(frozen=True)
class Field:
    """Some bytes of a stream that mean one thing.

    Attributes
    ----------
    start, end : int
        Its bytes.
    name, meaning : str
        What it is called, and what it says.
    value : str
        As a number or a text; "" where it is none.
    """

    start: int
    end: int
    name: str
    meaning: str
    value: str


@dataclass(frozen=True)
class Decision:
    """One step of the arithmetic decoder.

    Attributes
    ----------
    element : str
        The syntax element that the bit belongs to.
    low, high, code : int
        The interval before, both ends within, and what the stream holds at its place; 32 bits.
    probability : float
        Of a one, as the model says.
    middle : int
        Where the interval is cut: up to here it is a one.
    bit : int
        What came out.
    position : int
        Bytes of the payload that the decoder has read before.
    """

    element: str
    low: int
    high: int
    code: int
    probability: float
    middle: int
    bit: int
    position: int

    @property
    def cost_bits(self) -> float:
        """What the interval lost: log2 of its width before over that after."""
        width = self.high - self.low + 1
        part = self.middle - self.low + 1 if self.bit else self.high - self.middle
        return math.log2(width / part)


@dataclass(frozen=True)
class Walk:
    """A small image, its stream, and how it is decoded.

    Attributes
    ----------
    original_hu, decoded_hu : ndarray of float32, shape (side, side)
        The image before and after.
    data : bytes
        The stream.
    fields : tuple of Field
        All of it, in order.
    payload_start : int
        Its first byte in the stream.
    decisions : tuple of Decision
        Of all blocks, in order.
    """

    original_hu: np.ndarray
    decoded_hu: np.ndarray
    data: bytes
    fields: tuple[Field, ...]
    payload_start: int
    decisions: tuple[Decision, ...]

    def part_of(self, byte: int) -> str:
        """Return which part of the stream a byte is in: stream, slice, payload or checksum."""
        ends = {
            "stream": STREAM_RECORD.size,
            "slice": self.payload_start,
            "payload": len(self.data) - CHECKSUM_SIZE,
            "checksum": len(self.data),
        }
        return next(part for part, end in ends.items() if byte < end)


@functools.cache
def load_walk(place: str) -> Walk:
    """Return the walk through a stream of 16 x 16 samples of the head, from one of `PLACES`."""
    image = measured("head_ct")
    row, column = PLACES[place]
    pixels = np.ascontiguousarray(image.pixels[row : row + SIDE, column : column + SIDE])
    data = mmpc.compress(pixels, bitstream=2, quality=STEP, preset="fast")
    original, decoded = (
        (one * image.rescale_slope + image.rescale_intercept).astype(np.float32)
        for one in (pixels, mmpc.decompress(data))
    )
    fields = fields_of(data)
    start = next(field.start for field in fields if field.name == "payload")
    return Walk(original, decoded, data, fields, start, decisions_of(data))


def fields_of(data: bytes) -> tuple[Field, ...]:
    """Take a stream of one image without metadata apart.

    Returns
    -------
    tuple of Field
        From the first byte to the last, without gaps.
    """
    fields = _record_fields(data, 0, STREAM_RECORD, _STREAM_FIELDS)
    fields += _record_fields(data, fields[-1].end, IMAGE_RECORD, _SLICE_FIELDS)
    end = len(data) - CHECKSUM_SIZE
    fields.append(Field(fields[-1].end, end, "payload", "the arithmetic coder's bytes", ""))
    checksum = int.from_bytes(data[end:], "little")
    what = "of everything before it"
    fields.append(Field(end, len(data), "CRC-32 of the stream", what, f"{checksum:#010x}"))
    return tuple(fields)


def _record_fields(
    data: bytes, start: int, record: struct.Struct, names: tuple[tuple[str, str], ...]
) -> list[Field]:
    """Return the fields of a record; their lengths are those of its format."""
    fields = []
    codes = record.format.lstrip("<").replace("4s", "s")
    values = record.unpack_from(data, start)
    for code, value, (name, meaning) in zip(codes, values, names, strict=True):
        end = start + (4 if code == "s" else struct.calcsize("<" + code))
        in_hex = name.startswith(("tools", "CRC", "reference"))
        shown = value.decode() if code == "s" else f"{value:#010x}" if in_hex else str(value)
        fields.append(Field(start, end, name, meaning, shown))
        start = end
    return fields


def decisions_of(data: bytes) -> tuple[Decision, ...]:
    """Decode the blocks of a stream and return each decision of the arithmetic coder."""
    decisions: list[Decision] = []
    element = ELEMENTS[0]
    plain_coder = rebound(code_bit_with_probability, {})

    def watch_coder(coder, stream, probability, bit):
        low, high, code = int(coder.low), int(coder.high), int(coder.code)
        position = int(coder.position)
        bit = plain_coder(coder, stream, probability, bit)
        middle = low + ((high - low) * int(probability) >> PROBABILITY_BITS)
        share = int(probability) / (1 << PROBABILITY_BITS)
        decisions.append(Decision(element, low, high, code, share, middle, int(bit), position))
        return bit

    def naming(function, name_of):
        """Return a function that notes the element before it codes its bit."""
        plain = rebound(function, {code_bit_with_probability: watch_coder})

        def code(model, first, *rest):
            nonlocal element
            element = name_of(first)
            return plain(model, first, *rest)

        return code

    by_weights = {
        one: naming(one, lambda weights: ELEMENTS[ELEMENT_OF_WEIGHTS[weights]])
        for one in (code_bit, code_bit_through_map)
    }
    by_slots = {
        one: naming(one, lambda slot: ELEMENTS[element_of_slot(slot)])
        for one in (code_adaptive_bit, code_bit_between)
    }
    replacements = {
        **by_weights,
        **by_slots,
        code_bit_with_probability: watch_coder,
    }
    stream = read_blocks(data)
    p = new_parameters(stream.shape, stream.limits, stream.fixed_step, stream.tools)
    planes = new_planes(*stream.shape, no_cells())
    payload = np.frombuffer(stream.payload, np.uint8).copy()
    model = new_slice_model(payload, True, stream.tools)
    rebound(start_decoder, {})(model.coder, model.stream)
    code = rebound(code_ctus, replacements)
    code(model, planes, new_scratch(), p, 0, number_of_ctus(planes))
    return tuple(decisions)
