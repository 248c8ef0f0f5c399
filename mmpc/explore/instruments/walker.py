"""The walker: a small stream byte by byte, and its arithmetic decoder decision by decision.

:mod:`mmpc.explore.instruments.walk` takes the stream apart; here it is drawn and steered.
"""

import ipywidgets

from mmpc.explore.instruments.walk import PLACES, Walk, load_walk
from mmpc.explore.latest import LatestOnly
from mmpc.explore.pictures import enlarge, grey, side_by_side, to_png
from mmpc.images.windows import Window

BYTES_IN_A_ROW = 20
CODE_BYTES = 4  # of the payload that the decoder holds at once
BAR_PIXELS = 900
SEEN_BEFORE = 7  # decisions in the table before the one that is looked at
PANEL_ZOOM = 10
_COLOURS = {"stream": "#dbe9f6", "slice": "#dff0d8", "payload": "#fdebd0", "checksum": "#e5e5e5"}
_USED, _HELD = "#c9c9c9", "rgb(255,127,14)"
HINT = (
    "Move <b>byte</b> through the stream and <b>decision</b> through the decoder (arrow keys too). "
    "Blue: what is said of the stream; green: of the slice; orange: the payload, grey where the "
    "decoder is through with it, strong where it holds it now."
)


def walker(latest: LatestOnly | None = None) -> ipywidgets.VBox:
    """Return the instrument; ``latest`` is the worker that codes, for tests that wait for it."""
    latest = latest or LatestOnly()
    place = ipywidgets.Dropdown(options=list(PLACES), description="samples")
    layout = {"width": "420px"}
    byte = ipywidgets.IntSlider(description="byte", max=0, layout=layout)
    decision = ipywidgets.IntSlider(description="decision", min=1, max=1, value=1, layout=layout)
    back = ipywidgets.Button(description="back", layout={"width": "5em"})
    forth = ipywidgets.Button(description="forth", layout={"width": "5em"})
    hint, boxes, interval = (ipywidgets.HTML() for _ in range(3))
    picture = ipywidgets.Image(format="png", layout={"flex": "0 0 auto", "margin": "0 0 0 2em"})
    walked: dict[str, Walk] = {}

    def redraw(_change: object = None) -> None:
        if walked:
            walk = walked["now"]
            boxes.value = describe_bytes(walk, byte.value, decision.value - 1)
            interval.value = describe_decision(walk, decision.value - 1)

    def put(walk: Walk) -> None:
        walked.clear()
        byte.max, decision.max = len(walk.data) - 1, len(walk.decisions)
        walked["now"] = walk
        picture.value = draw_samples(walk)
        redraw()
        hint.value = HINT

    def reload(_change: object = None) -> None:
        name = place.value
        hint.value = f"the samples ({name}) are being coded and decoded ..."
        latest.submit(lambda: load_walk(name), put)

    def step_by(steps: int) -> None:
        decision.value = min(max(decision.value + steps, 1), decision.max)

    back.on_click(lambda _: step_by(-1))
    forth.on_click(lambda _: step_by(1))
    place.observe(reload, names="value")
    for control in (byte, decision):
        control.observe(redraw, names="value")
    reload()
    choices = ipywidgets.HBox([place, byte])
    steps = ipywidgets.HBox([decision, back, forth])
    above = ipywidgets.HBox([boxes, picture])
    return ipywidgets.VBox([choices, hint, above, steps, interval])


def draw_samples(walk: Walk) -> bytes:
    """Draw the image before and after."""
    low, high = float(walk.original_hu.min()), float(walk.original_hu.max())
    window = Window((low + high) / 2, high - low + 1)  # no preset shows both brain and bone
    images = (walk.original_hu, walk.decoded_hu)
    return to_png(side_by_side([enlarge(grey(one, window), PANEL_ZOOM) for one in images]))


def describe_bytes(walk: Walk, byte: int, decision: int) -> str:
    """Return the bytes as boxes, the field of one of them, and its meaning, as HTML."""
    chosen = next(field for field in walk.fields if field.start <= byte < field.end)
    rows = []
    for start in range(0, len(walk.data), BYTES_IN_A_ROW):
        cells = "".join(
            _box(walk, index, decision, chosen.start <= index < chosen.end, index == byte)
            for index in range(start, min(start + BYTES_IN_A_ROW, len(walk.data)))
        )
        rows.append(
            "<div style='white-space:nowrap'>"
            f"<span style='color:#888;white-space:pre'>{start:3d}</span> {cells}</div>"
        )
    value = f" = <b>{chosen.value}</b>" if chosen.value else ""
    return (
        f"<div style='font-family:monospace;line-height:1.7'>{''.join(rows)}</div>"
        f"bytes {chosen.start} to {chosen.end - 1}: <b>{chosen.name}</b>{value}, {chosen.meaning}"
    )


