"""Volumes: with and without the third dimension, and beside video codecs.

    python -m mmpc.evaluation.volumes FOLDER ... --out results

A folder holds one series, its files in order. The error is pooled over all slices; rates are
compared at equal RMSE, between 2 and 20. Points that are in the table already are kept, those of
the video codecs as long as the slices are the same, ours as long as our code is, too.
"""

if __name__ == "__main__":  # before numpy is loaded
    from mmpc.batch.scheduler import use_one_thread

    use_one_thread()

import argparse
import sys
import time
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from mmpc import cli
from mmpc.batch.inputs import find_files
from mmpc.batch.provenance import codec_fingerprint
from mmpc.batch.scheduler import Workers
from mmpc.batch.tables import GrowingTable, read_table, write_table
from mmpc.coding_tools import usual_tools
from mmpc.errors import EncoderError, InvalidParameterError
from mmpc.evaluation.bd_rate import RateCurve, bd_rate
from mmpc.evaluation.peers import LARGEST_12_BITS
from mmpc.evaluation.volume_peers import VIDEO_CODECS, VideoCodec
from mmpc.images.reading import read_image
from mmpc.rate.distortion import Distortion
from mmpc.streams.compress import compress
from mmpc.streams.reading import decompress

STEPS = (8, 16, 32, 64, 110)
RMSE_LIMITS = (2.0, 20.0)
LEAST_POINTS = 3  # of a curve within these limits; through fewer, none can be drawn
ANCHOR = "slices one by one"
POINT_COLUMNS = (
    *("series", "codec", "setting", "code", "rate_bpp", "rmse", "worst_slice_ratio"),
    *("encode_seconds", "decode_seconds"),
)
VOLUME_COLUMNS = ("codec", "series", "bd_rate_percent", "encode_time_ratio", "decode_time_ratio")


