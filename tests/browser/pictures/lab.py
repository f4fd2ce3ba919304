"""The panel in JupyterLab: while a run goes on, when it has ended, and reopened."""

from __future__ import annotations

from pathlib import Path

import nbformat

from tests.browser.pictures import scenes
from tests.browser.pictures.studio import HEIGHT, NAMES, PAGE, Studio, looks
from tests.support.browser import NotebookPage

#: What JupyterLab needs of a window's height for itself, and more.
AROUND = 200

_SCENES = (
    ("running", scenes.RUN, scenes.go_on),
    ("paused", scenes.RUN, scenes.pause),
    ("cancelled", scenes.RUN, scenes.cancel),
    ("failed", scenes.FAILED, scenes.fail),
    ("ended", scenes.ENDED, scenes.end),
)


def take(studio: Studio, folder: Path) -> Path:
    """Take every scene in every look; return the notebook with all of them."""
    with studio.open_notebook(scenes.CELLS) as notebook:
        scenes.begin(notebook)
        for name, cell, play in _SCENES:
            play(notebook)
            take_cell(notebook, cell, name, folder)
        notebook.save()
        _forge(notebook.file)
        notebook.reopen()
        notebook.wait_for_text(scenes.FAILED, "60 of 60")
        notebook.shutdown_kernel()
        take_cell(notebook, scenes.FAILED, "reopened untrusted", folder)
        return notebook.file


def take_cell(notebook: NotebookPage, cell: int, name: str, folder: Path) -> None:
    """Take a cell in every look."""
    for look in looks(notebook.page, notebook.set_dark):
        picture(notebook, cell, folder / f"{name} {look}.png")


def take_panel(notebook: NotebookPage, folder: Path) -> None:
    """Take what README shows where nothing may move: a run that goes on."""
    notebook.page.set_viewport_size({"width": PAGE, "height": HEIGHT})
    scenes.begin(notebook)
    scenes.go_on(notebook)
    for name, dark in NAMES.items():
        notebook.set_dark(dark)
        picture(notebook, scenes.RUN, folder / f"{name}.png")
    notebook.set_dark(False)
    scenes.cancel(notebook)


def picture(notebook: NotebookPage, cell: int, path: Path) -> None:
    """Take one picture of a cell, all of it."""
    shown = notebook.page.locator(".jp-Notebook .jp-Cell").nth(cell)
    width = notebook.page.viewport_size["width"]
    height = max(HEIGHT, int(shown.bounding_box()["height"]) + AROUND)
    notebook.page.set_viewport_size({"width": width, "height": height})
    shown.screenshot(path=path)


def _forge(file: Path) -> None:
    """Change a notebook behind the back of the server, which then doesn't trust it."""
    notebook = nbformat.read(file, as_version=4)
    notebook.metadata["title"] = "Somebody else's"
    nbformat.write(notebook, file)
