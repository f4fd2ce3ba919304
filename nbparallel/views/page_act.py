"""The buttons in a page that a notebook keeps, as they are before a kernel shows them.

Nobody sees them, and they have no text: what takes the attributes away that hide them,
as GitHub does, leaves nothing. See `edge.page_buttons`.
"""

from __future__ import annotations

from html import escape
from typing import Final

#: What the button for all that is not ok sends; one for a group sends its position.
EVERYTHING: Final = "all"


def act(name: str, what: str, label: str) -> str:
    """Return a button of the run called *name*, which sends *what*."""
    return (
        f'<button type="button" class="nbp-act nbp-for-{name}" name="{name}" '
        f'value="{what}" style="display:none" aria-label="{escape(label)}"></button>'
    )
