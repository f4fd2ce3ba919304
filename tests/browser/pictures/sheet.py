"""One page with all pictures, side by side."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import groupby
from pathlib import Path
from urllib.parse import quote

from tests.browser.pictures.studio import WIDTHS

_PAGE = """<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<title>Pictures of nbparallel</title>
<style>
body {{ font: 14px sans-serif; margin: 1em; background: #777; color: #fff; }}
div {{ display: flex; gap: 1em; align-items: start; overflow-x: auto; }}
figure {{ margin: 0; flex: 0 0 auto; }}
img {{ max-height: 600px; max-width: 90vw; }}
a {{ color: inherit; }}
</style>
<h1>Pictures of nbparallel</h1>
{rows}
</html>
"""


def write(folder: Path) -> Path:
    """Write the page, in the folder of the pictures; return where it is."""
    paths = (path for path in folder.iterdir() if path.suffix in {".png", ".webp"})
    page = folder / "index.html"
    page.write_text(contact_sheet(path.name for path in paths), encoding="utf-8")
    return page


def contact_sheet(names: Iterable[str]) -> str:
    """Return a page of HTML: a row for each thing that is shown in several looks."""
    rows = groupby(sorted(names, key=_order), key=_subject)
    return _PAGE.format(rows="\n".join(_row(what, names) for what, names in rows))


def _row(what: str, names: Iterable[str]) -> str:
    figures = "".join(map(_figure, names))
    return f"<h2>{escape(what)}</h2>\n<div>{figures}</div>"


def _figure(name: str) -> str:
    address = escape(quote(name))
    return (
        f'<figure><a href="{address}"><img src="{address}" alt="{escape(name)}" '
        f'loading="lazy"></a><figcaption>{escape(name)}</figcaption></figure>'
    )


def _subject(name: str) -> str:
    """Tell what is shown: the name without the look."""
    words = Path(name).stem.split(" ")
    return " ".join(words[:-2]) if words[-1] in map(str, WIDTHS) else words[0]


def _order(name: str) -> tuple[str, bool, int, str]:
    words = Path(name).stem.split(" ")
    width = int(words[-1]) if words[-1] in map(str, WIDTHS) else 0
    return _subject(name), "dark" in words, -width, name
