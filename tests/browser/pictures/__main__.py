"""What ``make pictures`` calls; with the names of parts, those alone.

``python -m tests.browser.pictures [--into FOLDER] [PART ...]``
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from tests.browser.pictures import film, lab, pages, scenes, sheet
from tests.browser.pictures.studio import Studio, studio

ROOT = Path(__file__).parents[3]
SITE = ROOT / "build/docs"


def take_lab(studio: Studio, folder: Path) -> None:
    """Take the panel in JupyterLab, and its notebook as nbconvert shows it."""
    pages.take_converted(studio, lab.take(studio, folder), folder)


def take_panel(studio: Studio, folder: Path) -> None:
    """Take the picture of README that stands still."""
    with studio.open_notebook(scenes.CELLS, sharp=True) as notebook:
        lab.take_panel(notebook, folder)


def take_site(studio: Studio, folder: Path) -> None:
    """Take pages of the site as it was built last."""
    pages.take_site(studio, SITE, folder)


PARTS = {"lab": take_lab, "panel": take_panel, "film": film.take, "site": take_site}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.pictures")
    parser.add_argument("--into", type=Path, default=ROOT / ".cache/pictures")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    asked = parser.parse_args()
    if unknown := set(asked.parts) - set(PARTS):
        parser.error(
            f"no such part: {', '.join(unknown)}; there are {', '.join(PARTS)}"
        )
    if not asked.parts:
        shutil.rmtree(asked.into, ignore_errors=True)
    asked.into.mkdir(parents=True, exist_ok=True)
    with studio() as here:
        for part in asked.parts or PARTS:
            PARTS[part](here, asked.into)
    print(f"Look at each of them: {sheet.write(asked.into)}")  # noqa: T201 # what it is called for


if __name__ == "__main__":
    main()
