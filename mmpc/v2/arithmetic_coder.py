"""Binary arithmetic coder: bits in, bytes out, and back.

The carryless range coder of Matt Mahoney's lpaq (2007): an interval [low, high] of 32-bit
integers is cut in proportion to the probability of a one, and leading bytes that both ends
share are written. It knows nothing about contexts; :mod:`mmpc.v2.mixing` supplies the
probabilities. The encoder and the decoder are one function, so they cannot disagree.
"""

import numpy as np

from mmpc.v2.kernel import kernel

# Fields of the int64 state array.
LOW, HIGH, CODE, POSITION, DECODING, LEARNING_RATE = 0, 1, 2, 3, 4, 5
CODER_STATE_SIZE = 6

PROBABILITY_BITS = 16  # probabilities are integers in 1..65535, in units of 2^-16


def new_coder(decoding: bool) -> np.ndarray:
    """Return the state of a fresh coder, an int64 array of ``CODER_STATE_SIZE`` fields."""
    state = np.zeros(CODER_STATE_SIZE, np.int64)
    state[HIGH] = 0xFFFFFFFF
    state[DECODING] = decoding
    return state


@kernel
def start_decoder(state, stream):
    """Load the first four bytes of the stream."""
    for _ in range(4):
        state[CODE] = (state[CODE] << 8) | next_byte(state, stream)


@kernel(forceinline=True)
def next_byte(state, stream):
    """Return the byte at the read position and advance; beyond the end there are zeros."""
    position = state[POSITION]
    state[POSITION] = position + 1
    if position < stream.size:
        return np.int64(stream[position])
    return np.int64(0)


@kernel(forceinline=True)
def put_byte(state, stream, byte):
    """Write a byte and advance; beyond the end it is only counted (the caller then retries)."""
    position = state[POSITION]
    state[POSITION] = position + 1
    if position < stream.size:
        stream[position] = byte


@kernel(forceinline=True)
def code_bit_with_probability(state, stream, probability, bit):
    """Encode ``bit``, or decode one and ignore the argument; return the bit.

    ``probability`` is that of a one, 1..65535 in units of 2^-16.
    """
    low = state[LOW]
    high = state[HIGH]
    middle = low + (((high - low) * probability) >> PROBABILITY_BITS)
    if state[DECODING]:
        bit = 1 if state[CODE] <= middle else 0
    if bit:
        high = middle
    else:
        low = middle + 1
    while (low ^ high) & 0xFF000000 == 0:
        if state[DECODING]:
            state[CODE] = ((state[CODE] << 8) & 0xFFFFFFFF) | next_byte(state, stream)
        else:
            put_byte(state, stream, high >> 24)
        low = (low << 8) & 0xFFFFFFFF
        high = ((high << 8) & 0xFFFFFFFF) | 0xFF
    state[LOW] = low
    state[HIGH] = high
    return bit


@kernel
def finish_encoder(state, stream):
    """Write the byte that settles every pending bit (the decoder reads zeros behind it).

    A value of the interval that ends in zero bytes is sought; as the first bytes of the two
    ends differ, ``low`` rounded up to the next multiple of 2^24 always is one.
    """
    put_byte(state, stream, ((state[LOW] + 0xFFFFFF) >> 24) & 0xFF)
