"""Which codecs the tasks are measured with, at which settings, and what workers are given."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol

import numpy as np

from mmpc.errors import InvalidParameterError, MmpcError
from mmpc.evaluation.catalogue import find_codec
from mmpc.evaluation.codec import Codec, Coded, RoundTrip
from mmpc.evaluation.ffmpeg_peers import Av1, Hevc, timed_process

FAST_AV1 = "libaom-cpu4"
# Settings at which the error is from a sixth of the noise of a sheet on.
SHEET_SETTINGS = {
    "mmpc-v1": (8, 16, 30, 50, 80),
    "mmpc-v2-fast": (8, 16, 30, 50, 80),
    "openjpeg": (2, 3.3, 5, 7, 9),
    "libjxl": (0.03, 0.08, 0.18, 0.35, 0.6),
    "x265": (0, 5, 8, 11, 14),
    FAST_AV1: (1, 2, 3, 5, 8),
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
    """libaom with ``-cpu-used 4``: a fortieth of the time of its strongest, and larger files."""

    name = FAST_AV1

    def settings(self, quality: float) -> tuple[str, ...]:
        """Return ffmpeg's options for libaom."""
        strongest = super().settings(quality)
        place = strongest.index("-cpu-used") + 1
        return (*strongest[:place], "4", *strongest[place + 1 :])


class Item(Protocol):
    """What a worker is given: it knows itself what to do."""

    def carry_out(self) -> Any:
        """Return the result."""


@dataclass(frozen=True)
class SheetCoding:
    """One sheet to be coded and decoded by one codec at one setting."""

    codec: str
    quality: float
    seed: int
    sheet: np.ndarray

    def carry_out(self) -> RoundTrip:
        """Code and decode."""
        return find_task_codec(self.codec).round_trip(self.sheet, self.quality)


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


def carry_out(numbered: tuple[int, Item]) -> tuple[int, Any]:
    """Return the number of an item and its result; where other processes find it."""
    number, item = numbered
    return number, item.carry_out()


def lost(numbered: tuple[int, Item]) -> None:
    """Give up: a table with a gap would say too little."""
    raise MmpcError(
        f"{type(numbered[1]).__name__}: its process died twice; is there enough memory?"
    )
