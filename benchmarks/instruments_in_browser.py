"""How long the instruments take to answer in headless Chromium, on the page of ``make slider``.

From a key press to the last change that it makes on the page: numbers, and pictures as they are
decoded and painted. An answer is over when nothing has changed for a quarter of a second, so the
observer of the lesion, who comes a second later, is not waited for.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.notebooks.chromium import chromium, new_page, open_tab, voila

ROUNDS = 6
QUIET_MS = 250
# Where the keys go: a slider's handle, or the sheet over a picture.
HANDLE, SHEET = ".noUi-handle", ".mmpc-touch-sheet"
STEERED_BY = {
    "slider": HANDLE,
    "microscope": SHEET,
    "stack": HANDLE,
    "walker": HANDLE,
    "predictor": HANDLE,
    "lesion": HANDLE,
}
# Two frames after a change it is painted.
WATCH = """() => {
    const watch = window.mmpcWatch = {pressed: 0, changed: 0};
    const note = () => requestAnimationFrame(() => requestAnimationFrame(
        () => { watch.changed = performance.now(); }));
    const start = () => { watch.pressed = performance.now(); watch.changed = 0; };
    document.addEventListener('keydown', start, true);
    document.addEventListener('load', event => event.target.tagName === 'IMG' && note(), true);
    new MutationObserver(changes => {
        const isAnswer = change => {
            const at = change.target.closest ? change.target : change.target.parentElement;
            return at.closest('.widget-html-content, .widget-image');
        };
        if (changes.some(isAnswer)) note();
    }).observe(document.body, {subtree: true, childList: true, characterData: true});
}"""
IS_OVER = f"""() => {{
    const watch = window.mmpcWatch;
    return watch.changed && performance.now() - watch.changed > {QUIET_MS};
}}"""


@dataclass(frozen=True)
class Answers:
    """One instrument: seconds until it stands there, milliseconds of each answer."""

    name: str
    set_up_s: float
    answers_ms: list[float]

    @property
    def median_ms(self) -> float:
        """The median of the answers."""
        return statistics.median(self.answers_ms)


def measure() -> Iterator[Answers]:
    """Open one tab after the other and press arrow keys in it, there and back."""
    with tempfile.TemporaryDirectory() as folder, voila(Path(folder)) as url, chromium() as browser:
        page = new_page(browser)
        start = time.perf_counter()
        page.goto(url, wait_until="commit")
        for name, target in STEERED_BY.items():
            instrument = page.locator(".widget-tab-contents > *:visible").first
            if name != "slider":
                start = time.perf_counter()
                instrument = open_tab(page, name)
            wait_until_it_stands(page, instrument, name)
            set_up_s = time.perf_counter() - start
            if name == "slider":
                page.evaluate(WATCH)
            instrument.locator(target).first.focus()
            keys = ROUNDS * ("ArrowRight", "ArrowLeft")
            yield Answers(name, set_up_s, [press(page, key) for key in keys])


def wait_until_it_stands(page, instrument, name: str) -> None:
    """Wait for picture and numbers."""
    picture = instrument.locator("img").first
    picture.wait_for()
    page.wait_for_function(
        "picture => picture.complete && picture.naturalWidth > 1", arg=picture.element_handle()
    )
    if name == "lesion":  # else the observer's answer to the start comes in between
        instrument.get_by_text("kept of d'").wait_for()


def press(page, key: str) -> float:
    """Press a key and return the milliseconds to the last change."""
    page.keyboard.press(key)
    page.wait_for_function(IS_OVER, polling=50)
    return page.evaluate("() => window.mmpcWatch.changed - window.mmpcWatch.pressed")
