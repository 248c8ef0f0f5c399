"""Volumes: with and without the third dimension, and beside video codecs.

    python -m mmpc.evaluation.volumes FOLDER ... --out results

A folder holds one series, its files in order. The error is pooled over all slices; rates are
compared at equal RMSE, between 2 and 20.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mmpc import cli
from mmpc.batch.inputs import find_files
from mmpc.batch.tables import write_table
from mmpc.errors import InvalidParameterError
from mmpc.evaluation.bd_rate import RateCurve, bd_rate
from mmpc.evaluation.peers import LARGEST_12_BITS
from mmpc.evaluation.volume_peers import VIDEO_CODECS, VideoCodec
from mmpc.images.reading import read_image
from mmpc.rate.distortion import Distortion
from mmpc.request import Tools
from mmpc.streams.compress import compress
from mmpc.streams.reading import decompress

STEPS = (8, 16, 32, 64, 110)
RMSE_LIMITS = (2.0, 20.0)
ANCHOR = "slices one by one"
POINT_COLUMNS = (
    *("series", "codec", "setting", "rate_bpp", "rmse", "worst_slice_ratio"),
    *("encode_seconds", "decode_seconds"),
)
VOLUME_COLUMNS = ("codec", "series", "bd_rate_percent", "encode_time_ratio", "decode_time_ratio")


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


def our_codecs(preset: str) -> dict[str, Callable[[np.ndarray, float], list[bytes]]]:
    """Return our ways to code a volume, by name: streams at a step."""

    def slices(volume: np.ndarray, step: float) -> list[bytes]:
        return [compress(one, quality=step, preset=preset) for one in volume]

    def volumes(tools: Tools | None) -> Callable[[np.ndarray, float], list[bytes]]:
        return lambda volume, step: [compress(volume, quality=step, preset=preset, tools=tools)]

    return {
        ANCHOR: slices,
        "volume, learning only": volumes(Tools(other_slices=False)),
        "volume without motion": volumes(Tools(motion=False)),
        "volume": volumes(None),
    }


def measure_ours(volume: np.ndarray, preset: str) -> Iterator[dict[str, Any]]:
    """Yield a point for each of our ways at each step."""
    for name, code in our_codecs(preset).items():
        for step in STEPS:
            start = time.process_time()
            streams = code(volume, step)
            middle = time.process_time()
            decoded = np.stack([decompress(data) for data in streams]).reshape(volume.shape)
            times = middle - start, time.process_time() - middle
            size_bytes = sum(map(len, streams))
            yield point(name, step, size_bytes, volume, decoded) | {
                "encode_seconds": times[0],
                "decode_seconds": times[1],
            }


def measure_video(volume: np.ndarray, codec: VideoCodec) -> Iterator[dict[str, Any]]:
    """Yield a point for each setting of a video codec; of more than 12 bits, none."""
    lowest = min(0, int(volume.min()))
    frames = (volume.astype(np.int32) - lowest).astype(np.uint16)
    if frames.max() > LARGEST_12_BITS:
        return
    for quality in codec.sweep:
        data = codec.compress(frames, quality)
        yield point(codec.name, quality, len(data), frames, codec.decompress(data, frames.shape))


def point(
    codec: str, setting: float, size_bytes: int, volume: np.ndarray, decoded: np.ndarray
) -> dict[str, Any]:
    """Return one row: rate, pooled error, and how much worse the worst slice is."""
    rmse = Distortion.between(volume, decoded).rmse
    slices = zip(volume, decoded, strict=True)
    worst = max(Distortion.between(one, other).rmse for one, other in slices)
    return {
        "codec": codec,
        "setting": setting,
        "rate_bpp": 8 * size_bytes / volume.size,
        "rmse": rmse,
        "worst_slice_ratio": worst / rmse,
    }


def volume_table(points: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return for each codec and series its rate against slices one by one, and its times."""
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in points:
        groups.setdefault((one["codec"], one["series"]), []).append(one)
    curves = {
        key: RateCurve.from_points([r["rmse"] for r in rows], [r["rate_bpp"] for r in rows])
        for key, rows in groups.items()
    }
    table = []
    for (codec, series), rows in groups.items():
        anchor = groups[ANCHOR, series]
        rate = bd_rate(curves[codec, series], curves[ANCHOR, series], RMSE_LIMITS)
        row = {"codec": codec, "series": series, "bd_rate_percent": 100 * rate}
        for way in ("encode", "decode"):
            name = f"{way}_seconds"
            if name in rows[0]:
                ratio = sum(r[name] for r in rows) / sum(r[name] for r in anchor)
                row[f"{way}_time_ratio"] = ratio
        table.append(row)
    return table


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
    parser.add_argument("--no-video", action="store_true", help="leave the video codecs out")

    def measure(arguments: argparse.Namespace) -> None:
        points = []
        for folder in arguments.series:
            volume = read_series(folder, arguments.slices, arguments.crop)
            found = list(measure_ours(volume, arguments.preset))
            for codec in () if arguments.no_video else VIDEO_CODECS:
                found += measure_video(volume, codec)
            points += [{"series": folder.name, **one} for one in found]
        arguments.out.mkdir(parents=True, exist_ok=True)
        table = volume_table(points)
        write_table(arguments.out / "volume_points.csv", points, POINT_COLUMNS)
        write_table(arguments.out / "volumes.csv", table, VOLUME_COLUMNS)
        for row in table:
            print(f"{row['codec']:22} {row['series']:12} {row['bd_rate_percent']:7.2f} %")

    return cli.run(measure, parser.parse_args(argv))


if __name__ == "__main__":
    sys.exit(main())
