"""Version 2's arithmetic coder, a bit at a time and from Python, with or without counters.

For lessons that write a decoder: each coder runs in either direction, so that one function codes
and decodes. Whole slices take :mod:`mmpc.explore.recoding`, which is compiled and only encodes.
"""

from collections import defaultdict
from collections.abc import Hashable

import numpy as np

from mmpc.v2.arithmetic_coder import (
    code_bit_with_probability,
    finish_encoder,
    new_coder,
    start_decoder,
)

COUNTER_LIMIT = 160
MOST_DIGITS = 15
_LONGEST_CODE_BYTES = 8  # more than a bit and the end of a stream take


class BitCoder:
    """Version 2's coder; with a stream it decodes, without one it encodes.

    Parameters
    ----------
    stream : bytes, optional
        What `finish` returned.
    """

    def __init__(self, stream: bytes | None = None):
        self._is_decoding = stream is not None
        self._state = new_coder(self._is_decoding)
        self._buffer = np.frombuffer(stream or bytes(1024), np.uint8).copy()
        if self._is_decoding:
            start_decoder(self._state, self._buffer)

    def code_bit(self, p_one: int, bit: int = 0) -> int:
        """Encode a bit, or decode one and ignore the argument; return it.

        Parameters
        ----------
        p_one : int
            The probability of a one in units of 2^-16, 1 to 65535.
        bit : int
            0 or 1.
        """
        if not self._is_decoding and self._state.position + _LONGEST_CODE_BYTES > len(self._buffer):
            self._buffer = np.concatenate([self._buffer, np.zeros_like(self._buffer)])
        return code_bit_with_probability(self._state, self._buffer, p_one, int(bit))

    def finish(self) -> bytes:
        """Write the byte that settles the rest, and return the stream; decoders need not."""
        if not self._is_decoding:
            finish_encoder(self._state, self._buffer)
        return self._buffer[: self._state.position].tobytes()


class LearningCoder(BitCoder):
    """The same with the counter of lesson 7 for each context; a context is any key of a dict."""

    def __init__(self, stream: bytes | None = None):
        super().__init__(stream)
        self._counters: defaultdict[Hashable, list] = defaultdict(lambda: [0.5, 0])

    def code(self, context: Hashable, bit: int = 0) -> int:
        """Code a bit with the probability that its context has learned, and learn from it."""
        counter = self._counters[context]
        probability, count = counter
        bit = self.code_bit(min(max(round(65536 * probability), 1), 65535), bit)
        counter[0] += (bit - probability) / (count + 1.5)
        counter[1] = min(count + 1, COUNTER_LIMIT)
        return bit

    def code_level(self, context: Hashable, level: int = 0) -> int:
        """Code a level in a context: digits in unary, digits, sign (lesson 7, step 5)."""
        magnitude = abs(int(level))
        digits = 0
        while digits < MOST_DIGITS and self.code(
            (context, digits), digits < magnitude.bit_length()
        ):
            digits += 1
        value = min(digits, 1)
        for i in range(digits - 2, -1, -1):
            value = 2 * value + self.code(("digit", i), magnitude >> i & 1)
        return -value if value and self.code("sign", level < 0) else value
