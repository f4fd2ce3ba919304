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


@dataclass(frozen=True, slots=True)
class Node:
    """A part of a run that others depend on, or that depends on others.

    Attributes
    ----------
    label
        What it is called.
    state
        Where it stands, in a word; ``""`` if it has not been begun.
    done, failed, cancelled
        How much of it has ended, and how much of that has failed or was cancelled.
    running, waiting
        How much of it goes on, and how much is still to come.
    seconds
        How long what has ended took, in all.
    """

    label: str
    state: str = ""
    done: int = 0
    failed: int = 0
    cancelled: int = 0
    running: int = 0
    waiting: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Graph:
    """How the parts of a run hang together.

    Attributes
    ----------
    nodes
        Those that are shown.
    edges
        Pairs of places in *nodes*: the second gets something from the first. There may
        be circles.
    more
        How many nodes are left out.
    """

    nodes: tuple[Node, ...]
    edges: tuple[tuple[int, int], ...]
    more: int = 0


Exhibit = Bars | Graph | Sheet
