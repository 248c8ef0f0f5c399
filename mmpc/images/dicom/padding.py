"""Pixel padding: which stored values are no measurement, before and after lossy coding."""

import numpy as np

from mmpc.images.dicom.elements import integer


def padding_gap(dataset, pixels: np.ndarray) -> dict | None:
    """Return the padding value and the stored value nearest to it that is a measurement.

    After lossy coding, padding is a range and no longer one value; the middle of the gap
    is where it ends. Without ``"nearest"`` where all is padding. None without padding, or where it
    is not apart from the rest.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Of the original.
    pixels : ndarray
        Its stored values.
    """
    value = integer(dataset, "PixelPaddingValue")
    if value is None:
        return None
    limit = integer(dataset, "PixelPaddingRangeLimit", value)
    low, high = min(value, limit), max(value, limit)
    measured = pixels[(pixels < low) | (pixels > high)]
    if not measured.size:
        return {"value": low}
    smallest, largest = int(measured.min()), int(measured.max())
    if high < smallest:
        return {"value": low, "nearest": smallest}
    if low > largest:
        return {"value": high, "nearest": largest}
    return None


def set_padding_range(dataset, pixels: np.ndarray, gap: dict | None) -> None:
    """Say which decoded values are padding: the one value where it is exact, else a range.

    The range goes up to the middle of the original's gap, or covers all values where all were
    padding, and stays within what the type of the decoded values can hold.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Changed in place; without a gap, it says nothing of padding afterwards.
    pixels : ndarray
        The decoded values.
    gap : dict or None
        :func:`padding_gap` of the original.
    """
    for keyword in ("PixelPaddingValue", "PixelPaddingRangeLimit"):
        dataset.pop(keyword, None)
    if not gap:
        return
    value, nearest, held = gap["value"], gap.get("nearest"), np.iinfo(pixels.dtype)
    if nearest is None or value < nearest:
        outermost = max(min(value, int(pixels.min())), held.min)
        limit = int(pixels.max()) if nearest is None else (value + nearest - 1) // 2
        is_exact = not ((pixels <= limit) & (pixels != value)).any()
    else:
        outermost = min(max(value, int(pixels.max())), held.max)
        limit = -((-value - nearest - 1) // 2)
        is_exact = not ((pixels >= limit) & (pixels != value)).any()
    if not held.min <= limit <= held.max:
        return  # pixels of this type cannot be padding
    dataset.PixelPaddingValue = outermost
    if not is_exact:
        dataset.PixelPaddingRangeLimit = limit
