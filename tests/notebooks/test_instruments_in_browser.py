"""The instruments in a real browser: JupyterLab and Voila, driven by headless Chromium.

With MMPC_PICTURES=folder the tests leave the pictures for README there.
"""

import html
import os
import re
import time
from pathlib import Path

import pytest

pytest.importorskip("playwright", reason="playwright is not installed (requirements.txt has it)")
pytest.importorskip("jupyterlab", reason="jupyterlab is in the extra mmpc[notebooks]")
pytest.importorskip("voila", reason="voila is in the extra mmpc[notebooks]")
pytest.importorskip("data_store", reason="pydicom-data holds the images of the lessons")

from playwright import sync_api as playwright

from mmpc.explore.instruments.lesion import describe_findings
from mmpc.explore.instruments.lesion_trial import judge_coded
from mmpc.explore.instruments.microscope import describe_block, tabulate_block
from mmpc.explore.instruments.predictions import load_ground, predict_block
from mmpc.explore.instruments.predictor import describe_prediction
from mmpc.explore.instruments.specimen import load_specimen, look_at, neighbour
from mmpc.explore.instruments.stack import SIDE, ZOOM
from mmpc.explore.instruments.walk import PLACES, load_walk
from mmpc.explore.instruments.walker import describe_bytes, describe_decision
from mmpc.tasks.lesions import Lesion
from mmpc.v2.slice_order import coding_order
from tests.conftest import HANGING_SECONDS
from tests.notebooks.chromium import CHROMIUM, chromium, jupyterlab, new_page, open_tab, voila

if CHROMIUM is None:
    pytest.skip("Chromium is not installed (Debian: apt install chromium)", allow_module_level=True)

playwright.expect.set_options(timeout=1000 * HANGING_SECONDS)

RUN_ALL_CELLS = """async () => {
    const app = window.jupyterapp;
    await app.restored;
    let panel;
    while (!panel) {
        panel = [...app.shell.widgets('main')].find(widget => widget.sessionContext);
        await new Promise(resolve => setTimeout(resolve, 100));
    }
    await panel.revealed;
    await panel.sessionContext.ready;
    await panel.sessionContext.session.kernel.info;
    app.shell.activateById(panel.id);
    await app.commands.execute('notebook:run-all-cells');
}"""


@pytest.fixture(scope="module")
def browser():
    """Return one browser for all tests."""
    with chromium() as started:
        yield started


@pytest.fixture
def page(browser):
    """Return a page that can only reach this machine."""
    page = new_page(browser)
    yield page
    page.close()


def move_slider_by_keyboard(page):
    """Press the right arrow until quality 40; assert numbers and picture follow; return seconds."""
    numbers = page.locator(".widget-html-content", has_text="bpp").first
    picture = page.locator("img.widget-image").first
    handle = page.locator(".noUi-handle").first
    picture.wait_for(state="attached")
    # JupyterLab scrolls to the last cell that it runs and hides what is far from it.
    picture.evaluate("image => image.scrollIntoView({block: 'center'})")
    picture.wait_for()
    playwright.expect(numbers).to_contain_text("quality 30")
    handle.focus()
    durations = []
    for quality in range(31, 41):
        text, source = numbers.text_content(), picture.get_attribute("src")
        start = time.perf_counter()
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            """([text, source]) => {
                const numbers = [...document.querySelectorAll('.widget-html-content')]
                    .find(element => element.textContent.includes('bpp'));
                const picture = document.querySelector('img.widget-image');
                return numbers.textContent !== text && picture.src !== source && picture.complete;
            }""",
            arg=[text, source],
            polling=5,
        )
        durations.append(time.perf_counter() - start)
        assert f"quality {quality}" in numbers.text_content()
        # 512 x 512 samples three times, with two gaps: a whole picture has arrived.
        assert picture.evaluate("image => image.naturalWidth") == 3 * 512 + 2 * 8
    return durations


def print_durations(place, durations):
    """Say how long the moves took; how long is too long depends on what else is running."""
    milliseconds = ", ".join(f"{1000 * seconds:.0f}" for seconds in durations)
    processes_per_core = os.getloadavg()[0] / (os.cpu_count() or 1)
    print(
        f"{place}: key press to new numbers and picture in {milliseconds} ms, "
        f"with {processes_per_core:.1f} processes per core"
    )


def test_slider_and_microscope_in_jupyterlab(page, tmp_path):
    """What JupyterLab might keep for itself: the keys of a slider and those of a picture."""
    with jupyterlab(tmp_path) as address:
        run_all_cells(page, address)
        print_durations("JupyterLab", move_slider_by_keyboard(page))
        use_microscope(page)


def test_instruments_in_voila(page, tmp_path):
    with voila(tmp_path) as address:
        page.goto(address, wait_until="commit")
        print_durations("Voila", move_slider_by_keyboard(page))
        take_picture(page.locator(".widget-tab-contents > *:visible").first, "slider")
        use_microscope(page)
        use_stack(page)
        use_walker(page)
        use_predictor(page)
        use_lesion(page)


def run_all_cells(page, address):
    """Open a notebook in JupyterLab and run it."""
    page.goto(address)
    page.wait_for_function("() => window.jupyterapp !== undefined")
    page.evaluate(RUN_ALL_CELLS)


def take_picture(part, name):
    """Leave a picture of a part of the page, if pictures are wanted."""
    folder = os.environ.get("MMPC_PICTURES")
    if folder:
        part.screenshot(path=Path(folder) / f"{name}.png")


