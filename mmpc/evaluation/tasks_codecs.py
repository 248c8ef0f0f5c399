"""Which codecs the tasks are measured with, at which settings, and what workers are given."""

from functools import cache
from typing import Any, NamedTuple, Protocol

import numpy as np

from mmpc.errors import InvalidParameterError, MmpcError
from mmpc.evaluation.catalogue import find_codec
from mmpc.evaluation.codec import Codec, Coded
from mmpc.evaluation.ffmpeg_peers import Av1, Hevc, timed_process

FAST_AV1 = "libaom-cpu6"
WHOLE_STEPS = ("mmpc-v1",)
# Settings at which the error is from a sixth of a sheet's noise to 0.85 of it; of the slow ones
# to 0.6, for the sake of time.
SHEET_SETTINGS = {
    "mmpc-v1": (8, 14, 24, 45, 75),
    "mmpc-v2-fast": (10, 18, 32, 50, 80),
    "openjpeg": (2, 3, 4.5, 7, 9.5),
    "libjxl": (0.04, 0.08, 0.14, 0.3, 0.5),
    "x265": (0, 3, 8, 13),
    FAST_AV1: (2, 3, 4, 7),
}


class Untimed:
    """Of a codec of ffmpeg: without the programs that are started only for the timing."""

    def code(self, samples: np.ndarray, quality: float, repeats: int) -> Coded:
        """Compress and decompress, once."""
        encoder = self.encoder(samples.shape, quality)
        data, _ = timed_process(encoder, samples.astype("<u2").tobytes(), 1)
        decoded, _ = timed_process(self.decoder(), data, 1)
        return Coded(data, np.frombuffer(decoded, "<u2").reshape(samples.shape), 0.0, 0.0)


class UntimedHevc(Untimed, Hevc):
    """x265 as among the peers."""


class FastAv1(Untimed, Av1):
    """libaom with ``-cpu-used 6``: two thirds of the time of 4, and on the sheets no larger."""

    name = FAST_AV1

    def settings(self, quality: float) -> tuple[str, ...]:
        """Return ffmpeg's options for libaom."""
        strongest = super().settings(quality)
        place = strongest.index("-cpu-used") + 1
        return (*strongest[:place], "6", *strongest[place + 1 :])


class Found(NamedTuple):
    """What came of an item: rows of a table, and arrays by name."""

    rows: list[dict[str, Any]]
    arrays: dict[str, np.ndarray]


class Item(Protocol):
    """What a worker is given: it knows itself what to do."""

    def carry_out(self) -> Found:
        """Return the result."""


@cache  # some ask a program for its codecs first
def find_task_codec(name: str) -> Codec:
    """Return a codec of `SHEET_SETTINGS`."""
    here = {one.name: one for one in (UntimedHevc, FastAv1)}
    return here[name]() if name in here else find_codec(name)


def available_codecs() -> tuple[list[str], list[str]]:
    """Return the names of the codecs that work here, and why the others do not."""
    working, reasons = [], []
    for name in SHEET_SETTINGS:
        try:
            find_task_codec(name)
            working.append(name)
        except InvalidParameterError as error:
            reasons.append(str(error))
    return working, reasons


def carry_out(numbered: tuple[int, Item]) -> tuple[int, Found]:
    """Return the number of an item and its result; where other processes find it."""
    number, item = numbered
    return number, item.carry_out()


def lost(numbered: tuple[int, Item]) -> None:
    """Give up: a table with a gap would say too little."""
    raise MmpcError(
        f"{type(numbered[1]).__name__}: its process died twice; is there enough memory?"
    )
