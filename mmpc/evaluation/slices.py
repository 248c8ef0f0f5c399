"""Measure one file at every operating point: the unit of work that is handed out.

A task and its outcome are plain values, so they can travel to another process or machine.
Whatever goes wrong is part of the outcome: one bad file must not stop a thousand good ones.
"""

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from mmpc.batch.inputs import file_stem, read_frames
from mmpc.batch.runs import Outcome
from mmpc.errors import MmpcError
from mmpc.evaluation.blocking import blocking_ratio
from mmpc.evaluation.catalogue import find_codec
from mmpc.evaluation.codec import Codec, RoundTrip
from mmpc.evaluation.metrics import MEASURES, measure, ssim_map
from mmpc.images.image import Image
from mmpc.images.regions import REGION_NAMES, find_regions
from mmpc.v1.bitstream import HEADER_BYTES

KEY = ("image", "frame", "codec", "quality")
RATE_COLUMNS = (
    "width",
    "height",
    "dtype",
    "size_bytes",
    "plain_v1_bytes",
    "rate_bpp",
    "compression_ratio",
    "encode_seconds",
    "decode_seconds",
    "clipped_pixels",
)
REGION_COLUMNS = tuple(f"{r}_{m}" for r in REGION_NAMES for m in ("pixels", *MEASURES))
COLUMNS = (*KEY, *RATE_COLUMNS, *MEASURES, "blocking_ratio", *REGION_COLUMNS)
# What a comparison of codecs needs, quick to measure.
SHORT_COLUMNS = (*KEY, *RATE_COLUMNS, *MEASURES[:6])
FAILURE_COLUMNS = (*KEY, "error")

Key = tuple[str, int, str, str]


@dataclass(frozen=True)
class Task:
    """One file and what to measure on it.

    Attributes
    ----------
    name : str
        Of the file, in the tables.
    path : Path
        Where it is.
    points : tuple of (codec name, quality)
        The operating points.
    mask : ndarray of bool or None
        The user's region of interest.
    full : bool
        All columns, or `SHORT_COLUMNS` only.
    repeats : int
        How often each coding is timed; the least counts.
    pictures : Path or None
        Folder for pictures, if any are wanted.
    done : frozenset of Key
        Points that have been measured before.
    """

    name: str
    path: Path
    points: tuple[tuple[str, float], ...]
    mask: np.ndarray | None = None
    full: bool = True
    repeats: int = 1
    pictures: Path | None = None
    done: frozenset[Key] = field(default_factory=frozenset)


def quality_text(quality: float) -> str:
    """Return a setting as tables and file names have it: 10, 0.018."""
    return f"{quality:g}"


def run_task(task: Task) -> Outcome:
    """Measure a file; never raises for bad files or settings."""
    outcome = Outcome(task.name, [], [])
    try:
        for frame, image in read_frames(task.path):
            _measure_frame(task, frame, image, outcome)
    except MmpcError as error:
        outcome.failures.append(_failure(task.name, error))
    except Exception as error:
        # A foreign library's bug on a foreign file: say what it was, and go on.
        outcome.failures.append(_failure(task.name, f"{type(error).__name__}: {error}"))
    return outcome


def _measure_frame(task: Task, frame: int, image: Image, outcome: Outcome) -> None:
    points = [
        (codec, quality)
        for codec, quality in task.points
        if (task.name, frame, codec, quality_text(quality)) not in task.done
    ]
    if not points:
        return
    regions = find_regions(image, task.mask) if task.full else {}
    if task.pictures:
        from mmpc.evaluation.pictures import save_regions

        save_regions(task.pictures / f"{file_stem(task.name, frame)}_roi.png", image, regions)
    for codec_name, quality in points:
        key = dict(zip(KEY, (task.name, frame, codec_name, quality_text(quality)), strict=True))
        try:
            codec = warm_codec(codec_name)
            result = codec.round_trip(image.pixels, quality, task.repeats)
            row = key | measure_point(image, codec, result, regions, task.full)
        except MmpcError as error:
            outcome.failures.append(key | {"error": str(error)})
            continue
        except Exception as error:
            outcome.failures.append(key | {"error": f"{type(error).__name__}: {error}"})
            continue
        outcome.rows.append(row)
        if task.pictures:
            from mmpc.evaluation.pictures import save_point

            # The report's names for version 1; another codec says which it is.
            which = "" if codec_name == "mmpc-v1" else f"_{codec_name.removeprefix('mmpc-')}"
            stem = f"{file_stem(task.name, frame)}{which}_q{quality_text(quality)}"
            save_point(task.pictures, stem, image, result.decoded, row)


def measure_point(
    image: Image,
    codec: Codec,
    result: RoundTrip,
    regions: dict[str, np.ndarray],
    full: bool = True,
) -> dict[str, Any]:
    """Return one row, without its key.

    Parameters
    ----------
    image : Image
        The original.
    codec : Codec
        What coded it.
    result : RoundTrip
        What came out.
    regions : dict of str to ndarray of bool
        Regions of interest.
    full : bool
        Also similarity, blocking and regions.
    """
    pixels, decoded = image.pixels, result.decoded
    if decoded.shape != pixels.shape or decoded.dtype != pixels.dtype:
        raise MmpcError(f"{codec.name} decoded {decoded.shape} {decoded.dtype}")
    # A codec that had to clip is measured against what it was given.
    original = image if result.clipped is None else replace(image, pixels=result.clipped)
    row: dict[str, Any] = {
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "dtype": pixels.dtype.name,
        "size_bytes": result.size_bytes,
        "plain_v1_bytes": result.payload_bytes and HEADER_BYTES + result.payload_bytes,
        "rate_bpp": 8 * result.size_bytes / pixels.size,
        "compression_ratio": pixels.nbytes / result.size_bytes,
        "encode_seconds": result.encode_seconds,
        "decode_seconds": result.decode_seconds,
        "clipped_pixels": result.clipped_pixels,
    }
    if not full:
        return row | measure(original, decoded)
    similarity = ssim_map(original.pixels, decoded)
    row |= measure(original, decoded, similarity)
    row["blocking_ratio"] = blocking_ratio(original.pixels, decoded, codec.block_size)
    for name, region in regions.items():
        measured = measure(original, decoded, similarity, region)
        row |= {f"{name}_{key}": value for key, value in measured.items()}
        row[f"{name}_pixels"] = int(region.sum())
    return row


def lost(task: Task) -> Outcome:
    """Return the outcome of a task that killed its worker, or failed there, each time."""
    return Outcome(task.name, [], [_failure(task.name, "its worker process died or failed, twice")])


def _failure(name: str, error: object) -> dict[str, Any]:
    return dict.fromkeys(KEY, "") | {"image": name, "error": str(error)}


@cache
def warm_codec(name: str) -> Codec:
    """Return a codec after its first use, one of each name for a process."""
    codec = find_codec(name)
    codec.warm_up()
    return codec
