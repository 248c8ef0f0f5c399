"""Overlays (PS3.3 C.9.2): drawings of one bit a pixel, in elements of their own.

Old files keep them in bits of the pixel cells that the pixels do not use (OverlayBitPosition
12 above 12 bits stored). A codec codes pixels only, so such an overlay is moved to where the
standard has it since 2004: OverlayData.
"""

import numpy as np

from mmpc.images.dicom.elements import integer

ROWS, COLUMNS, N_FRAMES, ORIGIN, FRAME_ORIGIN = 0x0010, 0x0011, 0x0015, 0x0050, 0x0051
BITS_ALLOCATED, BIT_POSITION, DATA = 0x0100, 0x0102, 0x3000


def is_overlay(tag) -> bool:
    """Tell whether an element belongs to an overlay: groups 6000, 6002, ... 601E."""
    return 0x6000 <= tag.group <= 0x601E and not tag.group % 2


def overlay_groups(dataset) -> list[int]:
    """Return the groups of the overlays in a dataset."""
    return sorted({tag.group for tag in dataset.keys() if is_overlay(tag)})  # noqa: SIM118


def move_embedded_overlays(dataset, cells: np.ndarray | None) -> list[str]:
    """Move overlays from the pixel cells to OverlayData.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Changed in place.
    cells : ndarray of uint8 or uint16, shape (rows, columns), or None
        The pixel cells of the frame as they lie in the file; None where pixels are coded
        without the other bits of their cells.

    Returns
    -------
    list of str
        What to tell the user.
    """
    notes = []
    high_bit = integer(dataset, "HighBit", 0)
    lowest_bit = high_bit - integer(dataset, "BitsStored", 0) + 1
    free_bits = {*range(16)} - {*range(lowest_bit, high_bit + 1)}
    for group in overlay_groups(dataset):
        if (group, DATA) in dataset or (group, BIT_POSITION) not in dataset:
            continue
        position = int(dataset[group, BIT_POSITION].value or 0)
        if cells is None or position not in free_bits:
            notes.append(f"overlay {group:04X} is not in the file, though its header is")
            continue
        bits = np.packbits((cells >> position) & 1, bitorder="little").tobytes()
        for element in (N_FRAMES, FRAME_ORIGIN):
            dataset.pop((group, element), None)
        dataset.add_new((group, ROWS), "US", cells.shape[0])
        dataset.add_new((group, COLUMNS), "US", cells.shape[1])
        dataset.add_new((group, ORIGIN), "SS", [1, 1])
        dataset.add_new((group, BITS_ALLOCATED), "US", 1)
        dataset.add_new((group, BIT_POSITION), "US", 0)
        dataset.add_new((group, DATA), "OW", bits + b"\0" * (len(bits) % 2))
        notes.append(f"overlay {group:04X} is moved from the pixels' bit {position} to OverlayData")
    return notes


def remove_overlays_without_data(dataset) -> None:
    """Remove the headers of overlays that are not there."""
    for group in overlay_groups(dataset):
        if (group, DATA) not in dataset:
            for tag in [tag for tag in dataset.keys() if tag.group == group]:  # noqa: SIM118
                del dataset[tag]
