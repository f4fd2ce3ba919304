"""The panel where there is no JupyterLab: in converted notebooks and on the site."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page

from tests.browser.pictures.studio import HEIGHT, WIDTHS, Studio, looks

#: Templates of nbconvert with the themes they have.
TEMPLATES = (("lab", "light"), ("lab", "dark"), ("classic", "light"))
#: Pages of the site, and what is to be seen on them.
SITE = {
    "site landing": ("index.html", "h1"),
    "site tutorial": ("tutorials/01-quickstart.html", ".nbp"),
}


def take_converted(studio: Studio, notebook: Path, folder: Path) -> None:
    """Take a notebook as nbconvert makes a page of it, in every template and theme."""
    with TemporaryDirectory() as directory:
        for template, theme in TEMPLATES:
            made = Path(directory, f"{template}-{theme}.html")
            _convert(notebook, template, theme, made)
            with studio.open_file(made) as page:
                for width in WIDTHS:
                    page.set_viewport_size({"width": width, "height": HEIGHT})
                    name = f"nbconvert {template} {theme} {width}.png"
                    page.screenshot(path=folder / name, full_page=True)


def take_site(studio: Studio, site: Path, folder: Path) -> None:
    """Take the site's first pages, as much of them as a window shows."""
    for name, (path, what) in SITE.items():
        with studio.open_file(site / path) as page:
            for look in looks(page, lambda dark, page=page: _prefer(page, dark)):
                shown = page.locator(what).first
                shown.evaluate(
                    "each => scrollBy(0, each.getBoundingClientRect().y - 100)"
                )
                page.screenshot(path=folder / f"{name} {look}.png")


def _convert(notebook: Path, template: str, theme: str, made: Path) -> None:
    subprocess.run(
        [
            *(sys.executable, "-m", "nbconvert", "--to", "html", str(notebook)),
            *("--template", template, "--theme", theme),
            *("--output-dir", str(made.parent), "--output", made.stem),
        ],
        check=True,
        capture_output=True,
    )


def _prefer(page: Page, dark: bool) -> None:  # noqa: FBT001
    page.emulate_media(color_scheme="dark" if dark else "light")
