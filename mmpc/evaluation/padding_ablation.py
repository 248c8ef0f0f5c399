"""What exact padding is worth: bytes with it and without, on the images that have some.

Both codings have the same step, or the same promised error, and about the same error outside
padding, so sizes compare directly.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np

from mmpc.evaluation.our_codecs import (
    BOUNDED,
    BOUNDED_WITHOUT_PADDING,
    name_without,
    our_codec_name,
    preset_of_tool,
)

QUALITIES = (10.0, 30.0, 60.0)
BOUNDS = (0.0, 2.0)
# With padding, without it, at which settings, and what these are.
_PAIRS = (
    (our_codec_name(2, preset_of_tool("padding")), name_without("padding"), QUALITIES, "quality"),
    (BOUNDED, BOUNDED_WITHOUT_PADDING, BOUNDS, "largest error"),
)
PADDING_COLUMNS = (
    *("setting", "images", "with_padding", "change_percent", "best_percent", "worst_percent"),
    "worst_of_all_percent",
)


def padding_points() -> tuple[tuple[str, float], ...]:
    """Return the operating points: both ways of coding, with padding and without."""
    return tuple(
        (codec, setting) for *pair, settings, _ in _PAIRS for codec in pair for setting in settings
    )


def padding_table(rows: Iterable[dict[str, str]]) -> list[dict[str, Any]]:
    """Return one row for each setting: how many bytes padding saves.

    Parameters
    ----------
    rows : iterable of dict of str
        Rows of ``padding_points.csv``, as text.

    Returns
    -------
    list of dict
        Keys `PADDING_COLUMNS`. ``with_padding`` is on how many of the images it was used; mean,
        best and worst change are those of these; ``worst_of_all_percent`` is of all images.
    """
    sizes: dict[tuple[str, float], dict[tuple[str, str], int]] = defaultdict(dict)
    for row in rows:
        image = row["image"], row["frame"]
        sizes[row["codec"], float(row["quality"])][image] = int(row["size_bytes"])
    table = []
    for codec, without, settings, what in _PAIRS:
        for setting in settings:
            before, after = sizes[without, setting], sizes[codec, setting]
            images = sorted(before.keys() & after.keys())
            if not images:
                continue
            changes = np.array([100 * (after[one] / before[one] - 1) for one in images])
            used = changes[changes != 0]
            table.append(
                {
                    "setting": f"{what} {setting:g}",
                    "images": len(images),
                    "with_padding": used.size,
                    "change_percent": float(used.mean()) if used.size else None,
                    "best_percent": float(used.min()) if used.size else None,
                    "worst_percent": float(used.max()) if used.size else None,
                    "worst_of_all_percent": float(changes.max()),
                }
            )
    return table
