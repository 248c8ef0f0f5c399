"""Video codecs on volumes, through the program ffmpeg: a slice is a frame of 12-bit grey.

HEVC by x265 and AV1 by libaom, both with all they have between frames, and with what suits the
eye switched off. Sizes are those of the raw bitstreams.
"""

from dataclasses import dataclass

import numpy as np

from mmpc.evaluation.ffmpeg_peers import _QUIET, _run

INTER_SETTINGS = (
    "keyint=250:bframes=8:ref=5:tskip=1:tu-intra-depth=4:limit-tu=0:psy-rd=0:psy-rdoq=0:aq-mode=0:"
    "pools=none:frame-threads=1:wpp=0:info=0"
)


@dataclass(frozen=True)
class VideoCodec:
    """A video codec at its strongest.

    Attributes
    ----------
    name : str
        In every table.
    sweep : tuple of int
        Settings that span RMSE 2 to 20 on CT.
    """

    name: str
    sweep: tuple[int, ...]

    def compress(self, frames: np.ndarray, quality: int) -> bytes:
        """Return the bitstream of frames, uint16 of 12 bits, shape (frames, height, width)."""
        if self.name == "x265 inter":
            settings = f"qp={quality}:{INTER_SETTINGS}:log-level=error"
            codec = ("-c:v", "libx265", "-preset", "veryslow", "-tune", "psnr")
            options = (*codec, "-x265-params", settings, "-f", "hevc")
        else:
            codec = ("-c:v", "libaom-av1", "-usage", "good", "-cpu-used", "1", "-g", "250")
            quiet = "deltaq-mode=0:aq-mode=0:arnr-strength=0"
            rate = ("-lag-in-frames", "25", "-crf", str(quality), "-b:v", "0")
            options = (*codec, *rate, "-aom-params", quiet, "-f", "obu")
        size = f"{frames.shape[2]}x{frames.shape[1]}"
        source = ("-f", "rawvideo", "-pix_fmt", "gray12le", "-s", size, "-r", "1", "-i", "pipe:0")
        return _run(
            ("ffmpeg", *_QUIET, *source, *options, "pipe:1"), frames.astype("<u2").tobytes()
        )

    def decompress(self, data: bytes, shape: tuple[int, ...]) -> np.ndarray:
        """Return the frames of a bitstream."""
        kind = "hevc" if self.name == "x265 inter" else "obu"
        output = ("-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray12le", "pipe:1")
        raw = _run(("ffmpeg", *_QUIET, "-f", kind, "-i", "pipe:0", *output), data)
        return np.frombuffer(raw, "<u2").reshape(shape)


VIDEO_CODECS = (
    VideoCodec("x265 inter", (4, 12, 19, 27)),
    VideoCodec("AV1 inter", (2, 4, 8, 15)),
)
