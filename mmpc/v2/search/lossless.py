"""Whether coding without loss may take fewer bytes than with it: at fine steps, and for noise."""

import numpy as np

CLEARLY_SMALLER = 0.8  # of the estimate: where a lossy stream is that small, nothing is tried
FINE_STEP = 2.0  # at coarser ones only what looks like noise is worth a look
NOISY = 0.25  # of the samples' bits


def may_be_smaller_lossless(image: np.ndarray, step: float, size_bytes: int) -> bool:
    """Tell whether it is worth trying to code an image or a volume without loss.

    The estimate is the entropy of what is left by the median of west, north and west + north -
    north-west, the predictor of JPEG-LS; the coder with promised errors takes some tenth less.

    Parameters
    ----------
    image : ndarray of integers, shape ([slices,] height, width)
        The original.
    step : float
        Quantization step, in sample units.
    size_bytes : int
        What it takes at this step.
    """
    lowest, highest = int(image.min()), int(image.max())
    if highest == lowest:
        return False
    raw_bits = image.size * (highest - lowest).bit_length()
    if step > FINE_STEP and 8 * size_bytes <= NOISY * raw_bits:
        return False
    estimate_bits = 0.0
    for plane in image.reshape(-1, *image.shape[-2:]):
        padded = np.pad(plane.astype(np.int32), ((1, 0), (1, 0)), mode="edge")
        west, north, north_west = padded[1:, :-1], padded[:-1, 1:], padded[:-1, :-1]
        low, high = np.minimum(west, north), np.maximum(west, north)
        residual = plane - np.clip(west + north - north_west, low, high)
        counts = np.bincount((residual - residual.min()).reshape(-1))
        counts = counts[counts > 0]
        estimate_bits += float(counts @ np.log2(plane.size / counts))
    return 8 * size_bytes > CLEARLY_SMALLER * estimate_bits
