"""Regions of interest of a CT slice, found from its Hounsfield units, or read from a file.

The rules are simple enough to check by eye on a picture: thresholds, holes filled, the
largest piece. They are for measuring a codec, not for finding organs.
"""

from pathlib import Path
from types import ModuleType

import numpy as np

from mmpc.errors import MissingPackageError, UnreadableFileError
from mmpc.images.image import Image
from mmpc.images.reading import read_image

BODY_HU = -300
BONE_HU = 250
# Gaps of the skull (sutures, foramina) up to twice so many pixels are bridged, the fewest
# that close it.
BRIDGED_PIXELS = (4, 8, 14)
SMALLEST_BODY = 0.02
SMALLEST_INTERIOR = 0.15
REGION_NAMES = ("body", "skull_interior", "mask")


def find_regions(image: Image, mask: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """Return the regions over which an image is measured besides the whole.

    Parameters
    ----------
    image : Image
        The original.
    mask : ndarray of bool, shape (height, width), optional
        The user's own region; it replaces those that are found.

    Returns
    -------
    dict of str to ndarray of bool
        Keys out of `REGION_NAMES`; a region that is not there has no key.

    Raises
    ------
    UnreadableFileError
        If the mask has another size than the image.
    """
    if mask is not None:
        return {"mask": check_mask(mask, image)}
    if image.modality != "CT":
        return {}
    hounsfield = image.hounsfield()
    body = body_mask(hounsfield)
    interior = skull_interior_mask(hounsfield)
    found = {"body": body, "skull_interior": interior}
    return {name: region for name, region in found.items() if region is not None}


def region_of_interest(image: Image) -> tuple[str, np.ndarray] | None:
    """Return what is of interest in a CT slice: the skull interior, else the body, else None."""
    found = find_regions(image)
    return next(((name, found[name]) for name in ("skull_interior", "body") if name in found), None)


def body_mask(hounsfield: np.ndarray) -> np.ndarray | None:
    """Find the body: denser than -300 HU, opened, the largest piece, holes filled.

    Parameters
    ----------
    hounsfield : ndarray of float, shape (height, width)
        Rescaled pixels.

    Returns
    -------
    ndarray of bool, shape (height, width), or None
        None where less than 2 % of the image is that dense.
    """
    ndimage = _ndimage()
    # Opening drops what is thin: the table top, and where it touches the body.
    dense = ndimage.binary_opening(hounsfield > BODY_HU, _disk(3))
    body = _largest_piece(dense)
    if body is None or body.sum() < SMALLEST_BODY * body.size:
        return None
    return ndimage.binary_fill_holes(body)


def skull_interior_mask(hounsfield: np.ndarray) -> np.ndarray | None:
    """Find what the skull encloses: the hole of the bone (above 250 HU), its largest piece.

    Parameters
    ----------
    hounsfield : ndarray of float, shape (height, width)
        Rescaled pixels.

    Returns
    -------
    ndarray of bool, shape (height, width), or None
        None where no bone encloses at least 15 % of the body's area: no head, or a slice
        in which the skull is open.
    """
    ndimage = _ndimage()
    body = body_mask(hounsfield)
    if body is None:
        return None
    bone = hounsfield > BONE_HU
    for reach in BRIDGED_PIXELS:
        padded = ndimage.binary_closing(np.pad(bone, reach), _disk(reach))
        closed = padded[reach:-reach, reach:-reach]
        interior = _largest_piece(ndimage.binary_fill_holes(closed) & ~closed)
        if interior is not None and interior.sum() >= SMALLEST_INTERIOR * body.sum():
            return ndimage.binary_fill_holes(interior)
    return None


def read_mask(path: Path) -> np.ndarray:
    """Read a mask from any supported file, for a volume a 3-D NPY: what is not zero counts.

    Raises
    ------
    UnreadableFileError
        If no pixel is set; and what `read_image` raises.
    """
    mask = read_image(path, volume=True).pixels != 0
    if not mask.any():
        raise UnreadableFileError(f"{path}: the mask is empty; pixels that count are not zero")
    return mask


def check_mask(mask: np.ndarray, image: Image) -> np.ndarray:
    """Return the mask, or raise UnreadableFileError if it has another size than the image."""
    if mask.shape != image.pixels.shape:
        raise UnreadableFileError(
            f"the mask has {' x '.join(map(str, mask.shape))} pixels and {image.source_name} "
            f"has {' x '.join(map(str, image.pixels.shape))}; give one of its size"
        )
    return mask


def _ndimage() -> ModuleType:
    """Return SciPy's module for images, which is an extra of this package."""
    try:
        from scipy import ndimage
    except ImportError:
        raise MissingPackageError(
            "finding regions needs SciPy: pip install 'mmpc[evaluation]', or give a mask file"
        ) from None
    return ndimage


def _largest_piece(mask: np.ndarray) -> np.ndarray | None:
    labels, n_pieces = _ndimage().label(mask)
    if n_pieces == 0:
        return None
    sizes = np.bincount(labels.ravel())
    sizes[0] = 0
    return labels == sizes.argmax()


def _disk(radius: int) -> np.ndarray:
    y, x = np.ogrid[-radius : radius + 1, -radius : radius + 1]
    return x * x + y * y <= radius * radius
