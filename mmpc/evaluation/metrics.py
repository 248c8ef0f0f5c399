"""How far a decoded image is from its original, over the image or a region of it.

Errors are integers in stored units, as read from the file; in Hounsfield units they are
those times the rescale slope (the intercept cancels). Nothing here knows a codec.
"""

import numpy as np

from mmpc.images.image import Image
from mmpc.rate.distortion import Distortion, peak_value

SSIM_WINDOW = 7
MEASURES = (
    "rmse",
    "psnr_db",
    "psnr_range_db",
    "peak_error",
    "rmse_hu",
    "peak_error_hu",
    "ssim",
)


def data_range(pixels: np.ndarray) -> int:
    """Return the largest minus the smallest pixel of an original."""
    return int(pixels.max()) - int(pixels.min())


def ssim_map(original: np.ndarray, decoded: np.ndarray) -> np.ndarray | None:
    """Return the structural similarity at every pixel.

    Parameters
    ----------
    original, decoded : ndarray of integers, shape (height, width)
        Stored values.

    Returns
    -------
    ndarray of float64, shape (height, width), or None
        scikit-image's ``structural_similarity``: uniform 7 x 7 windows, K1 = 0.01,
        K2 = 0.03, ``data_range`` = largest minus smallest pixel of the original. None
        for an image without contrast, or smaller than a window.

    References
    ----------
    Z. Wang et al., "Image quality assessment: from error visibility to structural
    similarity", IEEE Trans. Image Processing 13 (2004).
    """
    from skimage.metrics import structural_similarity

    if min(original.shape) < SSIM_WINDOW or data_range(original) == 0:
        return None
    _, similarity = structural_similarity(
        original.astype(np.float64),
        decoded.astype(np.float64),
        win_size=SSIM_WINDOW,
        data_range=data_range(original),
        full=True,
    )
    return similarity


def measure(
    image: Image,
    decoded: np.ndarray,
    similarity: np.ndarray | None = None,
    region: np.ndarray | None = None,
) -> dict[str, float | None]:
    """Measure a decoded image against its original.

    Parameters
    ----------
    image : Image
        The original.
    decoded : ndarray, shape (height, width)
        Of the original's shape and dtype.
    similarity : ndarray, optional
        What `ssim_map` returned.
    region : ndarray of bool, shape (height, width), optional
        Only these pixels count; the peaks stay those of the whole image.

    Returns
    -------
    dict
        Keys `MEASURES`: ``psnr_db`` with the peak 255 or 65535 (by bits allocated, as in
        the report's table), ``psnr_range_db`` with the data range as the peak; the
        Hounsfield units are None where the image is not CT.
    """
    whole = np.ones(decoded.shape, bool) if region is None else region
    distortion = Distortion.between(image.pixels[whole], decoded[whole])
    peak_ratio = data_range(image.pixels) / peak_value(image.pixels)
    hounsfield = abs(image.rescale_slope) if image.modality == "CT" else None
    with np.errstate(divide="ignore"):
        range_psnr = distortion.psnr_db + 20 * np.log10(peak_ratio)
    return {
        "rmse": distortion.rmse,
        "psnr_db": distortion.psnr_db,
        "psnr_range_db": float(range_psnr) if peak_ratio else None,
        "peak_error": distortion.peak_error,
        "rmse_hu": None if hounsfield is None else distortion.rmse * hounsfield,
        "peak_error_hu": None if hounsfield is None else distortion.peak_error * hounsfield,
        "ssim": None if similarity is None else _mean_similarity(similarity, region),
    }


def _mean_similarity(similarity: np.ndarray, region: np.ndarray | None) -> float:
    """Average the map; over the whole image without its border, as scikit-image does."""
    border = SSIM_WINDOW // 2
    if region is None:
        return float(similarity[border:-border, border:-border].mean())
    return float(similarity[region].mean())
