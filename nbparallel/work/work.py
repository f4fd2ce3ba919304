"""What a face hands to the engine: a call, its inputs, and how they are to be shown."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from nbparallel.work.order import Stage

if TYPE_CHECKING:
    import pandas as pd

    from nbparallel.records.caption import Caption
    from nbparallel.records.exhibits import Exhibit
    from nbparallel.records.reasons import Reasons

#: What every run is called until the next one begins.
LATEST: Final = "nbp.last"


@dataclass(frozen=True, slots=True)
class Work:
    """The subject of a run.

    Attributes
    ----------
    name
        What the run is called where the user gives no description.
    call
        Takes one item, returns its result.
    items
        The items that are at hand, or None where they come from *source*.
    source
        The iterator that a lazy input is read from, or None.
    total
        How many items there will be; None where a lazy input does not tell.
    index
        The index that the rows of the result keep, or None.
    frame
        A DataFrame with one row per item, in the dtypes of the input, which shows them;
        None where they are shown as they are.
    needs
        By task, the earlier tasks that must have ended ok before it starts; only for
        *items* that are at hand. None where no task needs another.
    reasons
        Why tasks need others, to be shown; None where that is not told.
    order
        In which order tasks start, for *items* that are at hand; then there are no
        *needs*. None where that is all the same.
    made
        The last tasks, if their items are made of what others come to: each is the last
        part of a stage in turn. They are made again whenever one of those is, and are
        in no journal.
    measurement
        Whether its tasks are legs of a measurement: its result is made of them once, so
        there is no retry, and what a leg raises is not told as a task's.
    open
        Whether tasks can be added while the run goes on, until it is closed.
    once
        Whether a task stays as it has ended, since its face has been told: there is no
        retry.
    singly
        Whether a claim has but one task, so that each end is told at once: where what
        goes on next hangs on it.
    near
        Whether its tasks need the memory of this process: no other can carry them out.
    fn
        The user's function, by which a journal is told from others.
    source_text
        The source of it, where nobody else could find it.
    exhibits
        Returns what is to be shown of the run besides its tasks, as it stands; called
        by any thread, without a lock.
    caption
        Returns what is said of the run beside its numbers; called likewise.
    handle
        What the user writes for the run.
    """

    name: str
    call: Callable[[Any], Any]
    items: list[Any] | None
    source: Iterator[Any] | None
    total: int | None
    index: pd.Index | None = None
    frame: pd.DataFrame | None = None
    needs: Mapping[int, Collection[int]] | None = None
    reasons: Reasons | None = None
    order: Stage | None = None
    made: range = range(0)
    measurement: bool = False
    open: bool = False
    once: bool = False
    singly: bool = False
    near: bool = False
    fn: Callable[..., Any] | None = None
    source_text: str | None = None
    exhibits: Callable[[], Iterable[Exhibit]] | None = None
    caption: Callable[[], Caption] | None = None
    handle: str = "run"
