"""One try of a codec on a slice: what it cost, and a picture of it.

Plain functions without a widget: the slider calls them when it moves, and lessons call them
to print and to draw the same.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

import mmpc
from mmpc.explore.pictures import (
    colour_errors,
    enlarge,
    grey,
    one_below_the_other,
    side_by_side,
    to_png,
)
from mmpc.images import Image
from mmpc.images.windows import Window, as_window

PANEL_PIXELS = 512

Compressor = Callable[[np.ndarray, float], bytes]


@dataclass(frozen=True)
class Trial:
    """One compression of one slice, and what it cost.

    Attributes
    ----------
    original_hu, decoded_hu : ndarray of float32, shape (height, width)
        In Hounsfield units.
    size_bytes : int
        Of the whole stream.
    distortion : mmpc.Distortion
        In stored units.
    peak_error_hu, rmse_hu : float
        The same errors in Hounsfield units.
    """

    original_hu: np.ndarray
    decoded_hu: np.ndarray
    size_bytes: int
    distortion: mmpc.Distortion
    peak_error_hu: float
    rmse_hu: float

    @property
    def rate_bpp(self) -> float:
        """Bits of the whole stream for each pixel."""
        return 8 * self.size_bytes / self.original_hu.size


def compress_v1(pixels: np.ndarray, step: float) -> bytes:
    """Compress with bitstream 1 at a quantization step; larger is coarser."""
    return mmpc.compress(pixels, bitstream=1, quality=step)


def compress_v2(pixels: np.ndarray, step: float) -> bytes:
    """Compress with bitstream 2, preset fast; half a second for a slice."""
    return mmpc.compress(pixels, bitstream=2, quality=step, preset="fast")


def try_quality(image: Image, step: float, compress: Compressor = compress_v1) -> Trial:
    """Compress and decompress a slice and measure the result.

    Parameters
    ----------
    image : Image
        The original.
    step : float
        The quantization step ("quality"); larger is coarser.
    compress : callable
        Takes stored pixels and the step, returns a stream that `mmpc.decompress` reads.

    Raises
    ------
    MmpcError
        If this step is too fine for this image.
    """
    return measure_stream(image, compress(image.pixels, step))


def measure_stream(image: Image, stream: bytes) -> Trial:
    """Decompress a stream of a slice and measure the result."""
    decoded = mmpc.decompress(stream)
    distortion = mmpc.Distortion.between(image.pixels, decoded)
    slope = abs(image.rescale_slope)
    return Trial(
        original_hu=image.hounsfield(),
        decoded_hu=(decoded * image.rescale_slope + image.rescale_intercept).astype(np.float32),
        size_bytes=len(stream),
        distortion=distortion,
        peak_error_hu=slope * distortion.peak_error,
        rmse_hu=slope * distortion.rmse,
    )


def draw_trial(trial: Trial, window: str | Window, error_limit_hu: float) -> bytes:
    """Draw original, reconstruction and error map side by side.

    Parameters
    ----------
    trial : Trial
        What `try_quality` returned.
    window : str or Window
        For the first two panels.
    error_limit_hu : float
        The error that is shown in full red (too bright) or blue (too dark).

    Returns
    -------
    bytes
        A PNG picture, each panel at least 512 pixels wide.
    """
    window = as_window(window)
    panels = [
        grey(trial.original_hu, window),
        grey(trial.decoded_hu, window),
        colour_errors(trial.decoded_hu - trial.original_hu, error_limit_hu),
    ]
    return to_png(_row(panels))


def draw_pair(
    first: Trial, second: Trial, corner: np.ndarray, window: str | Window, error_limit_hu: float
) -> bytes:
    """Draw two trials of one slice: original and reconstructions, below their error maps.

    Parameters
    ----------
    first, second : Trial
        Of the same slice.
    corner : ndarray of uint8, shape (height, width, 3)
        What stands below the original, of the size of the slice.
    window, error_limit_hu
        As for `draw_trial`.

    Returns
    -------
    bytes
        A PNG picture of two rows of three panels.
    """
    window = as_window(window)
    pair = first, second
    upper = [grey(image, window) for image in (first.original_hu, *(t.decoded_hu for t in pair))]
    errors = [colour_errors(t.decoded_hu - t.original_hu, error_limit_hu) for t in pair]
    return to_png(one_below_the_other([_row(upper), _row([corner, *errors])]))


def _row(panels: list[np.ndarray]) -> np.ndarray:
    """Enlarge panels of one size by a whole number and set them side by side."""
    zoom = max(1, PANEL_PIXELS // panels[0].shape[1])
    return side_by_side([enlarge(panel, zoom) for panel in panels])


def describe_trial(trial: Trial) -> str:
    """Return the numbers of a trial in one line of plain text."""
    return (
        f"{trial.size_bytes / 1000:.1f} kB, {trial.rate_bpp:.2f} bpp, "
        f"RMSE {trial.rmse_hu:.2f} HU, largest error {trial.peak_error_hu:.0f} HU, "
        f"PSNR {trial.distortion.psnr_db:.2f} dB (peak {_peak(trial)})"
    )


def _peak(trial: Trial) -> int:
    """Return the peak that the PSNR of a trial was computed with."""
    return round(trial.distortion.rmse * 10 ** (trial.distortion.psnr_db / 20))
