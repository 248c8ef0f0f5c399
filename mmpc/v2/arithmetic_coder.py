"""Binary arithmetic coder: bits in, bytes out, and back.

The carryless range coder of Matt Mahoney's lpaq (2007): an interval [low, high] of 32-bit
integers is cut in proportion to the probability of a one, and leading bytes that both ends
share are written. It knows nothing about contexts; :mod:`mmpc.v2.mixing` supplies the
probabilities. The encoder and the decoder are one function, so they cannot disagree.

The invariant, between two bits: 0 <= low < high < 2^32, and the two differ in their highest
byte. Whatever follows the bytes written so far, if its first four bytes are within [low, high]
it decodes to the bits coded so far; the decoder holds these four, low <= code <= high. A
probability of less than 2^16 / 2^16 leaves a code for either bit: low <= middle < high, though
the interval be as narrow as 0x00ffffff to 0x01000000.
"""

import numpy as np

from mmpc.v2.kernel import kernel
from mmpc.v2.records import new_record

# The registers of a coder.
CODER = np.dtype(
    [
        ("low", np.int64),  # the interval, both ends within
        ("high", np.int64),
        ("code", np.int64),  # decoding: the four bytes of the stream at the interval's place
        ("position", np.int64),  # of the next byte to write or to read
        ("decoding", np.int64),  # 0 or 1
    ]
)

PROBABILITY_BITS = 16  # probabilities are integers in 1..65535, in units of 2^-16


def new_coder(decoding: bool) -> np.record:
    """Return the registers of a fresh coder, a record of type ``CODER``."""
    coder = new_record(CODER)
    coder.high = 0xFFFFFFFF
    coder.decoding = decoding
    return coder


@kernel
def start_decoder(coder, stream):
    """Load the first four bytes of the stream."""
    for _ in range(4):
        coder.code = (coder.code << 8) | next_byte(coder, stream)


@kernel(forceinline=True)
def next_byte(coder, stream):
    """Return the byte at the read position and advance; beyond the end there are zeros."""
    position = coder.position
    coder.position = position + 1
    if position < stream.size:
        return np.int64(stream[position])
    return np.int64(0)


@kernel(forceinline=True)
def put_byte(coder, stream, byte):
    """Write a byte and advance; beyond the end it is only counted (the caller then retries)."""
    position = coder.position
    coder.position = position + 1
    if position < stream.size:
        stream[position] = byte


@kernel(forceinline=True)
def code_bit_with_probability(coder, stream, probability, bit):
    """Encode ``bit``, or decode one and ignore the argument; return the bit.

    ``probability`` is that of a one, 1..65535 in units of 2^-16.
    """
    low = coder.low
    high = coder.high
    middle = low + (((high - low) * probability) >> PROBABILITY_BITS)
    if coder.decoding:
        bit = 1 if coder.code <= middle else 0
    if bit:
        high = middle
    else:
        low = middle + 1
    while (low ^ high) & 0xFF000000 == 0:
        if coder.decoding:
            coder.code = ((coder.code << 8) & 0xFFFFFFFF) | next_byte(coder, stream)
        else:
            put_byte(coder, stream, high >> 24)
        low = (low << 8) & 0xFFFFFFFF
        high = ((high << 8) & 0xFFFFFFFF) | 0xFF
    coder.low = low
    coder.high = high
    return bit


@kernel
def finish_encoder(coder, stream):
    """Write the byte that settles every pending bit (the decoder reads zeros behind it).

    A value of the interval that ends in zero bytes is sought; as the first bytes of the two
    ends differ, ``low`` rounded up to the next multiple of 2^24 always is one.
    """
    put_byte(coder, stream, ((coder.low + 0xFFFFFF) >> 24) & 0xFF)