@lru_cache(maxsize=1)
def read_series(folder: Path, most: int, crop: int | None = None) -> np.ndarray:
    """Return the first slices of a folder of images as a volume, or their middle squares."""
    files = list(find_files([folder], skip=None).values())[:most]
    slices = [read_image(path).pixels for path in files]
    if len({one.shape for one in slices}) != 1:
        raise InvalidParameterError(f"{folder}: its images are of several sizes, or there are none")
    volume = np.stack(slices)
    if crop is None:
        return volume
    top, left = (max(0, (side - crop) // 2) for side in volume.shape[1:])
    return np.ascontiguousarray(volume[:, top : top + crop, left : left + crop])


@dataclass(frozen=True)
class Task:
    """A point to be measured: a codec at a setting on the slices of a folder.

    Attributes
    ----------
    code : str
        A fingerprint of what the point depends on: the slices, and our code.
    """

    folder: Path
    most: int
    crop: int | None
    codec: str
    setting: float
    preset: str
    code: str

    @property
    def key(self) -> tuple[str, ...]:
        """What a row is found again by."""
        return self.folder.name, self.codec, str(self.setting), self.code


def tasks_of(
    folder: Path,
    most: int,
    crop: int | None,
    preset: str,
    with_video: bool,
    with_ablations: bool = False,
) -> list[Task]:
    """Return what is to be measured on a series, its video codecs only where it has 12 bits."""
    volume = read_series(folder, most, crop)
    slices = f"{zlib.crc32(volume.tobytes()):08x}"
    ours = f"{slices} {preset} {codec_fingerprint()}"
    names = [*OUR_CODECS, *(ABLATIONS if with_ablations else ())]
    points = [(name, step, ours) for name in names for step in STEPS]
    if with_video and _frames(volume).max() <= LARGEST_12_BITS:
        points += [(one.name, qp, slices) for one in VIDEO_CODECS for qp in one.sweep]
    return [Task(folder, most, crop, name, s, preset, code) for name, s, code in points]


def measure(task: Task) -> dict[str, Any]:
    """Return the row of a point, keys `POINT_COLUMNS`; the times are CPU seconds."""
    volume = read_series(task.folder, task.most, task.crop)
    compress_volume = (OUR_CODECS | ABLATIONS).get(task.codec)
    if compress_volume is not None:
        start = time.process_time()
        streams = compress_volume(volume, task.setting, task.preset)
        middle = time.process_time()
        decoded = np.stack([decompress(data) for data in streams]).reshape(volume.shape)
        times = middle - start, time.process_time() - middle
        found = point(sum(map(len, streams)), volume, decoded)
        found |= dict(zip(("encode_seconds", "decode_seconds"), times, strict=True))
    else:
        found = measure_video(volume, VIDEO_CODEC[task.codec], task.setting)
    named = dict(zip(POINT_COLUMNS, task.key, strict=False))
    return dict.fromkeys(POINT_COLUMNS) | named | found


def lost(task: Task) -> dict[str, Any]:
    """Say that a process died over a point, for example for want of memory."""
    raise EncoderError(f"{task.folder}: the process that measured {task.codec} died twice")


def _one_by_one(volume: np.ndarray, step: float, preset: str) -> list[bytes]:
    return [compress(one, quality=step, preset=preset) for one in volume]


def _together(**without: bool) -> Callable[[np.ndarray, float, str], list[bytes]]:
    def compress_together(volume: np.ndarray, step: float, preset: str) -> list[bytes]:
        tools = replace(usual_tools(step, preset), **without) if without else None
        return [compress(volume, quality=step, preset=preset, tools=tools)]

    return compress_together


# Our ways to code a volume at a step and with a preset.
OUR_CODECS = {ANCHOR: _one_by_one, "volume": _together()}
ABLATIONS = {
    "volume without motion": _together(motion=False),
    "volume, learning only": _together(other_slices=False),
}
VIDEO_CODEC = {codec.name: codec for codec in VIDEO_CODECS}


def _frames(volume: np.ndarray) -> np.ndarray:
    """Return a volume as a video codec gets it: from 0 on, uint16."""
    return (volume.astype(np.int32) - min(0, int(volume.min()))).astype(np.uint16)


def measure_video(volume: np.ndarray, codec: VideoCodec, quality: float) -> dict[str, Any]:
    """Return what a video codec makes of a volume of at most 12 bits."""
    frames = _frames(volume)
    data = codec.compress(frames, int(quality))
    return point(len(data), frames, codec.decompress(data, frames.shape))


def point(size_bytes: int, volume: np.ndarray, decoded: np.ndarray) -> dict[str, Any]:
    """Return of a row: rate, pooled error, and how much worse the worst slice is."""
    rmse = Distortion.between(volume, decoded).rmse
    slices = zip(volume, decoded, strict=True)
    worst = max(Distortion.between(one, other).rmse for one, other in slices)
    return {
        "rate_bpp": 8 * size_bytes / volume.size,
        "rmse": rmse,
        "worst_slice_ratio": worst / rmse,
    }


def volume_table(points: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return for each codec and series its rate against slices one by one, and its times.

    No rate where fewer than `LEAST_POINTS` of the codec's points lie within `RMSE_LIMITS`.
    """
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in points:
        groups.setdefault((one["codec"], one["series"]), []).append(one)
    curves = {
        key: RateCurve.from_points(*(_numbers(rows, name) for name in ("rmse", "rate_bpp")))
        for key, rows in groups.items()
    }
    table = []
    for (codec, series), rows in groups.items():
        anchor = groups[ANCHOR, series]
        inside = sum(RMSE_LIMITS[0] <= rmse <= RMSE_LIMITS[1] for rmse in _numbers(rows, "rmse"))
        row: dict[str, Any] = {"codec": codec, "series": series}
        if inside >= LEAST_POINTS:
            rate = bd_rate(curves[codec, series], curves[ANCHOR, series], RMSE_LIMITS)
            row["bd_rate_percent"] = 100 * rate
        for way in ("encode", "decode"):
            name = f"{way}_seconds"
            if rows[0][name]:
                ratio = sum(_numbers(rows, name)) / sum(_numbers(anchor, name))
                row[f"{way}_time_ratio"] = ratio
        table.append(row)
    return table


def _numbers(rows: Sequence[dict[str, Any]], name: str) -> list[float]:
    return [float(row[name]) for row in rows]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure series and write their tables; returns the exit code."""
    parser = argparse.ArgumentParser(description="Measure volumes beside video codecs.")
    parser.add_argument("series", type=Path, nargs="+", help="folders, one series each")
    parser.add_argument("--out", type=Path, default=Path("results"))
    parser.add_argument("--slices", type=cli.positive_integer, default=16, help="of each series")
    parser.add_argument(
        "--crop", type=cli.positive_integer, metavar="N", help="only the middle N x N samples"
    )
    parser.add_argument("--preset", default="default")
    parser.add_argument("--ablations", action="store_true", help="also what each part is worth")
    parser.add_argument("--no-video", action="store_true", help="leave the video codecs out")
    parser.add_argument("--jobs", type=cli.positive_integer, default=1, help="processes (1)")

    def run(arguments: argparse.Namespace) -> None:
        tasks = [
            task
            for folder in arguments.series
            for task in tasks_of(
                folder,
                arguments.slices,
                arguments.crop,
                arguments.preset,
                not arguments.no_video,
                arguments.ablations,
            )
        ]
        arguments.out.mkdir(parents=True, exist_ok=True)
        points = _measured(tasks, arguments.out / "volume_points.csv", arguments.jobs)
        table = volume_table(points)
        write_table(arguments.out / "volumes.csv", table, VOLUME_COLUMNS)
        for row in table:
            rate = row.get("bd_rate_percent")
            said = "too few points" if rate is None else f"{rate:7.2f} %"
            print(f"{row['codec']:22} {row['series']:12} {said}")

    return cli.run(run, parser.parse_args(argv))


def _measured(tasks: Sequence[Task], path: Path, jobs: int) -> list[dict[str, Any]]:
    """Return the rows of tasks, those that are not in the table measured; nothing else stays."""
    known = {
        tuple(row[name] for name in POINT_COLUMNS[:4]): row
        for row in GrowingTable(path, POINT_COLUMNS)
    }
    write_table(path, [known[task.key] for task in tasks if task.key in known], POINT_COLUMNS)
    table = GrowingTable(path, POINT_COLUMNS)
    missing = [task for task in tasks if task.key not in known]
    outcomes = Workers(jobs).run(measure, missing, lost)
    for row in cli.progress(outcomes, "volumes", total=len(missing)):
        table.append([row])
    rows = {tuple(row[name] for name in POINT_COLUMNS[:4]): row for row in read_table(path)}
    return [rows[task.key] for task in tasks]


if __name__ == "__main__":
    sys.exit(main())
