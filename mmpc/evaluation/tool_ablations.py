"""What each tool of version 2 is worth: the codec with one of them switched off.

The tools are flags in the stream, so these are legal streams that any decoder reads. The
change is the BD-rate against the codec with all tools, at the preset ``fast``.
"""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

import numpy as np

from mmpc.evaluation.codecs import MmpcCodec
from mmpc.evaluation.comparison import Comparison, geometric_mean
from mmpc.request import Tools
from mmpc.streams.compress import compress

ALL_TOOLS = "mmpc-v2-fast"
_PREFIX = "mmpc-v2-without-"
STEPS = (6.0, 12.0, 24.0, 48.0, 96.0)
TOOL_COLUMNS = (
    *("tool", "bd_rate_percent", "least_percent", "most_percent", "images"),
    *("encode_time_ratio", "decode_time_ratio"),
)


def tool_names() -> list[str]:
    """Return the names of the tools, in the order of their flags."""
    return [field.name for field in fields(Tools)]


class CodecWithoutTool(MmpcCodec):
    """Version 2 with one tool off; the name ends with the tool's."""

    def __init__(self, name: str):
        super().__init__(2, "fast")
        self.name = name
        self._tools = Tools(**{name.removeprefix(_PREFIX): False})

    def compress(self, pixels: np.ndarray, quality: float) -> bytes:
        """Return the stream."""
        return compress(pixels, quality=quality, preset="fast", tools=self._tools)


def codec_without_tool(name: str) -> CodecWithoutTool | None:
    """Return the codec of a name such as ``mmpc-v2-without-intra``, or None."""
    known = name.startswith(_PREFIX) and name.removeprefix(_PREFIX) in tool_names()
    return CodecWithoutTool(name) if known else None


def tool_points() -> tuple[tuple[str, float], ...]:
    """Return the operating points: all tools, and without each of them."""
    codecs = [ALL_TOOLS, *(_PREFIX + tool for tool in tool_names())]
    return tuple((codec, step) for codec in codecs for step in STEPS)


def tool_table(rows: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """Return one row for each tool: how much larger files are without it, and the times.

    Parameters
    ----------
    rows : iterable of dict of str
        Rows of ``tool_points.csv``, as text.

    Returns
    -------
    list of dict
        Keys `TOOL_COLUMNS`; rates are means over images, times geometric means.
    """
    measured = Comparison(rows)
    table = []
    for tool in tool_names():
        codec = _PREFIX + tool
        rates = [100 * rate for rate in measured.bd_rates(codec, ALL_TOOLS).values()]
        table.append(
            {
                "tool": tool.replace("_", " "),
                "bd_rate_percent": float(np.mean(rates)),
                "least_percent": min(rates),
                "most_percent": max(rates),
                "images": len(rates),
                "encode_time_ratio": geometric_mean(
                    measured.time_ratios("encode", codec, ALL_TOOLS)
                ),
                "decode_time_ratio": geometric_mean(
                    measured.time_ratios("decode", codec, ALL_TOOLS)
                ),
            }
        )
    return table
