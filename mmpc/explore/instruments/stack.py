"""The stack: a coded volume in three planes, beside the original and the error.

For the slice that is looked at it is told which others had to be decoded, as the stream's own
table says.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import ipywidgets
import numpy as np

import mmpc
from mmpc.explore.instruments.touch import TouchPicture
from mmpc.explore.latest import LatestOnly
from mmpc.explore.pictures import (
    GAP_PIXELS,
    ORANGE,
    colour_errors,
    enlarge,
    grey,
    one_below_the_other,
    side_by_side,
    to_png,
)
from mmpc.images.windows import WINDOWS, Window
from mmpc.streams.sample_volume import RESCALE_INTERCEPT_HU, sample_volume
from mmpc.v2.header_reading import read_header

N_SLICES = 24
SIDE = 128  # of the part that is coded; the whole would take six times as long
ZOOM = 3  # pixels of the screen for a sample
Z_ZOOM = 3  # and for a slice, in the planes that cut through it
STEPS = (4, 10, 25, 60, 150)
ERROR_LIMITS_HU = (10, 40, 160)


@dataclass(frozen=True)
class Stack:
    """A coded volume.

    Attributes
    ----------
    original, decoded : ndarray of int32, shape (slices, rows, columns)
        In Hounsfield units.
    size_bytes : int
        Of the whole stream.
    slice_bytes : dict of int to int
        Of the payload of each slice.
    references : dict of int to tuple of int
        The slices that each slice refers to, slices in the order of coding.
    """

    original: np.ndarray
    decoded: np.ndarray
    size_bytes: int
    slice_bytes: dict[int, int]
    references: dict[int, tuple[int, ...]]

    def needed_for(self, index: int) -> list[int]:
        """Return the slices that are decoded for one, in their order, itself the last."""
        found = {index}
        for one in reversed(self.references):
            if one in found:
                found.update(self.references[one])
        return [one for one in self.references if one in found]


@functools.cache
def middle_of_volume(side: int = SIDE) -> np.ndarray:
    """Return the middle of the sample volume: uint16, shape (24, side, side)."""
    volume = np.asarray(sample_volume())
    top, left = ((length - side) // 2 for length in volume.shape[1:])
    return np.ascontiguousarray(volume[:, top : top + side, left : left + side])


@functools.lru_cache(maxsize=len(STEPS))
def load_stack(step: float) -> Stack:
    """Return the middle of the sample volume, coded with the preset ``fast`` at a step."""
    volume = middle_of_volume()
    data = mmpc.compress(volume, quality=step, preset="fast")
    return stack_of(volume, data)


def stack_of(volume: np.ndarray, data: bytes) -> Stack:
    """Return what is known of a volume and a stream of it."""
    header = read_header(data)
    original, decoded = (
        one.astype(np.int32) + RESCALE_INTERCEPT_HU for one in (volume, mmpc.decompress(data))
    )
    return Stack(
        original,
        decoded,
        len(data),
        {one.index: one.payload_size_bytes for one in header.slices},
        {one.index: tuple(one.place.references) for one in header.slices},
    )


def planes(volume: np.ndarray, z: int, y: int, x: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the three planes through a voxel: a slice, the cut along a row, along a column."""
    return volume[z], volume[:, y], volume[:, :, x]


def draw_stack(stack: Stack, z: int, y: int, x: int, window: Window, limit_hu: float) -> bytes:
    """Draw original, decoded and error side by side; below each the two cuts.

    Orange marks on the original's border say where the cuts are.
    """
    volumes = (stack.original, stack.decoded, stack.decoded - stack.original)
    columns = []
    for i, volume in enumerate(volumes):
        shown = [
            colour_errors(plane, limit_hu) if i == 2 else grey(plane.astype(np.float32), window)
            for plane in planes(volume, z, y, x)
        ]
        axial = enlarge(shown[0], ZOOM)
        mark_cuts(axial, ZOOM * y, ZOOM * x)
        cuts = [cut.repeat(Z_ZOOM, axis=0).repeat(ZOOM, axis=1) for cut in shown[1:]]
        for cut in cuts:
            cut[Z_ZOOM * z : Z_ZOOM * (z + 1), : 4 * ZOOM] = ORANGE
        columns.append(one_below_the_other([axial, *cuts]))
    return to_png(side_by_side(columns))


def mark_cuts(axial: np.ndarray, row: int, column: int) -> None:
    """Draw marks at the left and upper border of a slice, in place."""
    axial[row : row + ZOOM, : 6 * ZOOM] = ORANGE
    axial[: 6 * ZOOM, column : column + ZOOM] = ORANGE


