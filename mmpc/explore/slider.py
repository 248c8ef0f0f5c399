"""The quality slider: a slice, its reconstruction and the error map, redrawn as it moves.

Made of widgets that ipywidgets 7 and 8 both have, and of ready PNG bytes: one picture is
replaced by another, so nothing flickers. The numbers and the picture come from plain
functions, which lessons call without any widget.
"""

import functools
import io
from collections.abc import Callable
from dataclasses import dataclass

import ipywidgets
import numpy as np
from PIL import Image as PillowImage

import mmpc
from mmpc.explore.windows import WINDOWS, Window, as_window
from mmpc.images import Image, sample

SAMPLES = ("head_ct", "skull_base_ct", "spine_ct", "abdomen_ct", "small_ct")
ERROR_LIMITS_HU = (5, 20, 80, 320)
COARSEST_STEP = 200
PANEL_PIXELS = 512
GAP_PIXELS = 8

Compressor = Callable[[np.ndarray, int], bytes]


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


def compress_v1(pixels: np.ndarray, step: int) -> bytes:
    """Compress with bitstream 1 at a quantization step; larger is coarser."""
    return mmpc.compress(pixels, bitstream=1, quality=step)


def try_quality(image: Image, step: int, compress: Compressor = compress_v1) -> Trial:
    """Compress and decompress a slice and measure the result.

    Parameters
    ----------
    image : Image
        The original.
    step : int
        The quantization step ("quality"); larger is coarser.
    compress : callable
        Takes stored pixels and the step, returns a stream that `mmpc.decompress` reads.

    Raises
    ------
    MmpcError
        If this step is too fine for this image.
    """
    stream = compress(image.pixels, step)
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
        np.repeat(window.apply(hu)[..., np.newaxis], 3, axis=2)
        for hu in (trial.original_hu, trial.decoded_hu)
    ]
    panels.append(_colour_errors(trial.decoded_hu - trial.original_hu, error_limit_hu))
    zoom = max(1, PANEL_PIXELS // trial.original_hu.shape[1])
    panels = [panel.repeat(zoom, axis=0).repeat(zoom, axis=1) for panel in panels]
    gap = np.full((panels[0].shape[0], GAP_PIXELS, 3), 255, np.uint8)
    row = np.concatenate([panels[0], gap, panels[1], gap, panels[2]], axis=1)
    png = io.BytesIO()
    # Level 1: larger by a fifth, and five times as fast, which the hand on the slider feels.
    PillowImage.fromarray(row).save(png, "PNG", compress_level=1)
    return png.getvalue()


def describe_trial(trial: Trial) -> str:
    """Return the numbers of a trial in one line of plain text."""
    return (
        f"{trial.size_bytes / 1000:.1f} kB, {trial.rate_bpp:.2f} bpp, "
        f"RMSE {trial.rmse_hu:.2f} HU, largest error {trial.peak_error_hu:.0f} HU, "
        f"PSNR {trial.distortion.psnr_db:.2f} dB (peak {_peak(trial)})"
    )


def quality_slider(
    names: tuple[str, ...] = SAMPLES, compress: Compressor = compress_v1
) -> ipywidgets.VBox:
    """Return the slider with its choices, picture and numbers.

    Parameters
    ----------
    names : tuple of str
        Sample images to choose from.
    compress : callable
        As for `try_quality`.
    """
    name = ipywidgets.Dropdown(options=names, description="image")
    window = ipywidgets.ToggleButtons(options=list(WINDOWS))
    window.style.button_width = "7em"
    limit = ipywidgets.Dropdown(
        options=[(f"± {value} HU", value) for value in ERROR_LIMITS_HU],
        value=20,
        description="error map",
    )
    quality = ipywidgets.IntSlider(
        value=30,
        min=1,
        max=COARSEST_STEP,
        description="quality",
        continuous_update=True,
        layout=ipywidgets.Layout(width="70%"),
    )
    picture = ipywidgets.Image(format="png", layout=ipywidgets.Layout(width="100%"))
    numbers = ipywidgets.HTML()
    load = functools.cache(sample)

    def redraw(_change: object = None) -> None:
        try:
            trial = try_quality(load(name.value), quality.value, compress)
        except mmpc.MmpcError as error:
            numbers.value = f"<b>quality {quality.value}</b>: {error}"
            return
        picture.value = draw_trial(trial, window.value, limit.value)
        numbers.value = _html(trial, quality.value, limit.value)

    for control in (name, window, limit, quality):
        control.observe(redraw, names="value")
    redraw()
    hint = ipywidgets.HTML("quality is the quantization step: <b>larger is coarser</b>")
    # Beside the buttons: their own description would take a line of its own.
    label = ipywidgets.Label(
        "window", layout=ipywidgets.Layout(width="88px", justify_content="flex-end")
    )
    choices = ipywidgets.HBox([name, limit])
    windows = ipywidgets.HBox([label, window])
    return ipywidgets.VBox([choices, windows, quality, hint, numbers, picture])


def _peak(trial: Trial) -> int:
    """Return the peak that the PSNR of a trial was computed with."""
    return round(trial.distortion.rmse * 10 ** (trial.distortion.psnr_db / 20))


def _colour_errors(error_hu: np.ndarray, limit_hu: float) -> np.ndarray:
    """Map errors to white (none), red (too bright) and blue (too dark); uint8, (..., 3)."""
    strength = np.clip(error_hu / np.float32(limit_hu), -1, 1)
    fade = np.rint(255 * (1 - np.abs(strength))).astype(np.uint8)
    too_bright = strength > 0
    colours = np.empty((*error_hu.shape, 3), np.uint8)
    colours[..., 0] = np.where(too_bright, 255, fade)
    colours[..., 1] = fade
    colours[..., 2] = np.where(too_bright, fade, 255)
    return colours


def _html(trial: Trial, step: int, limit_hu: int) -> str:
    """Return the numbers, the titles of the panels and the key of the error map."""
    key = (
        f"&minus;{limit_hu} <span style='display:inline-block;width:6em;height:0.8em;"
        "background:linear-gradient(to right,blue,white,red);border:1px solid gray'></span>"
        f" +{limit_hu} HU"
    )
    titles = "".join(
        f"<span style='display:inline-block;width:33%;text-align:center'>{title}</span>"
        for title in ("original", "reconstruction", f"error {key}")
    )
    return f"<b>quality {step}</b>: {describe_trial(trial)}<br>{titles}"
