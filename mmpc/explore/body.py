"""The slices of the course as the scanner measured them, without marks that are no measurement."""

from dataclasses import replace

import numpy as np

from mmpc.images import Image, sample

SLICES = ("head_ct", "abdomen_ct")
AIR_HU = -1000
PADDING_BELOW_HU = -1500


def padding_to_air(image: Image) -> Image:
    """Return a CT slice whose padding is air; what was measured stays as it is.

    Parameters
    ----------
    image : Image
        A CT slice.

    Notes
    -----
    Nothing has less than the -1000 HU of a vacuum but for noise and artefacts, so values below
    -1500 HU are taken for marks. Lesson 0 shows what they cost.
    """
    padding = image.hounsfield() < PADDING_BELOW_HU
    air = round((AIR_HU - image.rescale_intercept) / image.rescale_slope)
    return replace(image, pixels=np.where(padding, air, image.pixels).astype(image.pixels.dtype))


def measured(name: str) -> Image:
    """Return a sample slice by name with its padding set to air."""
    return padding_to_air(sample(name))
