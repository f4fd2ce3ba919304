"""A server, a browser, and the looks in which each picture is taken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, Route, sync_playwright

from tests.support.browser import NotebookPage
from tests.support.chromium import FLAGS, find_chromium
from tests.support.server import Server

#: Widths of the browser's window: a desk, half of it, a telephone.
WIDTHS = (1300, 700, 420)
HEIGHT = 900
#: The window's width for what README and the site show: items are whole, letters large.
PAGE = 1030
#: What they call it, and whether it is dark.
NAMES = {"panel": False, "panel-dark": True}
#: Dots of a sharp picture for each dot that a style sheet speaks of, each way.
SHARP = 2


@dataclass
class Studio:
    """Where pictures are taken.

    Attributes
    ----------
    browser
        What opens pages. They reach this machine and nothing else.
    sharp
        The same with twice as many dots each way, for pictures that go elsewhere.
    server
        What serves notebooks.
    """

    browser: BrowserContext
    sharp: BrowserContext
    server: Server

    @contextmanager
    def open_notebook(
        self, cells: Sequence[str], *, sharp: bool = False
    ) -> Iterator[NotebookPage]:
        """Open a new notebook, and close it."""
        browser = self.sharp if sharp else self.browser
        notebook = NotebookPage(browser, self.server, cells)
        yield notebook
        notebook.close()

    @contextmanager
    def open_file(self, path: Path) -> Iterator[Page]:
        """Open a page of HTML, and close it."""
        page = self.browser.new_page()
        page.goto(path.as_uri())
        yield page
        page.close()


@contextmanager
def studio() -> Iterator[Studio]:
    """Start all of it, and stop it."""
    with TemporaryDirectory() as directory, sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=find_chromium(), args=FLAGS
        )
        browser, sharp = (_open(chromium, scale) for scale in (1, SHARP))
        server = Server(Path(directory))
        try:
            yield Studio(browser, sharp, server)
        finally:
            server.shutdown_kernels()
            server.stop()
            chromium.close()


def looks(page: Page, set_dark: Callable[[bool], Any]) -> Iterator[str]:
    """Go through all looks of a page; yield the name of each."""
    for dark in (False, True):
        set_dark(dark)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            page.evaluate(_TWO_FRAMES)
            yield f"{'dark' if dark else 'light'} {width}"
    set_dark(False)
    page.set_viewport_size({"width": WIDTHS[0], "height": HEIGHT})


#: The first may have been laid out before the change.
_TWO_FRAMES = """
() => new Promise(go => requestAnimationFrame(() => requestAnimationFrame(go)))
"""


def _open(chromium: Browser, scale: int) -> BrowserContext:
    size = {"width": WIDTHS[0], "height": HEIGHT}
    opened = chromium.new_context(viewport=size, device_scale_factor=scale)
    opened.route("**", _stay_here)
    return opened


def _stay_here(route: Route) -> None:
    address = urlsplit(route.request.url)
    if address.scheme == "file" or address.hostname == "127.0.0.1":
        route.continue_()
    else:
        route.abort()
