"""The moving picture: a run with failures, a look at them, a retry, a Cancel.

What is seen is what the browser drew, at the pace at which it did. Browsers without a
screen draw no pointer; one is drawn where the real one is.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.pictures import scenes
from tests.browser.pictures.studio import NAMES, PAGE, Studio
from tests.browser.test_panel_opened import tab
from tests.support.browser import NotebookPage

#: What the film begins with: failures that come early and that a retry mends.
CELLS = (scenes.EARLY, "run = nbp.pmap(fetch, urls, workers=8)")
RUN = 1
#: A window in which both cells have room.
TALL = 1200
#: Seconds: two frames are no closer, and none stands longer but the last.
CLOSEST, LONGEST, LAST = 0.1, 1, 1.8

Box = tuple[int, int, int, int]


@dataclass
class Film:
    """What a page has shown: pictures, each with the second from which on it was."""

    frames: list[tuple[float, bytes]] = field(default_factory=list)

    def save(self, path: Path, box: Box) -> None:
        """Write what was to be seen in *box*, for ever again."""
        seen = list(_seen(sorted(self.frames), box))
        durations = [
            round(1000 * min(after - before, LONGEST))
            for (before, _), (after, _) in pairwise(seen)
        ]
        first, *others = [image for _, image in seen]
        first.save(
            path,
            save_all=True,
            append_images=others,
            duration=[*durations, round(1000 * LAST)],
            loop=0,
            lossless=True,
            method=4,
            quality=100,
            minimize_size=True,
        )


def _seen(
    frames: Sequence[tuple[float, bytes]], box: Box
) -> Iterator[tuple[float, Image.Image]]:
    """Yield the frames that differ, some time apart."""
    latest, shown = float("-inf"), b""
    for (second, data), after in zip(frames, [*frames[1:], None], strict=True):
        if after is not None and after[0] - latest < CLOSEST:
            continue  # the one that follows tells more
        with Image.open(BytesIO(data)) as image:
            part = image.convert("RGB").crop(box)
        if part.tobytes() == shown:
            continue
        latest, shown = second, part.tobytes()
        yield second, part


@contextmanager
def filming(page: Page) -> Iterator[Film]:
    """Keep what the page shows, each time it changes."""
    film = Film()
    session = page.context.new_cdp_session(page)

    def keep(event: dict[str, Any]) -> None:
        second = event["metadata"]["timestamp"]
        film.frames.append((second, base64.b64decode(event["data"])))
        session.send("Page.screencastFrameAck", {"sessionId": event["sessionId"]})

    session.on("Page.screencastFrame", keep)
    session.send("Page.startScreencast", {"format": "png"})
    yield film
    session.send("Page.stopScreencast")
    session.detach()


def take(studio: Studio, folder: Path) -> None:
    """Play it and film it, in light and dark."""
    for name, dark in NAMES.items():
        with studio.open_notebook(CELLS) as notebook:
            notebook.page.set_viewport_size({"width": PAGE, "height": TALL})
            notebook.set_dark(dark)
            scenes.begin(notebook)
            film_cell(notebook, folder / f"{name}.webp")


def film_cell(notebook: NotebookPage, path: Path) -> None:
    """Play it and film the cell in which it happens."""
    page = notebook.page
    page.evaluate(_POINTER)
    with filming(page) as film:
        _play(notebook)
    cell = page.locator(".jp-Notebook .jp-Cell").nth(RUN).bounding_box()
    left, top, width, height = map(int, map(cell.get, ("x", "y", "width", "height")))
    film.save(path, (left, top, left + width, top + height))


def _play(notebook: NotebookPage) -> None:
    output = notebook.output(RUN)
    _point_at(notebook.page.locator(".jp-Notebook .jp-InputPrompt").nth(RUN))
    notebook.run_cell(RUN)
    notebook.wait_for_text(RUN, re.compile(r"1[0-2] failed"))
    _click(tab(output, "Failed"))
    _click(output.get_by_title("Open group 1"))
    notebook.wait_for_text(RUN, "raise ConnectionError")
    notebook.wait_for_text(RUN, "12 failed")
    notebook.page.wait_for_timeout(1000)  # to be read
    _click(output.get_by_role("button", name=re.compile("^Retry these")).first)
    notebook.wait_until_done(RUN)
    notebook.wait_for_text(RUN, "+12 by retry")
    expect(notebook.button(RUN, "Cancel")).to_have_count(0)
    notebook.page.wait_for_timeout(1200)
    notebook.run_cell(RUN)
    notebook.wait_for_text(RUN, re.compile(r"\b[2-9]\d ok"))
    _click(notebook.button(RUN, "Cancel"))
    notebook.wait_until_done(RUN)
    notebook.wait_for_text(RUN, "cancelled")
    notebook.page.wait_for_timeout(500)


def _click(target: Locator) -> None:
    _point_at(target)
    target.click()


def _point_at(target: Locator) -> None:
    """Move the pointer there, as fast as a hand does."""
    target.hover()
    target.page.wait_for_timeout(_HAND)


#: Milliseconds of a movement.
_HAND = 350
_POINTER = """() => {
  const pointer = document.createElement('div');
  pointer.innerHTML = `<svg width="18" height="24" viewBox="0 0 18 24"><path
    d="M1 1v18l4.5-4 3 7 3-1.2-3-7H15z" fill="#000" stroke="#fff" stroke-width="1.3"/>
    </svg>`;
  pointer.style.cssText = `position: fixed; left: -30px; top: 40%; z-index: 99999;
    pointer-events: none; transition: left 300ms, top 300ms`;
  document.body.append(pointer);
  addEventListener('mousemove', event => {
    pointer.style.left = `${event.clientX}px`;
    pointer.style.top = `${event.clientY}px`;
  }, true);
}"""
