"""Which tasks of a run somebody looks at, and what there is to see of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from nbparallel.records.displays import Display
from nbparallel.records.snapshot import Row
from nbparallel.records.tries import Try

#: How many tasks a page has.
PAGE: Final = 25

#: In which order tasks come: as in the input, the last to end or the slowest first.
Order = Literal["input", "latest", "slowest"]


@dataclass(frozen=True, slots=True)
class Query:
    """Which tasks to look at.

    Attributes
    ----------
    words
        What their number, item, status, result, error or output contains, in whatever
        case; ``""`` is in all.
    order
        In which order.
    page
        Which page of them, counted from 0.
    """

    words: str = ""
    order: Order = "input"
    page: int = 0


@dataclass(frozen=True, slots=True)
class Page:
    """A page of tasks.

    Attributes
    ----------
    rows
        The tasks.
    number, pages
        Which page it is, counted from 0, and how many there are, at least one.
    found
        How many tasks there are on all pages.
    searched
        How many tasks have been looked at, if those were not all; else None.
    """

    rows: tuple[Row, ...]
    number: int
    pages: int
    found: int
    searched: int | None = None


@dataclass(frozen=True, slots=True)
class Detail:
    """Everything about one task.

    Attributes
    ----------
    row
        Its row.
    tries
        Its attempts but for the latest.
    displays
        What it has displayed of late.
    """

    row: Row
    tries: tuple[Try, ...]
    displays: tuple[Display, ...] = ()
