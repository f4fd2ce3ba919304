"""What a face shows of its run besides the tasks: parts that make a whole.

They are data, made anew for each snapshot; how they look is for views to say.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bar:
    """How far one part of a run is.

    Attributes
    ----------
    label
        What the part is called.
    done, total
        How much of it has ended, and how much there is; None if nobody knows.
    failed
        How much of *done* has failed.
    note
        A few words behind the numbers.
    """

    label: str
    done: int
    total: int | None
    failed: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Bars:
    """A bar for each part of a run.

    Attributes
    ----------
    bars
        Those that are shown.
    more
        How many are left out.
    """

    bars: tuple[Bar, ...]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A table of who takes part in a run.

    Attributes
    ----------
    caption
        What its rows are.
    columns
        The names of its columns.
    rows
        A cell for each column: text, a number or None.
    more
        How many rows are left out.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]
    more: int = 0


Exhibit = Bars | Sheet
