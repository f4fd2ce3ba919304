"""Parts of a page of which one is shown at a time, without a script.

Each is a radio button in its label, followed by its pane; which pane is seen follows
from which button is checked. The buttons belong to a form, which keeps them apart from
those of the same run in another cell, and which cannot be sent. Where there is no style
sheet the labels are headings, and the panes lie open one below the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Tab:
    """One part of a page.

    Attributes
    ----------
    name
        What it is called.
    number
        How many things are in it, as text; may be empty.
    pane
        What is in it, as HTML.
    alarming
        Whether the number is that of failures.
    """

    name: str
    number: str
    pane: str
    alarming: bool = False


def tabs_html(tabs: Iterable[Tab], whose: str) -> str:
    """Return those of *tabs* that have something in their pane, the first chosen.

    Parameters
    ----------
    tabs
        The parts.
    whose
        What they are parts of, for those who listen to the page.
    """
    filled = [tab for tab in tabs if tab.pane]
    if not filled:
        return ""
    parts = "".join(_tab(tab, whose, chosen=tab is filled[0]) for tab in filled)
    return f'<form class="nbp-tabs" method="dialog">{parts}</form>'


def _tab(tab: Tab, whose: str, *, chosen: bool) -> str:
    name, number = escape(tab.name), escape(tab.number)
    told = escape(f"{whose}: {tab.name}")
    checked = " checked" if chosen else ""
    kind = ' class="nbp-bad"' if tab.alarming else ""
    return (
        f'<label><input type="radio" name="nbp-tab"{checked}><b>{name}</b> '
        f"<span{kind}>{number}</span></label>"
        f'<div class="nbp-pane" role="group" tabindex="0" aria-label="{told}">'
        f"{tab.pane}</div>"
    )
