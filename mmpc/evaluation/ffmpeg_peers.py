"""HEVC and AV1 intra coding of one slice as 12-bit grey, by x265 and libaom through ffmpeg.

Size: the whole raw bitstream with its parameter sets (some 80 bytes for x265, whose own text
message is switched off; some 20 for AV1). Time: CPU time of the ffmpeg process less that of the
same process without the codec, so that starting a program is not counted: for encoding, ffmpeg
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

EXTRA_DECODES = 9
_QUIET = ("-hide_banner", "-loglevel", "error", "-threads", "1")


class FfmpegPeer(Peer):
    """A codec of the program ffmpeg, which gets the slice as 12-bit grey."""

    twelve_bits = True
    encoder_name: str
    stream_format: str

    def __init__(self):
        if find_spec("resource") is None:
            raise InvalidParameterError(
                f"{self.name}: this system does not tell CPU times of programs"
            )
        if not shutil.which("ffmpeg"):
            raise InvalidParameterError(
                f"{self.name} needs the program ffmpeg; on Debian: apt install it"
            )
        if self.encoder_name.encode() not in _run(("ffmpeg", "-hide_banner", "-encoders")):
            raise InvalidParameterError(
                f"{self.name}: this ffmpeg was built without {self.encoder_name}"
            )

    def settings(self, quality: float) -> tuple[str, ...]:
        """Return ffmpeg's options for the codec at its strongest."""
        raise NotImplementedError

    def versions(self) -> str:
        """Return the versions of ffmpeg and the codec."""
        ffmpeg = _run(("ffmpeg", "-version")).decode().split()[2]
        return f"{self.encoder_version() or f'{self.name} of unknown version'} in ffmpeg {ffmpeg}"

    def encoder_version(self) -> str:
        """Return name and version as the encoder tells them; empty if it does not."""
        raise NotImplementedError

    def encoder(self, shape: tuple[int, int], quality: float) -> tuple[str, ...]:
        """Return the command that makes a stream of a frame."""
        options = ("-c:v", self.encoder_name, *self.settings(quality))
        return ("ffmpeg", *_QUIET, *_raw_input(shape), *options, *self._output())

    def decoder(self) -> tuple[str, ...]:
        """Return the command that makes frames of a stream."""
        raw = ("-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray12le", "pipe:1")
        return ("ffmpeg", *_QUIET, "-f", self.stream_format, "-i", "pipe:0", *raw)

    def code(self, samples: np.ndarray, quality: float, repeats: int) -> Coded:
        """Compress and decompress; the times are those of the codec without its process."""
        frame = samples.astype("<u2").tobytes()
        encoder = self.encoder(samples.shape, quality)
        data, encode_seconds = timed_process(encoder, frame, repeats)
        encode_seconds = max(encode_seconds - _start_seconds(samples.shape), 0.0)
        decoded, one = timed_process(self.decoder(), data, repeats)
        _, more = timed_process(self.decoder(), data * (1 + EXTRA_DECODES), repeats)
        decode_seconds = max(more - one, 0.0) / EXTRA_DECODES
        frame = np.frombuffer(decoded, "<u2").reshape(samples.shape)
        return Coded(data, frame, encode_seconds, decode_seconds)

    def _output(self) -> tuple[str, ...]:
        return ("-f", self.stream_format, "pipe:1")


class Hevc(FfmpegPeer):
    """x265 ``-preset veryslow -tune psnr``, intra only; the setting is the QP (0 is its finest).

    QP 0 at 12 bits is a quantization step of 10, so an RMSE below 2 to 3 cannot be had on
    noisy slices.
    """

    name = "x265"
    encoder_name = "libx265"
    stream_format = "hevc"
    sweep = (0, 3, 6, 9, 12, 16, 20, 25, 30)
    # Without transform skip x265 is 11 to 15 % worse on heads.
    strongest = (
        "keyint=1:tskip=1:tu-intra-depth=4:limit-tu=0:psy-rd=0:psy-rdoq=0:aq-mode=0:ipratio=1:"
        "pools=none:frame-threads=1:wpp=0:info=0"
    )

    def settings(self, quality: float, log: str = "log-level=error") -> tuple[str, ...]:
        """Return ffmpeg's options for x265."""
        parameters = f"qp={quality:g}:{self.strongest}:{log}"
        return ("-preset", "veryslow", "-tune", "psnr", "-x265-params", parameters)

    def encoder_version(self) -> str:
        """Return the version from x265's log."""
        samples = np.zeros((64, 64), "<u2")
        options = ("-c:v", self.encoder_name, *self.settings(20, "log-level=info"))
        command = ("ffmpeg", *_QUIET, *_raw_input(samples.shape), *options, *self._output())
        done = subprocess.run(command, input=samples.tobytes(), capture_output=True)
        found = re.search(r"HEVC encoder version (\S+)", done.stderr.decode())
        return f"x265 {found[1]}" if found else ""


class Av1(FfmpegPeer):
    """libaom, all intra, ``-cpu-used 0``; the setting is the CRF (1 is its finest, 0 lossless).

    The slowest of all peers, up to half a minute a point, hence few points.
    """

    name = "libaom"
    encoder_name = "libaom-av1"
    stream_format = "obu"
    sweep = (1, 2, 4, 7, 12)

    def settings(self, quality: float) -> tuple[str, ...]:
        """Return ffmpeg's options for libaom; no quantizer that varies within the picture."""
        effort = ("-usage", "allintra", "-cpu-used", "0", "-crf", f"{quality:g}", "-b:v", "0")
        return (*effort, "-aom-params", "deltaq-mode=0:aq-mode=0")

    def encoder_version(self) -> str:
        """Return the version that libaom tells in ffmpeg's log."""
        samples = np.zeros((64, 64), "<u2")
        options = ("-c:v", self.encoder_name, *self.settings(20), *self._output())
        command = ("ffmpeg", "-hide_banner", *_raw_input(samples.shape), *options)
        done = subprocess.run(command, input=samples.tobytes(), capture_output=True)
        found = re.search(rf"\[{self.encoder_name}[^]]*\] v?(\d[\w.-]*)", done.stderr.decode())
        return f"libaom {found[1]}" if found else ""


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


def _run(command: tuple[str, ...], data: bytes = b"") -> bytes:
    done = subprocess.run(command, input=data, capture_output=True)
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
        raise EncoderError(f"ffmpeg failed: {reason[-1]}")
    return done.stdout