def _box(walk: Walk, index: int, decision: int, in_field: bool, is_byte: bool) -> str:
    """Draw one byte."""
    colour = _COLOURS[walk.part_of(index)]
    read = index - walk.payload_start - walk.decisions[decision].position
    if walk.part_of(index) == "payload" and read < 0:
        colour = _HELD if read >= -CODE_BYTES else _USED
    line = "2px solid #000" if in_field else "2px solid transparent"
    weight = "bold" if is_byte else "normal"
    return (
        f"<span style='background:{colour};border-top:{line};border-bottom:{line};"
        f"padding:0 0.3em;margin-right:1px;font-weight:{weight}'>{walk.data[index]:02x}</span>"
    )


def describe_decision(walk: Walk, index: int) -> str:
    """Return one decision with its interval drawn, and those before it, as HTML."""
    one = walk.decisions[index]
    spent = sum(other.cost_bits for other in walk.decisions[: index + 1])
    text = (
        f"<b>decision {index + 1}</b> of {len(walk.decisions)}, {one.element}: the model says that "
        f"a one has probability {one.probability:.4f}. The interval is {one.low:08x} to "
        f"{one.high:08x}; up to {one.middle:08x} it is a one. The stream holds {one.code:08x}: "
        f"a <b>{'one' if one.bit else 'zero'}</b>, which cost {one.cost_bits:.3f} bits; "
        f"{spent:.2f} bits so far."
    )
    return f"{text}{_interval_svg(walk, index)}{_table(walk, index)}"


def _interval_svg(walk: Walk, index: int) -> str:
    """Draw the interval among all 32-bit numbers, and below it enlarged and cut."""
    one = walk.decisions[index]
    left, right = (BAR_PIXELS * end / (1 << 32) for end in (one.low, one.high + 1))
    width = one.high - one.low + 1
    cut = BAR_PIXELS * (one.middle - one.low + 1) / width
    code = BAR_PIXELS * (one.code - one.low + 0.5) / width
    ones, zeros = ("#9dc3e6", "#ddd") if one.bit else ("#ddd", "#9dc3e6")
    return (
        f"<svg width='{BAR_PIXELS}' height='104' style='display:block;margin:6px 0'>"
        f"<rect x='0' y='0' width='{BAR_PIXELS}' height='16' fill='#f2f2f2' stroke='#999'/>"
        f"<rect x='{left:.1f}' y='0' width='{max(right - left, 1):.1f}' height='16' "
        "fill='#88aacc'/>"
        f"<path d='M{left:.1f} 16 L0 44 M{right:.1f} 16 L{BAR_PIXELS} 44' stroke='#88aacc'/>"
        f"<rect x='0' y='44' width='{cut:.1f}' height='30' fill='{ones}'/>"
        f"<rect x='{cut:.1f}' y='44' width='{BAR_PIXELS - cut:.1f}' height='30' fill='{zeros}'/>"
        f"<path d='M{cut:.1f} 40 V78' stroke='#000' stroke-width='2'/>"
        f"<path d='M{code:.1f} 76 l-7 14 h14 z' fill='{_HELD}'/>"
        "<text x='4' y='64' font-size='13'>a one</text>"
        f"<text x='{BAR_PIXELS - 4}' y='64' font-size='13' text-anchor='end'>a zero</text></svg>"
    )


def _table(walk: Walk, index: int) -> str:
    """Return the decisions up to this one, the newest first."""
    rows = []
    for i in range(index, max(index - SEEN_BEFORE, 0) - 1, -1):
        one = walk.decisions[i]
        cells = (i + 1, one.element, f"{one.probability:.4f}", one.bit, f"{one.cost_bits:.3f}")
        style = "font-weight:bold" if i == index else ""
        rows.append(
            f"<tr style='{style}'>"
            + "".join(f"<td style='padding:0 1.2em 0 0'>{cell}</td>" for cell in cells)
            + "</tr>"
        )
    head = "".join(
        f"<td style='padding:0 1.2em 0 0'>{name}</td>"
        for name in ("decision", "element", "P(one)", "bit", "bits")
    )
    return f"<table style='line-height:1.3'><tr>{head}</tr>{''.join(rows)}</table>"