def expect_numbers(instrument, markup):
    """Wait until a piece of HTML stands in the instrument as it is given."""
    text = html.unescape(re.sub("<[^>]*>", "", markup))
    found = instrument.locator(".widget-html-content", has_text=text[:40])
    playwright.expect(found).to_have_text(text)


def use_microscope(page):
    """Look at a block, at the one beside it by an arrow key, and at another by a click."""
    specimen = load_specimen("head_ct", 15)
    index = specimen.costs.block_at(128, 128)

    def expect_block():
        block = look_at(specimen, index)
        expect_numbers(instrument, describe_block(block, specimen, index))
        expect_numbers(instrument, tabulate_block(block))

    instrument = open_tab(page, "microscope")
    expect_block()
    sheet = instrument.locator(".mmpc-touch-sheet")
    sheet.focus()
    for key, steps in (("ArrowRight", (1, 0)), ("ArrowUp", (0, -1)), ("ArrowUp", (0, -1))):
        page.keyboard.press(key)
        index = neighbour(specimen, index, *steps)
        expect_block()
    sheet.click(position={"x": 2 * 167, "y": 2 * 112})
    index = specimen.costs.block_at(167, 112)
    expect_block()
    take_picture(instrument, "instruments_microscope")


def use_stack(page):
    """Go through slices by arrow keys, and move the cuts; the tree says what is decoded."""
    order = {place.index: place.references for place in coding_order(24)}

    def expect(index, x, y):
        needed = {index}
        for one in reversed(order):
            needed.update(order[one] if one in needed else ())
        listed = ", ".join(str(one) for one in order if one in needed)
        text = f"slice {index}: {len(needed)} of 24 slices are decoded for it ({listed})"
        numbers = instrument.locator(".widget-html-content", has_text="slices are decoded for it (")
        playwright.expect(numbers).to_contain_text(text)
        playwright.expect(numbers).to_contain_text(f"at ({x}, {y}): ")
        return numbers.text_content(), instrument.locator("img").first.get_attribute("src")

    instrument = open_tab(page, "stack")
    middle = SIDE // 2
    seen = [expect(12, middle, middle)]
    instrument.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowRight")
    seen.append(expect(13, middle, middle))
    sheet = instrument.locator(".mmpc-touch-sheet")
    sheet.focus()
    page.keyboard.press("ArrowUp")
    seen.append(expect(13, middle, middle - 1))
    sheet.click(position={"x": 30 * ZOOM + 1, "y": 40 * ZOOM + 1})
    seen.append(expect(13, 30, 40))
    assert all(len(set(column)) == len(seen) for column in zip(*seen, strict=True))
    take_picture(instrument, "instruments_stack")


def use_walker(page):
    """Step through decisions by arrow keys and buttons, and through the bytes."""
    walk = load_walk(next(iter(PLACES)))

    def expect(byte, decision):
        expect_numbers(instrument, describe_bytes(walk, byte, decision))
        expect_numbers(instrument, describe_decision(walk, decision))

    instrument = open_tab(page, "walker")
    expect(0, 0)
    byte, decision = instrument.locator(".noUi-handle").all()
    decision.focus()
    for i in range(1, 4):
        page.keyboard.press("ArrowRight")
        expect(0, i)
    instrument.get_by_role("button", name="forth").press("Enter")
    expect(0, 4)
    instrument.get_by_role("button", name="back").click()
    expect(0, 3)
    byte.focus()
    page.keyboard.press("ArrowRight")
    expect(1, 3)
    for _ in range(35):
        page.keyboard.press("ArrowRight")
    expect(36, 3)
    decision.focus()
    for _ in range(20):
        page.keyboard.press("ArrowRight")
    expect(36, 23)
    take_picture(instrument, "instruments_walker")


def use_predictor(page):
    """Try modes by arrow keys, walk to another block, and leave the padding in."""

    def expect(x, y, mode, padding=True):
        ground = load_ground(padding)
        block = predict_block(ground, x, y, 16)
        expect_numbers(instrument, describe_prediction(block, ground, x, y, mode))

    instrument = open_tab(page, "predictor")
    expect(112, 160, 26)
    instrument.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowRight")
    expect(112, 160, 27)
    sheet = instrument.locator(".mmpc-touch-sheet")
    sheet.focus()
    page.keyboard.press("ArrowDown")
    expect(112, 176, 27)
    take_picture(instrument, "instruments_predictor")
    sheet.click(position={"x": 2 * 120, "y": 2 * 20})
    expect(112, 16, 27)
    instrument.get_by_role("checkbox").press("Space")
    expect(112, 16, 27, padding=False)


def use_lesion(page):
    """Read what the observer found, and make the lesion weaker by the arrow keys."""
    instrument = open_tab(page, "lesion")
    one = Lesion(5, -8)
    expect_numbers(instrument, describe_findings(one, 32, judge_coded(one, 32)))
    take_picture(instrument, "instruments_lesion")
    picture = instrument.locator("img").first
    before = picture.get_attribute("src")
    instrument.locator(".noUi-handle").first.focus()
    page.keyboard.press("ArrowRight")
    numbers = instrument.locator(".widget-html-content", has_text="5 mm, -7 HU, quality 32")
    numbers.wait_for()
    assert picture.get_attribute("src") != before
