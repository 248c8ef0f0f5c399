"""The predictor: a block in each of the 35 modes, its prediction and what that leaves to be coded.

:mod:`mmpc.explore.instruments.predictions` makes the numbers; here they are drawn and steered.
"""

import ipywidgets
import numpy as np

from mmpc.explore.instruments.predictions import (
    SIDE,
    STEP,
    Ground,
    Predicted,
    load_ground,
    predict_block,
)
from mmpc.explore.instruments.specimen import name_of_mode
from mmpc.explore.instruments.touch import TouchPicture
from mmpc.explore.latest import LatestOnly
from mmpc.explore.pictures import (
    colour_errors,
    enlarge,
    framed,
    grey,
    round_limit,
    side_by_side,
    to_png,
)
from mmpc.images.windows import WINDOWS, Window
from mmpc.v2.prediction import ANGLE, MODES

ZOOM = 2  # of the slice on the screen
PANEL_PIXELS = 216  # a side of a block with its border
SIDES = (4, 8, 16, 32)
BAR_PIXELS, BAR_WIDTH = 120, 20
# The first shows padding apart from air, and bone apart from both.
LOOKS = {"everything": Window(-400, 3400), **WINDOWS}


def predictor(latest: LatestOnly | None = None) -> ipywidgets.VBox:
    """Return the instrument; ``latest`` is the worker that codes, for tests that wait for it."""
    latest = latest or LatestOnly()
    mode = ipywidgets.IntSlider(
        value=26, max=MODES - 1, description="mode", layout={"width": "420px"}
    )
    side = ipywidgets.SelectionSlider(options=SIDES, value=16, description="block side")
    padding = ipywidgets.Checkbox(value=True, description="padding taken out", indent=False)
    window = ipywidgets.Dropdown(options=list(LOOKS), description="window")
    hint, numbers = ipywidgets.HTML(), ipywidgets.HTML()
    panels = ipywidgets.Image(format="png", layout={"align_self": "flex-start"})
    now: dict = {"x": 112, "y": 160}  # the block, and the ground once it is there

    def redraw(_change: object = None) -> None:
        if "ground" not in now:
            return
        ground, length = now["ground"], side.value
        x, y = (now[axis] // length * length for axis in ("x", "y"))
        block = predict_block(ground, x, y, length)
        look = LOOKS[window.value]
        touch.picture.value = draw_ground(ground, x, y, length, look)
        panels.value = draw_prediction(block, ground, mode.value, look)
        numbers.value = describe_prediction(block, ground, x, y, mode.value)

    def put(ground: Ground) -> None:
        now["ground"] = ground
        redraw()
        hint.value = HINT

    def reload(_change: object = None) -> None:
        with_padding = padding.value
        hint.value = (
            "the slice is being coded and decoded ... (where kernels have to be compiled, half a "
            "minute, once)"
        )
        latest.submit(lambda: load_ground(with_padding), put)

    def go(x: int, y: int) -> None:
        now.update(x=min(max(x, 0), SIDE - 1), y=min(max(y, 0), SIDE - 1))
        redraw()

    size = ZOOM * SIDE, ZOOM * SIDE
    touch = TouchPicture(
        *size,
        "blocks of the slice; arrow keys move",
        lambda right, down: go(now["x"] + right * side.value, now["y"] + down * side.value),
        lambda x, y: go(x // ZOOM, y // ZOOM),
    )
    padding.observe(reload, names="value")
    for control in (mode, side, window):
        control.observe(redraw, names="value")
    reload()
    choices = ipywidgets.HBox([mode, side, padding, window])
    right = ipywidgets.VBox([panels, numbers], layout={"margin": "0 0 0 1em"})
    return ipywidgets.VBox([choices, hint, ipywidgets.HBox([touch, right])])


HINT = (
    "Choose a block by a click, or by the arrow keys once the picture has the focus (Tab), and a "
    "mode by the slider. Untick <b>padding taken out</b>, and the -2000 beyond the scanner's "
    f"circle are coded as if they were anatomy. Neighbours are decoded ones, at quality {STEP}."
)


def draw_ground(ground: Ground, x: int, y: int, side: int, window: Window) -> bytes:
    """Draw the samples that are coded, a frame around a block."""
    whole = enlarge(grey(_in_hu(ground, ground.coded), window), ZOOM)
    return to_png(framed(whole, *(ZOOM * one for one in (x, y, side, side))))


def draw_prediction(block: Predicted, ground: Ground, mode: int, window: Window) -> bytes:
    """Draw the block, its prediction with the border, and the residual."""
    side = len(block.left)
    residual = block.original - block.predictions[mode]
    framed_by_border = []
    for inside in (block.original, block.predictions[mode]):
        panel = np.zeros((side + 1, side + 1))
        panel[0], panel[1:, 0], panel[1:, 1:] = block.above, block.left, inside
        framed_by_border.append(grey(_in_hu(ground, panel), window))
    last = np.full_like(framed_by_border[0], 255)
    last[1:, 1:] = colour_errors(residual, round_limit(residual))
    zoom = PANEL_PIXELS // (side + 1)
    return to_png(side_by_side([enlarge(panel, zoom) for panel in (*framed_by_border, last)]))


def describe_prediction(block: Predicted, ground: Ground, x: int, y: int, mode: int) -> str:
    """Return the numbers of a block in a mode as HTML."""
    side, rms = len(block.left), block.residual_rms
    residual = block.original - block.predictions[mode]
    limit, angle, best = round_limit(residual), int(ANGLE[mode]), block.best_mode
    slope = f", {angle}/32 of a sample a line" if mode > 1 else ""
    return (
        "Block and prediction with the border that it comes from (one row above, one column on the "
        f"left), and the residual (&minus;{limit} blue, +{limit} red).<br>"
        f"<b>{side} &times; {side} at ({x}, {y}), mode {name_of_mode(mode)}{slope}</b>: "
        f"residual {rms[mode]:.1f} RMS, largest {np.abs(residual).max()}; "
        f"best is mode {name_of_mode(best)} with {rms[best]:.1f}; without prediction "
        f"{block.original.std():.1f} about the mean. The stream has {ground.size_bytes} bytes."
        f"{_bars(rms, mode, best)}"
    )


def _bars(rms: np.ndarray, mode: int, best: int) -> str:
    """Draw the residual of each mode as a bar: orange the chosen one, green the best."""
    heights = BAR_PIXELS * rms / max(rms.max(), 1e-9)
    colours = ["#bbb"] * MODES
    colours[best], colours[mode] = "#2a9d4a", "rgb(255,127,14)"
    bars = "".join(
        f"<rect x='{BAR_WIDTH * i}' y='{BAR_PIXELS - height:.1f}' width='{BAR_WIDTH - 2}' "
        f"height='{height:.1f}' fill='{colour}'/>"
        f"<text x='{BAR_WIDTH * i + BAR_WIDTH // 2 - 1}' y='{BAR_PIXELS + 13}' font-size='10' "
        f"text-anchor='middle'>{i}</text>"
        for i, (height, colour) in enumerate(zip(heights, colours, strict=True))
    )
    width, height = BAR_WIDTH * MODES, BAR_PIXELS + 18
    return (
        f"<svg width='{width}' height='{height}' style='display:block;margin-top:8px'>{bars}</svg>"
    )


def _in_hu(ground: Ground, values: np.ndarray) -> np.ndarray:
    image = ground.image
    return (values * image.rescale_slope + image.rescale_intercept).astype(np.float32)
