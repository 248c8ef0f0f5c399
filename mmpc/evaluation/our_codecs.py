"""Our own bitstreams as codecs to be measured: by version, preset, promise, and without a tool.

What a codec is called says what it does: ``mmpc-v1``, ``mmpc-v2-fast``, ``mmpc-v2-bounded``,
``mmpc-v2-without-intra``.
"""

import importlib
import importlib.util
from dataclasses import fields, replace

import numpy as np

from mmpc.coding_tools import VOLUME_TOOLS, Tools, usual_tools
from mmpc.errors import InvalidParameterError
from mmpc.evaluation.codec import Codec, RoundTrip
from mmpc.streams.compress import compress
from mmpc.streams.info import read_header
from mmpc.streams.reading import decompress

# Quantization steps of our bitstreams that span RMSE 1 to 20.
_STEPS = {
    1: (4, 6, 10, 15, 20, 30, 45, 60, 100, 160, 250),
    2: (4, 6, 9, 13, 20, 30, 45, 70, 110, 180, 300),
}
BOUNDED = "mmpc-v2-bounded"
BOUNDED_WITHOUT_PADDING = f"{BOUNDED}-without-padding"
_WITHOUT = "mmpc-v2-without-"


class MmpcCodec(Codec):
    """Our own bitstream, without metadata."""

    def __init__(self, bitstream: int, preset: str | None = None):
        self.bitstream, self.preset = bitstream, preset
        self.name = f"mmpc-v{bitstream}" + (f"-{preset}" if preset else "")
        self.sweep = _STEPS.get(bitstream, _STEPS[2])
        importlib.import_module(f"mmpc.v{bitstream}.codec")

    def compress(self, pixels: np.ndarray, quality: float) -> bytes:
        """Return the stream; `quality` is the quantization step."""
        preset = self.preset or "default"
        return compress(pixels, bitstream=self.bitstream, quality=quality, preset=preset)

    def decompress(self, data: bytes) -> np.ndarray:
        """Return the image of a stream."""
        return decompress(data)

    def versions(self) -> str:
        """Return the version of this package."""
        import mmpc

        return f"mmpc {mmpc.__version__}, bitstream {self.bitstream}"

    def round_trip(self, pixels: np.ndarray, quality: float, repeats: int = 1) -> RoundTrip:
        """As the base, with the length of the payload."""
        coded = self.code(pixels, quality, repeats)
        payload_bytes = read_header(coded.data).payload_bytes if self.bitstream == 1 else None
        return RoundTrip(
            len(coded.data),
            coded.decoded,
            coded.encode_seconds,
            coded.decode_seconds,
            payload_bytes,
        )


class BoundedCodec(MmpcCodec):
    """Bitstream 2 with a promised largest error: the setting is that error, 0 is lossless."""

    def __init__(self, name: str = BOUNDED):
        super().__init__(2)
        self.name = name
        self._tools = Tools(padding=False) if name == BOUNDED_WITHOUT_PADDING else None
        self.sweep = (0, 1, 2, 3, 5, 9, 16)

    def compress(self, pixels: np.ndarray, quality: float) -> bytes:
        """Return the stream."""
        return compress(pixels, max_error=quality, tools=self._tools)


class CodecWithoutTool(MmpcCodec):
    """Version 2 with one tool off: a flag in the stream, which any decoder reads."""

    def __init__(self, tool: str):
        super().__init__(2, preset_of_tool(tool))
        self.name = name_without(tool)
        self._without = {tool: False}

    def compress(self, pixels: np.ndarray, quality: float) -> bytes:
        """Return the stream."""
        tools = replace(usual_tools(quality), **self._without)
        return compress(pixels, quality=quality, preset=self.preset, tools=tools)


def our_codec_name(bitstream: int, preset: str | None = None) -> str:
    """Return the name of one of our codecs; version 2 has the preset ``default`` of itself."""
    return f"mmpc-v{bitstream}" + (f"-{preset or 'default'}" if bitstream > 1 else "")


def has_bitstream(bitstream: int) -> bool:
    """Tell whether this package can write that version."""
    package = f"mmpc.v{bitstream}"
    return bool(importlib.util.find_spec(package) and importlib.util.find_spec(f"{package}.codec"))


def tool_names() -> list[str]:
    """Return the names of version 2's tools, in the order of their flags."""
    return [field.name for field in fields(Tools) if field.name not in VOLUME_TOOLS]


def preset_of_tool(tool: str) -> str:
    """Return the preset at which a tool is measured: the fastest that has it."""
    return "default" if tool == "rectangles" else "fast"


def name_without(tool: str) -> str:
    """Return the name of version 2 with a tool off."""
    return _WITHOUT + tool


def find_our_codec(name: str) -> Codec:
    """Return the codec of a name.

    Raises
    ------
    InvalidParameterError
        If there is none.
    """
    version, _, preset = name.removeprefix("mmpc-v").partition("-")
    if not name.startswith("mmpc-v"):
        raise InvalidParameterError(f"there is no codec {name!r}")
    if not version.isdigit() or not has_bitstream(int(version)):
        raise InvalidParameterError(f"{name}: this version of mmpc has no such bitstream")
    if name in (BOUNDED, BOUNDED_WITHOUT_PADDING):
        return BoundedCodec(name)
    if name in map(name_without, tool_names()):
        return CodecWithoutTool(name.removeprefix(_WITHOUT))
    return MmpcCodec(int(version), preset or None)
