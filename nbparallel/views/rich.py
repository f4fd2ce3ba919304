"""A value in its rich form, where it has one: a picture or a table.

Guarantees: nothing in it runs a script, asks for anything over the network or looks
like a part of ours. HTML is cleaned, pictures are in the page itself.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import Any, Final

from nbparallel.edge.forms import form

#: The forms that are shown, the best first.
PICTURES: Final = ("image/png", "image/jpeg", "image/svg+xml")
#: The most bytes of a picture in base64, and of HTML before it is cleaned.
MOST: Final = 500_000
MOST_HTML: Final = 100_000


def html(value: object) -> str:
    """Return the rich form of *value*; nothing if it has none, or one too large."""
    return _best(partial(form, value), "the result")


def displayed(data: Mapping[str, Any]) -> str:
    """Return the rich form of something displayed, which is there in these forms."""
    return _best(data.get, "displayed by the task")


def _best(form_of: Callable[[str], Any], name: str) -> str:
    for kind in PICTURES:
        if shown := _picture(form_of(kind), kind, name):
            return shown
    source = form_of("text/html")
    if not isinstance(source, str) or len(source) > MOST_HTML:
        return ""
    return _clean(source)


def _picture(data: object, kind: str, name: str) -> str:
    if isinstance(data, str):
        # IPython encodes some pictures itself; an SVG is text.
        data = data.encode() if kind.endswith("xml") else _decoded(data)
    if not isinstance(data, bytes) or not data:
        return ""
    source = b64encode(data).decode()
    if len(source) > MOST:
        return ""
    return f'<img class="nbp-rich" alt="{name}" src="data:{kind};base64,{source}">'


def _decoded(text: str) -> bytes:
    """Return what *text* is in base64, or nothing if it is none."""
    with suppress(ValueError):
        return b64decode("".join(text.split()), validate=True)
    return b""


def _clean(source: str) -> str:
    import nh3

    # What a page would load tells others who looks, and when.
    cleaned = nh3.clean(source, tags=nh3.ALLOWED_TAGS - {"img", "a", "area", "map"})
    return f'<div class="nbp-rich">{cleaned}</div>' if cleaned.strip() else ""
