"""Headless Chromium, and servers of pages for it, as tests and benchmarks need them."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.conftest import HANGING_SECONDS, ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
INSTRUMENTS = ROOT / "notebooks" / "pages" / "instruments.ipynb"


@contextmanager
def voila(folder: Path) -> Iterator[str]:
    """Serve the instruments as ``make slider`` does; yields the address."""
    port = free_port()
    options = ("--no-browser", f"--port={port}", "--Voila.ip=127.0.0.1")
    command = ("voila", INSTRUMENTS, "--progressive_rendering=True", *options)
    address = f"http://127.0.0.1:{port}"
    with server(command, folder, f"{address}/voila/static/nothing"):
        yield address


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """Serve a copy of the instruments, since JupyterLab saves what it opens; yields the address."""
    shutil.copy(INSTRUMENTS, folder)
    port = free_port()
    command = (
        "jupyterlab",
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        "--IdentityProvider.token=",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=None",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    )
    address = f"http://127.0.0.1:{port}"
    with server(command, folder, f"{address}/api"):
        yield f"{address}/lab/tree/{INSTRUMENTS.name}?reset"


@contextmanager
def server(command: tuple, folder: Path, address: str) -> Iterator[None]:
    """Run a module as a server in a folder from its first answer until the block ends."""
    # The user's own settings and kernels stay out of it.
    environment = {
        **os.environ,
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
    }
    log = folder / "server.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *map(str, command)],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=output,
        )
    try:
        deadline = time.monotonic() + HANGING_SECONDS
        while True:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, f"no answer from {address}\n{log.read_text()}"
            try:
                urllib.request.urlopen(address, timeout=5).close()
                break
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.1)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def chromium() -> Iterator:
    """Yield a browser; playwright is imported here, for those who have none."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser
        browser.close()


def new_page(browser):
    """Return a page that can only reach this machine."""
    page = browser.new_page(viewport={"width": 1500, "height": 1100})
    page.set_default_timeout(1000 * HANGING_SECONDS)
    page.route(
        lambda url: not url.startswith(("http://127.0.0.1", "blob:", "data:")),
        lambda route: route.abort(),
    )
    return page


def open_tab(page, name: str):
    """Open a tab by the keyboard, and return the instrument in it."""
    current = page.locator(".widget-tab .lm-TabBar-tab.lm-mod-current").first
    titles = page.locator(".widget-tab .lm-TabBar-tab").all_text_contents()
    current.focus()
    for _ in range(titles.index(name) - titles.index(current.text_content())):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    return page.locator(".widget-tab-contents > *:visible").first
