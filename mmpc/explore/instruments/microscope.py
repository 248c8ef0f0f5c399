"""The microscope: one block of a coded slice, from its prediction to the price of each element.

:mod:`mmpc.explore.instruments.specimen` finds the numbers; here they become a picture, a table
and a page that is steered by clicks or arrow keys.
"""

import functools
from collections.abc import Callable

import ipywidgets
import numpy as np

from mmpc.explore.instruments.slider import SAMPLES
from mmpc.explore.instruments.specimen import (
    BlockView,
    Specimen,
    load_specimen,
    look_at,
    neighbour,
)
from mmpc.explore.instruments.touch import TouchPicture
from mmpc.explore.latest import LatestOnly
from mmpc.explore.pictures import (
    GAP_PIXELS,
    colour_errors,
    enlarge,
    framed,
    grey,
    heat,
    one_below_the_other,
    round_limit,
    side_by_side,
    to_png,
)
from mmpc.images.windows import WINDOWS, Window

STEPS = (4, 6, 10, 15, 30, 60, 120)
MAP_PIXELS = 512  # a side of the slice on the screen
PANEL_PIXELS = 144  # a side of the block
MOST_BITS_PER_SAMPLE = 3
MOST_LEVELS = 8  # columns and rows in the table
BAR_PIXELS = 80


