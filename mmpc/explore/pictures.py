"""Pictures for widgets: arrays become colours, panels stand side by side, and all becomes a PNG.

Colours are uint8 arrays of shape (height, width, 3). Nothing here needs matplotlib, which is too
slow for what follows a moving hand.
"""

import struct
import zlib
from collections.abc import Sequence

import numpy as np

from mmpc.images.windows import Window

GAP_PIXELS = 8
ORANGE = (255, 127, 14)
# From nothing over yellow and red to black: told apart in grey, too.
_HEAT = np.array([(255, 255, 255), (255, 226, 120), (250, 120, 40), (160, 20, 40), (30, 0, 20)])


def grey(image_hu: np.ndarray, window: Window) -> np.ndarray:
    """Return an image in a window as shades of grey."""
    return np.repeat(window.apply(image_hu)[..., np.newaxis], 3, axis=2)


def colour_errors(error_hu: np.ndarray, limit_hu: float) -> np.ndarray:
    """Map errors to white (none), red (too bright) and blue (too dark); uint8, (..., 3)."""
    strength = np.clip(error_hu / np.float32(limit_hu), -1, 1)
    fade = np.rint(255 * (1 - np.abs(strength))).astype(np.uint8)
    too_bright = strength > 0
    colours = np.empty((*error_hu.shape, 3), np.uint8)
    colours[..., 0] = np.where(too_bright, 255, fade)
    colours[..., 1] = fade
    colours[..., 2] = np.where(too_bright, fade, 255)
    return colours


def round_limit(errors: np.ndarray) -> int:
    """Return a round number that no magnitude exceeds, for `colour_errors`."""
    largest = max(int(np.abs(errors).max()), 1)
    powers = (10**exponent for exponent in range(1, 6))
    return next(n * power for power in powers for n in (1, 2, 5) if n * power >= largest)


def heat(values: np.ndarray, largest: float) -> np.ndarray:
    """Map amounts from 0 (white) to ``largest`` and beyond (black)."""
    place = np.clip(values / largest, 0, 1) * (len(_HEAT) - 1)
    stops = np.arange(len(_HEAT))
    return np.stack([np.interp(place, stops, one) for one in _HEAT.T], axis=-1).astype(np.uint8)


def enlarge(panel: np.ndarray, zoom: int) -> np.ndarray:
    """Return a panel with squares of ``zoom`` x ``zoom`` in place of pixels."""
    return panel.repeat(zoom, axis=0).repeat(zoom, axis=1)


def framed(panel: np.ndarray, x: int, y: int, width: int, height: int) -> np.ndarray:
    """Return a copy with an orange frame of 2 pixels just around a rectangle."""
    drawn = panel.copy()
    top, left = max(y - 2, 0), max(x - 2, 0)
    bottom, right = y + height + 2, x + width + 2
    drawn[top:y, left:right] = drawn[y + height : bottom, left:right] = ORANGE
    drawn[top:bottom, left:x] = drawn[top:bottom, x + width : right] = ORANGE
    return drawn


def side_by_side(panels: Sequence[np.ndarray]) -> np.ndarray:
    """Return panels of one height in a row, with white gaps."""
    gap = np.full((panels[0].shape[0], GAP_PIXELS, 3), 255, np.uint8)
    row = [part for panel in panels for part in (gap, panel)]
    return np.concatenate(row[1:], axis=1)


def one_below_the_other(rows: Sequence[np.ndarray]) -> np.ndarray:
    """Return rows of one width in a column, with white gaps."""
    gap = np.full((GAP_PIXELS, rows[0].shape[1], 3), 255, np.uint8)
    column = [part for row in rows for part in (gap, row)]
    return np.concatenate(column[1:])


def to_png(picture: np.ndarray) -> bytes:
    """Return colours as a PNG file.

    Without the filters that PNG offers: to choose one for each row, as Pillow does, takes longer
    than all else, and flat colours are smaller without. At level 1 zlib takes a fifth of the time
    for a fifth of bytes more. The hand on the slider feels both.
    """
    height, width, _ = picture.shape
    rows = np.zeros((height, 1 + 3 * width), np.uint8)  # each begins with its filter, 0: none
    rows[:, 1:] = picture.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)  # 8 bits of three colours
    parts = {b"IHDR": header, b"IDAT": zlib.compress(rows, 1), b"IEND": b""}
    chunks = (
        struct.pack(">I", len(content)) + name + content + zlib.crc32(name + content).to_bytes(4)
        for name, content in parts.items()
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)
