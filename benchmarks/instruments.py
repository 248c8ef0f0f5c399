"""How long the instruments take to answer: ``python -m benchmarks.instruments``.

Each instrument is made without a browser, its slow part awaited, and then steered. A row says how
long it took until there was something to see; the median and the largest time of an answer, from a
change of a control to what is shown then; and, where more follows by itself (the observer of the
lesion), how much later that was there. Then, where playwright and Chromium are installed, the same
on the page of ``make slider``, from a key press to the last painted change, and after how many
seconds each tab stood there: the first counted from the server's first answer, with Python's start.
"""

import statistics
import time
from collections.abc import Iterator
from importlib.util import find_spec

import ipywidgets

from benchmarks import instruments_in_browser
from mmpc.explore.instruments.lesion import lesion
from mmpc.explore.instruments.microscope import microscope
from mmpc.explore.instruments.predictor import predictor
from mmpc.explore.instruments.stack import stack
from mmpc.explore.instruments.walker import walker
from mmpc.explore.latest import LatestOnly
from tests.notebooks.chromium import CHROMIUM

ROUNDS = 12
LIMIT_MS = 200


def main() -> None:
    """Measure and print both tables."""
    without_browser()
    in_browser()


def in_browser() -> None:
    """Measure and print the table of the page in Chromium."""
    if CHROMIUM is None or find_spec("playwright") is None:
        print("in a browser: not measured, Chromium or playwright is not installed")
        return
    print("in Chromium  stands after, s  median, ms  largest, ms")
    for row in instruments_in_browser.measure():
        largest = max(row.answers_ms)
        print(f"{row.name:11} {row.set_up_s:16.1f} {row.median_ms:11.0f} {largest:12.0f}", end="")
        print(note(row.median_ms))


def note(median_ms: float) -> str:
    """Return what is said of a median above the limit."""
    return "" if median_ms <= LIMIT_MS else f"  above {LIMIT_MS}"


def without_browser() -> None:
    """Measure and print the table of the instruments alone."""
    print("instrument  set up, s  median, ms  largest, ms  the rest, ms later")
    for name, (make, steer) in INSTRUMENTS.items():
        start = time.perf_counter()
        latest = LatestOnly()
        widget = make(latest=latest)
        latest.wait()
        set_up_s = time.perf_counter() - start
        answers_ms, later_ms = [], []
        for change in steer(widget):
            times = [time.perf_counter()]
            for act in (change, latest.wait):
                act()
                times.append(time.perf_counter())
            answers_ms.append(1000 * (times[1] - times[0]))
            later_ms.append(1000 * (times[2] - times[1]))
        median, largest = statistics.median(answers_ms), max(answers_ms)
        later = statistics.median(later_ms)
        print(
            f"{name:10} {set_up_s:10.1f} {median:11.0f} {largest:12.0f} {later:19.0f}{note(median)}"
        )


def steer_microscope(widget: ipywidgets.Widget) -> Iterator:
    """Walk to the right and down."""
    touch = widget.children[2]
    for i in range(1, ROUNDS + 1):
        yield lambda i=i: touch.counts.set_trait("value", f"{i} {i} 0 0 0")


def steer_stack(widget: ipywidgets.Widget) -> Iterator:
    """Move through the slices, and the cuts with them."""
    choices, _hint, touch, _numbers = widget.children
    for i in range(ROUNDS):
        yield lambda i=i: choices.children[0].set_trait("value", i)
        yield lambda i=i: touch.counts.set_trait("value", f"{i + 1} 0 0 0 0")


def steer_walker(widget: ipywidgets.Widget) -> Iterator:
    """Step through decisions and bytes."""
    choices, _hint, _above, steps, _interval = widget.children
    for i in range(1, ROUNDS + 1):
        yield lambda i=i: steps.children[0].set_trait("value", i)
        yield lambda i=i: choices.children[1].set_trait("value", i)


def steer_predictor(widget: ipywidgets.Widget) -> Iterator:
    """Go through the modes, and from block to block."""
    choices, _hint, below = widget.children
    for i in range(1, ROUNDS + 1):
        yield lambda i=i: choices.children[0].set_trait("value", i)
        yield lambda i=i: below.children[0].counts.set_trait("value", f"{i} 0 0 0 0")


def steer_lesion(widget: ipywidgets.Widget) -> Iterator:
    """Make the lesion stronger; what is timed is the picture, not the observer."""
    controls = widget.children[1].children[0].children
    for i in range(1, ROUNDS + 1):
        yield lambda i=i: controls[0].set_trait("value", -i)


INSTRUMENTS = {
    "microscope": (microscope, steer_microscope),
    "stack": (stack, steer_stack),
    "walker": (walker, steer_walker),
    "predictor": (predictor, steer_predictor),
    "lesion": (lesion, steer_lesion),
}

if __name__ == "__main__":
    main()