def microscope(
    names: tuple[str, ...] = SAMPLES,
    load: Callable[[str, float], Specimen] = load_specimen,
    latest: LatestOnly | None = None,
) -> ipywidgets.VBox:
    """Return the microscope.

    Parameters
    ----------
    names : tuple of str
        Sample images to choose from.
    load : callable
        Takes a name and a step, as `load_specimen`.
    latest : LatestOnly, optional
        The worker that codes slices; for tests that wait for it.
    """
    latest = latest or LatestOnly()
    name = ipywidgets.Dropdown(options=names, description="image")
    step = ipywidgets.SelectionSlider(
        options=STEPS, value=15, description="quality", continuous_update=False
    )
    window = ipywidgets.Dropdown(options=list(WINDOWS), description="window")
    hint, numbers = ipywidgets.HTML(), ipywidgets.HTML()
    tables = ipywidgets.HTML(layout={"margin": "0 1em 0 0"})
    panels = ipywidgets.Image(format="png", layout={"align_self": "flex-start", "flex": "0 0 auto"})
    on_table: dict = {}  # the specimen, and which block is looked at

    def redraw(_change: object = None) -> None:
        if on_table:
            specimen, index = on_table["specimen"], on_table["index"]
            touch.picture.value = draw_maps(specimen, index, WINDOWS[window.value])
            view = look_at(specimen, index)
            panels.value = draw_block(view, specimen, WINDOWS[window.value])
            numbers.value = describe_block(view, specimen, index)
            tables.value = tabulate_block(view)

    def put(specimen: Specimen) -> None:
        if "index" in on_table:
            before = look_at(on_table["specimen"], on_table["index"])
            place = before.x, before.y
        else:
            place = tuple(side // 2 for side in specimen.image.pixels.shape)
        height, width = specimen.image.pixels.shape
        index = specimen.costs.block_at(min(place[0], width - 1), min(place[1], height - 1))
        on_table.update(specimen=specimen, index=index)
        redraw()
        hint.value = HINT

    def reload(_change: object = None) -> None:
        work = name.value, step.value
        hint.value = (
            f"{work[0]} is being coded at quality {work[1]} and taken apart ... "
            "(where kernels have to be compiled, half a minute, once)"
        )
        latest.submit(lambda: load(*work), put)

    def move(right: int, down: int) -> None:
        if on_table:
            specimen, index = on_table["specimen"], on_table["index"]
            on_table["index"] = neighbour(specimen, index, right, down)
            redraw()

    def click(x: int, y: int) -> None:
        if on_table:
            specimen = on_table["specimen"]
            on_table["index"] = specimen.costs.block_at(*sample_at(specimen, x, y))
            redraw()

    size = 2 * MAP_PIXELS + GAP_PIXELS, MAP_PIXELS
    touch = TouchPicture(*size, "blocks of the slice; arrow keys move", move, click)
    name.observe(reload, names="value")
    step.observe(reload, names="value")
    window.observe(redraw, names="value")
    reload()
    choices = ipywidgets.HBox([name, step, window])
    below = ipywidgets.HBox([tables, panels])
    return ipywidgets.VBox([choices, hint, touch, numbers, below])


_MOST = MOST_BITS_PER_SAMPLE
HINT = (
    "Left the slice, right what each block costs in bits per sample: white 0, yellow "
    f"{_MOST / 16:.1f}, orange {_MOST / 4:.1f}, red {_MOST * 9 / 16:.1f}, black {_MOST} and more. "
    "Click a block, or press Tab until the picture has the focus, and use the arrow keys."
)


def zoom_of(specimen: Specimen) -> int:
    """Return how many pixels of the screen a sample of the slice takes, at least one."""
    return max(1, MAP_PIXELS // max(specimen.image.pixels.shape))


def sample_at(specimen: Specimen, x: int, y: int) -> tuple[int, int]:
    """Return the sample (x, y) of the slice under a pixel of either map."""
    height, width = specimen.image.pixels.shape
    x %= MAP_PIXELS + GAP_PIXELS
    place = (min(x, MAP_PIXELS - 1) * width // MAP_PIXELS, y * height // MAP_PIXELS)
    return min(max(place[0], 0), width - 1), min(max(place[1], 0), height - 1)


def draw_maps(specimen: Specimen, index: int, window: Window) -> bytes:
    """Draw the slice and the map of costs, a frame around the block."""
    block = look_at(specimen, index)
    zoom = zoom_of(specimen)
    place = [zoom * side for side in (block.x, block.y, block.width, block.height)]
    return to_png(side_by_side([framed(one, *place) for one in _maps(specimen, window)]))


@functools.lru_cache(maxsize=4)
def _maps(specimen: Specimen, window: Window) -> list[np.ndarray]:
    """Return the slice and the map of costs, enlarged: what stays while a hand goes over it."""
    # Roots, since the dearest blocks cost a hundred times what the cheapest do.
    costs = heat(np.sqrt(specimen.costs.bits_per_sample()), MOST_BITS_PER_SAMPLE**0.5)
    panels = (grey(specimen.image.hounsfield(), window), costs)
    return [enlarge(panel, zoom_of(specimen)) for panel in panels]


def draw_block(block: BlockView, specimen: Specimen, window: Window) -> bytes:
    """Draw original, prediction, decoded; below the residual and what the levels bring of it."""
    slope, intercept = specimen.image.rescale_slope, specimen.image.rescale_intercept
    zoom = max(1, PANEL_PIXELS // max(block.width, block.height))
    limit = round_limit(block.residual)
    original, prediction, decoded = (
        grey((values * slope + intercept).astype(np.float32), window)
        for values in (block.original, block.prediction, block.decoded)
    )
    residual, added = (colour_errors(values, limit) for values in (block.residual, block.added))
    rows = ((original, prediction, decoded), (residual, added, np.full_like(original, 255)))
    return to_png(
        one_below_the_other([side_by_side([enlarge(panel, zoom) for panel in row]) for row in rows])
    )


def describe_block(block: BlockView, specimen: Specimen, index: int) -> str:
    """Return the numbers of a block as HTML."""
    first, last = block.start_bits / 8, (block.start_bits + block.total_bits) / 8
    n_samples = block.width * block.height
    text = (
        f"<b>block {index + 1}</b> of {len(specimen.costs.blocks)}, "
        f"{block.width} &times; {block.height} at ({block.x}, {block.y}); "
        f"mode {block.mode}; transform {block.transform}; "
        f"<b>{block.total_bits:.1f} bits</b>, {block.total_bits / n_samples:.2f} a sample; "
        f"bytes {first:.1f} to {last:.1f} of {specimen.size_bytes}"
    )
    limit = round_limit(block.residual)
    key = (
        "On the right: original, prediction, decoded (before the loop filters); the residual, and "
        f"what the levels bring of it (&minus;{limit} blue, +{limit} red)."
    )
    return f"{text}{_strip(first, last, specimen.size_bytes)}{key}"


def tabulate_block(block: BlockView) -> str:
    """Return what each element cost, and the levels, as HTML."""
    tables = f"{_bits_table(block)}{_levels_table(block)}"
    return f"<div style='display:flex;gap:2em;align-items:flex-start'>{tables}</div>"


def _strip(first: float, last: float, size_bytes: int) -> str:
    """Draw the stream as a line and the block's part of it."""
    start, length = 100 * first / size_bytes, 100 * (last - first) / size_bytes
    return (
        "<div style='position:relative;height:10px;background:#ddd;margin:4px 0;max-width:1032px'>"
        f"<div style='position:absolute;left:{start:.2f}%;width:max({length:.2f}%,2px);"
        "height:10px;background:rgb(255,127,14)'></div></div>"
    )


def _bits_table(block: BlockView) -> str:
    longest = max(*block.bits.values(), 1e-9)
    rows = "".join(
        f"<tr><td>{element}</td><td style='text-align:right;padding:0 1em'>{bits:.2f}</td>"
        f"<td style='width:{BAR_PIXELS}px'><div style='height:10px;background:rgb(255,127,14);"
        f"width:{BAR_PIXELS * bits / longest:.0f}px'></div></td></tr>"
        for element, bits in block.bits.items()
    )
    head = "<tr><td><b>element</b></td><td style='padding:0 1em'><b>bits</b></td></tr>"
    return f"<table style='line-height:1.3;white-space:nowrap'>{head}{rows}</table>"


def _levels_table(block: BlockView) -> str:
    """Return the levels, the lowest frequency first, as far as there are any."""
    used = np.argwhere(block.levels)
    if not len(used):
        return "<div>no levels: the prediction is taken as it is</div>"
    rows, columns = (min(int(last) + 1, MOST_LEVELS) for last in used.max(axis=0))
    shown = block.levels[:rows, :columns]
    more = np.count_nonzero(block.levels) - np.count_nonzero(shown)
    beyond = f"<div>and {more} more that are not 0 beyond</div>" if more else ""
    table = "".join(f"<tr>{''.join(map(_level_cell, row))}</tr>" for row in shown.tolist())
    return (
        "<div><b>levels</b>, slow waves first"
        f"<table style='font-family:monospace;line-height:1.3'>{table}</table>{beyond}</div>"
    )


def _level_cell(level: int) -> str:
    colour = "#000" if level else "#bbb"
    return f"<td style='text-align:right;padding:0 0.5em;color:{colour}'>{level}</td>"
