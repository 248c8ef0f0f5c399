"""The quality slider: a slice, its reconstruction and the error map, redrawn as it moves.

Made of widgets that ipywidgets 7 and 8 both have, and of ready PNG bytes: one picture is
replaced by another, so nothing flickers. Version 1 is quick enough to answer at once;
version 2 works in a thread of its own, so that the page never waits for it.
"""

import functools
from collections.abc import Callable
from dataclasses import replace

import ipywidgets
import numpy as np

import mmpc
from mmpc.explore.body import measured
from mmpc.explore.equal_size import SizeMatcher
from mmpc.explore.latest import LatestOnly
from mmpc.explore.trial import (
    Compressor,
    Trial,
    compress_v1,
    compress_v2,
    describe_trial,
    draw_pair,
    draw_trial,
    measure_stream,
    try_quality,
)
from mmpc.images import Image
from mmpc.images.windows import WINDOWS, as_window

SAMPLES = ("head_ct", "skull_base_ct", "spine_ct", "abdomen_ct", "small_ct")
ERROR_LIMITS_HU = (5, 20, 80, 320)
COARSEST_STEP = 200
MIDDLE_PIXELS = 256
VERSION_1, VERSION_2, BOTH = "version 1", "version 2", "both at equal size"

Picture = tuple[bytes | None, str]  # PNG (None: keep the old one) and the numbers as HTML


def quality_slider(
    names: tuple[str, ...] = SAMPLES,
    compress: Compressor = compress_v1,
    slow_compress: Compressor = compress_v2,
    latest: LatestOnly | None = None,
) -> ipywidgets.VBox:
    """Return the slider with its choices, picture and numbers.

    Parameters
    ----------
    names : tuple of str
        Sample images to choose from; their padding is shown as air.
    compress, slow_compress : callable
        What is called version 1 and version 2, as for `try_quality`.
    latest : LatestOnly, optional
        The worker for version 2; for tests that wait for it.
    """
    latest = latest or LatestOnly()
    name = ipywidgets.Dropdown(options=names, description="image")
    codec = ipywidgets.Dropdown(options=(VERSION_1, VERSION_2, BOTH), description="codec")
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
    hint = ipywidgets.HTML()
    load = functools.cache(measured)

    @functools.cache
    def matcher(name: str) -> SizeMatcher:
        pixels = middle(load(name)).pixels
        return SizeMatcher(lambda step: slow_compress(pixels, step))

    def show(result: Picture) -> None:
        drawn, numbers.value = result
        if drawn is not None:
            picture.value = drawn
        hint.value = _hint()

    def redraw(_change: object = None) -> None:
        image, step, look = load(name.value), quality.value, (window.value, limit.value)
        if codec.value == VERSION_1:
            latest.forget()
            show(_attempt(step, lambda: _one(image, step, compress, *look)))
            return
        if codec.value == VERSION_2:
            work = functools.partial(_one, image, step, slow_compress, *look)
        else:
            work = functools.partial(_both, image, step, compress, matcher(name.value), *look)
        hint.value = _hint("version 2 is at work (the very first time for a minute or two)")
        latest.submit(lambda: _attempt(step, work), show)

    for control in (name, codec, window, limit, quality):
        control.observe(redraw, names="value")
    redraw()
    # Beside the buttons: their own description would take a line of its own.
    label = ipywidgets.Label(
        "window", layout=ipywidgets.Layout(width="88px", justify_content="flex-end")
    )
    choices = ipywidgets.HBox([name, codec, limit])
    windows = ipywidgets.HBox([label, window])
    return ipywidgets.VBox([choices, windows, quality, hint, numbers, picture])


def middle(image: Image, side: int = MIDDLE_PIXELS) -> Image:
    """Return the middle of a slice, a square of at most `side` pixels."""
    return replace(image, pixels=np.ascontiguousarray(image.pixels[_middle(image, side)]))


def _middle(image: Image, side: int) -> tuple[slice, slice]:
    starts = [max(0, (length - side) // 2) for length in image.pixels.shape]
    return tuple(slice(start, start + side) for start in starts)


def _attempt(step: int, work: Callable[[], Picture]) -> Picture:
    """Return what `work` returns, or why the codec refuses the step."""
    try:
        return work()
    except mmpc.MmpcError as error:
        return None, f"<b>quality {step}</b>: {error}"


def _one(image: Image, step: int, compress: Compressor, window: str, limit_hu: int) -> Picture:
    """Draw one codec at one step on the whole slice."""
    trial = try_quality(image, step, compress)
    titles = ("original", "reconstruction", f"error {_key(limit_hu)}")
    text = f"<b>quality {step}</b>: {describe_trial(trial)}<br>{_columns(titles)}"
    return draw_trial(trial, window, limit_hu), text


def _both(
    image: Image, step: int, compress: Compressor, matcher: SizeMatcher, window: str, limit_hu: int
) -> Picture:
    """Draw the first codec at a step, and the second at no more bytes, on the slice's middle."""
    cut = middle(image)
    first = try_quality(cut, step, compress)
    second = measure_stream(cut, matcher.largest_within(first.size_bytes))
    drawn = draw_pair(first, second, _overview(image, cut, window), window, limit_hu)
    return drawn, pair_html(step, first, second, limit_hu)


def pair_html(step: int, first: Trial, second: Trial, limit_hu: int) -> str:
    """Return the numbers of two trials at equal size, and the titles of their panels."""
    titles = (
        f"the middle of the slice, and where it is; errors {_key(limit_hu)}",
        f"<b>version 1</b>, {first.size_bytes / 1000:.1f} kB",
        f"<b>version 2</b>, {second.size_bytes / 1000:.1f} kB",
    )
    return (
        f"<b>quality {step}</b> of version 1: {describe_trial(first)}<br>"
        f"version 2 at no more bytes: {describe_trial(second)}<br>{_columns(titles)}"
    )


def _overview(image: Image, cut: Image, window: str) -> np.ndarray:
    """Draw the whole slice as small as its middle, with a frame around the middle."""
    thinner = -(-image.pixels.shape[1] // cut.pixels.shape[1])
    rows, columns = _middle(image, MIDDLE_PIXELS)
    small = as_window(window).apply(image.hounsfield()[::thinner, ::thinner])
    height, width = cut.pixels.shape
    drawn = np.full((height, width, 3), 255, np.uint8)
    small = small[:height, :width]
    drawn[: small.shape[0], : small.shape[1]] = small[..., np.newaxis]
    top, left = rows.start // thinner, columns.start // thinner
    bottom, right = top + (height - 1) // thinner, left + (width - 1) // thinner
    orange = (255, 127, 14)
    drawn[[top, bottom], left : right + 1] = orange
    drawn[top : bottom + 1, [left, right]] = orange
    return drawn


def _hint(more: str = "") -> str:
    text = "quality is the quantization step: <b>larger is coarser</b>"
    return f"{text}; {more} ..." if more else text


def _key(limit_hu: int) -> str:
    return (
        f"&minus;{limit_hu} <span style='display:inline-block;width:6em;height:0.8em;"
        "background:linear-gradient(to right,blue,white,red);border:1px solid gray'></span>"
        f" +{limit_hu} HU"
    )


def _columns(titles: tuple[str, str, str]) -> str:
    return "".join(
        f"<span style='display:inline-block;width:33%;text-align:center'>{title}</span>"
        for title in titles
    )