def describe_stack(stack: Stack, z: int, y: int, x: int) -> str:
    """Return the numbers of a slice, and how it is reached, as HTML."""
    needed = stack.needed_for(z)
    error = stack.decoded[z] - stack.original[z]
    rmse = float(np.sqrt(np.mean(np.square(error, dtype=np.float64))))
    before, after = stack.original[z, y, x], stack.decoded[z, y, x]
    read = sum(stack.slice_bytes[one] for one in needed)
    return (
        f"<b>slice {z}</b>: {len(needed)} of {len(stack.references)} slices are decoded for it "
        f"({', '.join(map(str, needed))}), {read} of {stack.size_bytes} bytes read; "
        f"it alone has {stack.slice_bytes[z]} bytes, "
        f"{8 * stack.slice_bytes[z] / error.size:.2f} bits per pixel, "
        f"RMSE {rmse:.2f} HU, largest error {np.abs(error).max()} HU; "
        f"at ({x}, {y}): {before} HU, decoded {after} HU<br>"
        f"{_tree(stack, z, needed)}"
    )


def _tree(stack: Stack, z: int, needed: list[int]) -> str:
    """Draw all slices in a row, those that are decoded in orange, as high as they are large."""
    largest = max(stack.slice_bytes.values())
    bars = []
    for index in sorted(stack.references):
        colour = "rgb(255,127,14)" if index in needed else "#ccc"
        mark = "&#9650;" if index == z else "&nbsp;"
        height = 6 + 30 * stack.slice_bytes[index] / largest
        bars.append(
            "<div style='width:36px;text-align:center;font-size:11px;line-height:1.2'>"
            f"<div style='height:{height:.0f}px;background:{colour}'></div>{index}<br>{mark}</div>"
        )
    return (
        "<div style='display:flex;gap:3px;align-items:flex-end;height:70px;margin-top:6px'>"
        f"{''.join(bars)}</div>"
    )


HINT = (
    "From the left: original, decoded, error; below the slice the cuts along a row and along a "
    "column (each slice three pixels high). Orange: where they cut. Click the slice, or press Tab "
    "until the picture has the focus and use the arrow keys, to move the cuts. The bars are the "
    "slices, as high as they have bytes: orange are those that are decoded for this one."
)


def stack(
    load: Callable[[float], Stack] = load_stack,
    latest: LatestOnly | None = None,
) -> ipywidgets.VBox:
    """Return the instrument.

    Parameters
    ----------
    load : callable
        Takes a step, as `load_stack`.
    latest : LatestOnly, optional
        The worker that codes volumes; for tests that wait for it.
    """
    latest = latest or LatestOnly()
    z = ipywidgets.IntSlider(value=N_SLICES // 2, min=0, max=N_SLICES - 1, description="slice")
    step = ipywidgets.SelectionSlider(
        options=STEPS, value=25, description="quality", continuous_update=False
    )
    limit = ipywidgets.Dropdown(
        options=[(f"± {value} HU", value) for value in ERROR_LIMITS_HU],
        value=40,
        description="error map",
    )
    window = ipywidgets.Dropdown(options=list(WINDOWS), value="soft tissue", description="window")
    hint, numbers = ipywidgets.HTML(), ipywidgets.HTML()
    shown: dict = {}  # the stack, and where the cuts are

    def redraw(_change: object = None) -> None:
        if shown:
            place = (z.value, shown["y"], shown["x"])
            touch.picture.value = draw_stack(
                shown["stack"], *place, WINDOWS[window.value], limit.value
            )
            numbers.value = describe_stack(shown["stack"], *place)

    def put(loaded: Stack) -> None:
        middle = loaded.original.shape[1] // 2
        shown.update({"y": middle, "x": middle, **shown, "stack": loaded})
        z.max = len(loaded.original) - 1
        redraw()
        hint.value = HINT

    def reload(_change: object = None) -> None:
        quality = step.value
        hint.value = (
            f"{N_SLICES} slices are being coded at quality {quality}, once, for some seconds ..."
        )
        latest.submit(lambda: load(quality), put)

    def place_cuts(x: int, y: int) -> None:
        if shown:
            _, height, width = shown["stack"].original.shape
            shown.update(x=min(max(x, 0), width - 1), y=min(max(y, 0), height - 1))
            redraw()

    def move(right: int, down: int) -> None:
        if shown:
            place_cuts(shown["x"] + right, shown["y"] + down)

    def click(x: int, y: int) -> None:
        place_cuts(x % (SIDE * ZOOM + GAP_PIXELS) // ZOOM, y // ZOOM)

    size = (
        3 * ZOOM * SIDE + 2 * GAP_PIXELS,
        ZOOM * SIDE + 2 * (N_SLICES * Z_ZOOM + GAP_PIXELS),
    )
    touch = TouchPicture(*size, "slice and cuts; arrow keys move the cuts", move, click)
    step.observe(reload, names="value")
    for control in (z, limit, window):
        control.observe(redraw, names="value")
    reload()
    choices = ipywidgets.HBox([z, step, limit, window])
    return ipywidgets.VBox([choices, hint, touch, numbers])
