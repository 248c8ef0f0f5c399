"""The learned start: what counters and mixing weights are before the first decision.

A model that knows nothing pays until it has learned what is true of most slices. The file
``learned_start.bin`` tells it: where models ended, on the average of slices that no benchmark
uses. It is a part of the format (FORMAT.md, section 12) and is made by
``python -m mmpc.evaluation.start_training``.
"""

import zlib
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from mmpc.errors import FileError
from mmpc.v2.contexts import COUNTERS, WEIGHTS
from mmpc.v2.mixing import INPUTS, LOGIT_LIMIT, LOGIT_ONE, SQUASH, Model

PATH = Path(__file__).with_name("learned_start.bin")
UNKNOWN = 0  # the symbol of a counter of which nothing was learned
SYMBOL_OF_HALF = 32  # of the probability 1/2; the others are logits around it
LARGEST_SYMBOL = 63
SYMBOL_STEP = LOGIT_ONE // 2
WEIGHT_STEP = 64
LEARNED_COUNT = 24  # what was learned counts for so many decisions


class Start:
    """The content of the file.

    Attributes
    ----------
    symbols : ndarray of uint8, shape (COUNTERS,)
        For each counter, in the order of `mmpc.v2.contexts`, ``UNKNOWN`` or its logit.
    weights : ndarray of int16, shape (WEIGHTS, INPUTS)
        In units of ``WEIGHT_STEP``.
    """

    def __init__(self, symbols: np.ndarray, weights: np.ndarray):
        self.symbols = symbols.astype(np.uint8)
        self.weights = weights.astype("<i2")

    @classmethod
    def from_bytes(cls, data: bytes) -> "Start":
        """Take the file apart."""
        content = zlib.decompress(data)
        if len(content) != COUNTERS + 2 * WEIGHTS * INPUTS:
            raise ValueError(f"{len(content)} bytes do not fit {COUNTERS} counters")
        symbols = np.frombuffer(content, np.uint8, COUNTERS)
        weights = np.frombuffer(content, "<i2", WEIGHTS * INPUTS, COUNTERS)
        return cls(symbols, weights.reshape(WEIGHTS, INPUTS))

    def to_bytes(self) -> bytes:
        """Return the file: a byte for each symbol and two for each weight, deflated."""
        return zlib.compress(self.symbols.tobytes() + self.weights.tobytes(), 9)

    @cached_property
    def _counters(self) -> np.ndarray:
        """All counters as they start; those of which nothing was learned are not used."""
        logits = (self.symbols.astype(np.int64) - SYMBOL_OF_HALF) * SYMBOL_STEP
        squashed = SQUASH[np.clip(logits, -LOGIT_LIMIT, LOGIT_LIMIT) + LOGIT_LIMIT]
        return squashed.astype(np.uint32) << 16 | LEARNED_COUNT

    def teach(self, model: Model) -> None:
        """Let a new model start with what was learned."""
        np.copyto(model.counters, self._counters, where=self.symbols != UNKNOWN)
        if model.mixer.learning_rate:
            model.weights[:] = self.weights.astype(np.int32) * WEIGHT_STEP


@cache
def learned_start() -> Start:
    """Read the file.

    Raises
    ------
    FileError
        It is not there, or does not fit these contexts.
    """
    try:
        return Start.from_bytes(PATH.read_bytes())
    except (OSError, ValueError, zlib.error) as error:
        raise FileError(
            f"{PATH}: no start for the models of bitstream 2 ({error}); install mmpc again, or "
            "after a change of the contexts run python -m mmpc.evaluation.start_training"
        ) from None
