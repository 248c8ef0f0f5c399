"""What each tool of version 2 is worth: the codec with one of them switched off.

The tools are flags in the stream, so these are legal streams that any decoder reads. The
change is the BD-rate against the codec with all tools, at the preset ``fast``, or ``default``
where ``fast`` makes no use of the tool.
"""

from collections.abc import Iterable
from typing import Any

import numpy as np

from mmpc.evaluation.comparison import Comparison, geometric_mean
from mmpc.evaluation.our_codecs import (
    name_without,
    our_codec_name,
    preset_of_tool,
    tool_names,
)

STEPS = (6.0, 12.0, 24.0, 48.0, 96.0)
TOOL_COLUMNS = (
    *("tool", "bd_rate_percent", "least_percent", "most_percent", "images"),
    *("encode_time_ratio", "decode_time_ratio"),
)


def tool_points() -> tuple[tuple[str, float], ...]:
    """Return the operating points: all tools, and without each of them."""
    whole = dict.fromkeys(map(_codec_with, tool_names()))
    codecs = [*whole, *map(name_without, tool_names())]
    return tuple((codec, step) for codec in codecs for step in STEPS)


def _codec_with(tool: str) -> str:
    """Return the name of the codec with all tools that a tool is measured against."""
    return our_codec_name(2, preset_of_tool(tool))


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
        codec, whole = name_without(tool), _codec_with(tool)
        rates = [100 * rate for rate in measured.bd_rates(codec, whole).values()]
        table.append(
            {
                "tool": tool.replace("_", " "),
                "bd_rate_percent": float(np.mean(rates)),
                "least_percent": min(rates),
                "most_percent": max(rates),
                "images": len(rates),
                "encode_time_ratio": geometric_mean(measured.time_ratios("encode", codec, whole)),
                "decode_time_ratio": geometric_mean(measured.time_ratios("decode", codec, whole)),
            }
        )
    return table
