"""VVC by its reference encoder VTM: a program that the user supplies, or points measured before.

VTM is no library and no part of a system's packages, and takes minutes a point. Its points on
some slices were measured outside of this project and are kept beside this file; with a program
of one's own they are measured anew, on any slice. Both codecs get the same plane of 12 bits.
"""

import hashlib
import json
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from mmpc.errors import EncoderError, FileError, InvalidParameterError
from mmpc.evaluation.bd_rate import RateCurve, bd_rate, common_range
from mmpc.evaluation.catalogue import find_codec
from mmpc.evaluation.peers import LARGEST_12_BITS
from mmpc.images.image import Image
from mmpc.rate.distortion import Distortion

COLUMNS = ("image", "codec", "points", "bd_rate_percent", "rmse_from", "rmse_to")
QPS = (0, 8, 16)
OURS = ("mmpc-v2-default", "mmpc-v2-best")
_LOWEST_HU = -1024

Point = tuple[int, float]
Row = dict[str, Any]


class Points(Protocol):
    """Where VVC's points on a plane come from."""

    name: str

    def on(self, plane: np.ndarray) -> list[Point]:
        """Return bytes and RMSE at some settings; nothing where they are not known."""


class StoredPoints:
    """Points that were measured before, by the hash of the plane."""

    name = "VTM 23.13, measured elsewhere"

    def __init__(self):
        path = Path(__file__).with_name("vvc_points.json")
        self._slices = json.loads(path.read_text(encoding="utf-8"))["slices"]

    def on(self, plane: np.ndarray) -> list[Point]:
        """Return the points of a plane that is known."""
        digest = hashlib.sha256(plane.astype("<u2").tobytes()).hexdigest()
        return [tuple(point) for point in self._slices.get(digest, {"points": []})["points"]]


class Vtm:
    """The user's program, such as ``EncoderAppStatic`` with ``encoder_intra_vtm.cfg``."""

    name = "VTM, measured now"

    def __init__(self, encoder: Path, config: Path):
        for path in (encoder, config):
            if not path.is_file():
                raise FileError(f"{path}: no such file; --vtm takes VTM's encoder and its .cfg")
        self._encoder, self._config = encoder.resolve(), config.resolve()

    def on(self, plane: np.ndarray) -> list[Point]:
        """Return bytes and RMSE at the QPs 0, 8 and 16."""
        return [self._point(plane, qp) for qp in QPS]

    def _point(self, plane: np.ndarray, qp: int) -> Point:
        with tempfile.TemporaryDirectory() as folder:
            source, stream, decoded = (Path(folder) / name for name in ("in", "bits", "out"))
            source.write_bytes(plane.astype("<u2").tobytes())
            options = {
                "InputFile": source,
                "BitstreamFile": stream,
                "ReconFile": decoded,
                "SourceWidth": plane.shape[1],
                "SourceHeight": plane.shape[0],
                "FramesToBeEncoded": 1,
                "FrameRate": 1,
                "InputBitDepth": 12,
                "InternalBitDepth": 12,
                "OutputBitDepth": 12,
                "InputChromaFormat": 400,
                "ChromaFormatIDC": 400,
                "LMCSEnable": 0,
                "QP": qp,
            }
            command = [str(self._encoder), "-c", str(self._config)]
            command += [f"--{name}={value}" for name, value in options.items()]
            try:
                done = subprocess.run(command, capture_output=True, cwd=folder)
            except OSError as error:
                raise EncoderError(f"{self._encoder}: {error.strerror}") from None
            if done.returncode or not (stream.is_file() and decoded.is_file()):
                lines = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
                raise EncoderError(f"{self._encoder} failed at QP {qp}: {lines[-1]}")
            size_bytes, samples = stream.stat().st_size, np.fromfile(decoded, "<u2")
        if samples.size < plane.size:
            raise EncoderError(f"{self._encoder} decoded {samples.size} of {plane.size} samples")
        samples = samples[: plane.size].reshape(plane.shape)
        return size_bytes, Distortion.between(plane, samples).rmse


def plane_of(image: Image) -> np.ndarray:
    """Return a slice as VVC gets it: uint16, HU + 1024 clipped to 12 bits."""
    return np.clip(image.hounsfield() - _LOWEST_HU, 0, LARGEST_12_BITS).astype(np.uint16)


@dataclass(frozen=True)
class Task:
    """One of our codecs on one CT slice, beside VVC's points from `source`."""

    name: str
    image: Image
    codec: str
    source: StoredPoints | Vtm


def rows_of(task: Task) -> list[Row]:
    """Return the row of one slice and codec, none where there are no points of VVC.

    Parameters
    ----------
    task : Task
        Its codec's sweep goes from small errors to large ones; it ends where VVC's points do.

    Returns
    -------
    list of dict
        Keys `COLUMNS`; the rate is ours over VVC's, below 0 where ours is smaller.
    """
    plane = plane_of(task.image)
    points = task.source.on(plane)
    if not points:
        return []
    theirs = RateCurve.from_points([rmse for _, rmse in points], [size for size, _ in points])
    codec = find_codec(task.codec)
    errors: list[float] = []
    sizes: list[int] = []
    for quality in codec.sweep:
        coded = codec.round_trip(plane, quality)
        errors.append(Distortion.between(plane, coded.decoded).rmse)
        sizes.append(coded.size_bytes)
        if errors[-1] > max(rmse for _, rmse in points):
            break
    ours = RateCurve.from_points(errors, sizes)
    try:
        low, high = common_range(ours, theirs)
        rate = 100 * bd_rate(ours, theirs)
    except InvalidParameterError:
        return []
    values = (task.name, task.codec, task.source.name, rate, low, high)
    return [dict(zip(COLUMNS, values, strict=True))]


def lost(task: Task) -> list[Row]:
    """Say that a process died over a slice, for example for want of memory."""
    raise EncoderError(f"{task.name}: the process that coded it with {task.codec} died twice")


def table(rows: list[Row]) -> list[Row]:
    """Return the rows in order, codec by codec, each codec's mean after its slices."""
    ordered: list[Row] = []
    for codec in OURS:
        own = sorted((row for row in rows if row["codec"] == codec), key=lambda row: row["image"])
        if own:
            mean = sum(row["bd_rate_percent"] for row in own) / len(own)
            summary = ("mean", codec, own[0]["points"], mean, None, None)
            ordered += [*own, dict(zip(COLUMNS, summary, strict=True))]
    return ordered
