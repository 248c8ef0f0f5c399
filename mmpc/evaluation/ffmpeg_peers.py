"""HEVC intra coding of one slice as 12-bit grey, by x265 through the program ffmpeg.

Size: the whole raw bitstream with its parameter sets (some 80 bytes); x265's own text
message (SEI) is switched off. Time: CPU time of the ffmpeg process less that of the same
process without the codec, so that starting a program is not counted: for encoding, ffmpeg
copying the frame; for decoding, the difference between ten frames and one.
"""

import re
import shutil
import subprocess
from functools import cache
from importlib.util import find_spec

import numpy as np

from mmpc.errors import EncoderError, InvalidParameterError
from mmpc.evaluation.codec import Coded, timed
from mmpc.evaluation.peers import Peer

# Each peer at its strongest: without transform skip x265 is 11 to 15 % worse on heads.
STRONGEST = (
    "keyint=1:tskip=1:tu-intra-depth=4:limit-tu=0:psy-rd=0:psy-rdoq=0:aq-mode=0:ipratio=1:"
    "pools=none:frame-threads=1:wpp=0:info=0"
)
EXTRA_DECODES = 9
_QUIET = ("-hide_banner", "-loglevel", "error", "-threads", "1")
_DECODER = (
    *("ffmpeg", *_QUIET, "-f", "hevc", "-i", "pipe:0"),
    *("-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray12le", "pipe:1"),
)


class Hevc(Peer):
    """x265 ``-preset veryslow -tune psnr``, intra only; the setting is the QP (0 is its finest).

    QP 0 at 12 bits is a quantization step of 10, so an RMSE below 2 to 3 cannot be had on
    noisy slices.
    """

    name = "x265"
    twelve_bits = True
    sweep = (0, 3, 6, 9, 12, 16, 20, 25, 30)

    def __init__(self):
        if find_spec("resource") is None:
            raise InvalidParameterError("x265: this system does not tell CPU times of programs")
        if not shutil.which("ffmpeg"):
            raise InvalidParameterError("x265 needs the program ffmpeg; on Debian: apt install it")
        if b"libx265" not in _run(("ffmpeg", "-hide_banner", "-encoders")):
            raise InvalidParameterError("x265: this ffmpeg was built without libx265")

    def versions(self) -> str:
        """Return the versions of ffmpeg and x265."""
        ffmpeg = _run(("ffmpeg", "-version")).decode().split()[2]
        samples = np.zeros((64, 64), "<u2")
        command = _encoder(samples, 20, "log-level=info")
        done = subprocess.run(command, input=samples.tobytes(), capture_output=True)
        x265 = re.search(r"HEVC encoder version (\S+)", done.stderr.decode())
        return f"x265 {x265[1] if x265 else 'of unknown version'} in ffmpeg {ffmpeg}"

    def code(self, samples: np.ndarray, quality: float, repeats: int) -> Coded:
        """Compress and decompress; the times are those of the codec without its process."""
        frame = samples.astype("<u2").tobytes()
        data, encode_seconds = timed_process(_encoder(samples, quality), frame, repeats)
        encode_seconds = max(encode_seconds - _start_seconds(samples.shape), 0.0)
        decoded, one = timed_process(_DECODER, data, repeats)
        _, more = timed_process(_DECODER, data * (1 + EXTRA_DECODES), repeats)
        decode_seconds = max(more - one, 0.0) / EXTRA_DECODES
        frame = np.frombuffer(decoded, "<u2").reshape(samples.shape)
        return Coded(data, frame, encode_seconds, decode_seconds)


def timed_process(command: tuple[str, ...], data: bytes, repeats: int) -> tuple[bytes, float]:
    """Return what a command makes of its standard input, and the least CPU time it took."""
    return timed(lambda: _run(command, data), repeats, _children_seconds)


def _children_seconds() -> float:
    import resource  # not on Windows

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@cache
def _start_seconds(shape: tuple[int, int]) -> float:
    """Return the CPU time of ffmpeg copying a frame of this shape, without any codec."""
    samples = np.zeros(shape, "<u2")
    command = ("ffmpeg", *_QUIET, *_raw_input(shape), "-c", "copy", "-f", "rawvideo", "pipe:1")
    return timed_process(command, samples.tobytes(), repeats=5)[1]


def _raw_input(shape: tuple[int, int]) -> tuple[str, ...]:
    size = f"{shape[1]}x{shape[0]}"
    return ("-f", "rawvideo", "-pix_fmt", "gray12le", "-s", size, "-r", "1", "-i", "pipe:0")


def _encoder(samples: np.ndarray, quality: float, log: str = "log-level=error") -> tuple[str, ...]:
    settings = f"qp={quality:g}:{STRONGEST}:{log}"
    preset = ("-c:v", "libx265", "-preset", "veryslow", "-tune", "psnr", "-x265-params", settings)
    return ("ffmpeg", *_QUIET, *_raw_input(samples.shape), *preset, "-f", "hevc", "pipe:1")


def _run(command: tuple[str, ...], data: bytes = b"") -> bytes:
    done = subprocess.run(command, input=data, capture_output=True)
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise EncoderError(f"ffmpeg failed: {reason[-1]}")
    return done.stdout
