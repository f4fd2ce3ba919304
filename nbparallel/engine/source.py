"""Where claims come from: the input, and tasks that were given back.

Called with the tree's lock held, but for `pull`, which runs the user's iterator.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from contextvars import Context
from time import perf_counter
from typing import Any

from nbparallel.engine.needs import Needs
from nbparallel.errors import without_our_frames
from nbparallel.records.store import Records

#: Seconds after which pulling from a lazy input stops with what there is.
LONG_PULL = 0.001


class Source:
    """The tasks of one run that no worker holds.

    A lazy input is pulled by one thread at a time, only when a worker wants a task, and
    never for longer than it takes to get one item or `LONG_PULL`.

    Attributes
    ----------
    returned
        Tasks that were claimed once and given back, handed out before new ones.
    fresh
        Tasks at hand that were never claimed.
    exhausted
        The input has no further items.
    pulling
        A thread is reading from the input right now.
    error
        What the input raised, or None.
    needs
        The tasks that wait for others, or None where no task does.
    """

    def __init__(
        self,
        records: Records,
        iterator: Iterator[Any] | None,
        needs: Mapping[int, Collection[int]] | None = None,
    ) -> None:
        self.records = records
        self.iterator = iterator
        self.fresh = range(len(records))
        self.returned: deque[range] = deque()
        self.exhausted = iterator is None
        self.pulling = False
        self.error: BaseException | None = None
        self.needs = Needs(records, needs) if needs else None
        if self.needs is not None:
            tasks, self.fresh = self.fresh, range(0)
            self.give_back(tasks)

    @property
    def at_hand(self) -> int:
        """Number of tasks that can be claimed now."""
        return len(self.fresh) + sum(map(len, self.returned))

    @property
    def dry(self) -> bool:
        """Whether no task will ever come from here again, unless it is given back."""
        return self.exhausted and not self.waiting

    @property
    def waiting(self) -> int:
        """Number of tasks at hand, or held until those they need have ended."""
        return self.at_hand + (len(self.needs.held) if self.needs is not None else 0)

    def take(self, most: int) -> range | None:
        """Return up to *most* consecutive tasks, or None if none is at hand."""
        if self.returned:
            tasks = self.returned.popleft()
            if len(tasks) > most:
                self.returned.appendleft(tasks[most:])
            return tasks[:most]
        if self.fresh:
            tasks, self.fresh = self.fresh[:most], self.fresh[most:]
            return tasks
        return None

    def give_back(self, tasks: range) -> None:
        """Hand *tasks* out again, before any new one."""
        if self.needs is not None:
            self.returned.extendleft(reversed(self.needs.hold(tasks)))
        elif tasks:
            self.returned.appendleft(tasks)

    def note_end(self, tasks: range) -> bool:
        """Let go of what waited for *tasks*; return whether it can be claimed now."""
        ready = self.needs.release(tasks) if self.needs is not None else []
        self.returned.extend(ready)
        return bool(ready)

    def drain(self) -> list[range]:
        """Close the input and return every task that no worker holds."""
        self.exhausted = True
        tasks = [*self.returned, self.fresh]
        if self.needs is not None:
            tasks += self.needs.drain()
        self.returned.clear()
        self.fresh = range(0)
        return [some for some in tasks if some]

    def may_pull(self) -> bool:
        """Whether the caller is to pull now; nobody else will until `accept`."""
        if self.exhausted or self.pulling:
            return False
        self.pulling = True
        return True

    def pull(self, most: int, context: Context) -> Pulled:
        """Read up to *most* items from the input; called without the lock."""
        assert self.iterator is not None
        return context.copy().run(_pull, self.iterator, most)

    def accept(self, pulled: Pulled) -> None:
        """Make what was pulled tasks; late items of a closed input are dropped."""
        self.pulling = False
        if self.exhausted:
            return
        self.exhausted, self.error = pulled.ended, pulled.error
        new = self.records.add(pulled.items)
        self.fresh = range(self.fresh.start, new.stop) if self.fresh else new


class Pulled:
    """What one visit to a lazy input brought."""

    __slots__ = ("ended", "error", "items")

    def __init__(self) -> None:
        self.items: list[Any] = []
        self.ended = False
        self.error: BaseException | None = None


def _pull(iterator: Iterator[Any], most: int) -> Pulled:
    pulled = Pulled()
    try:
        pulled.ended = read(iterator, most, pulled.items)
    except BaseException as error:  # the user's iterator; reported by the run
        trace = without_our_frames(error)
        pulled.ended = True
        pulled.error = BaseException.with_traceback(error, trace)
    return pulled


def read(iterator: Iterator[Any], most: int, into: list[Any]) -> bool:
    """Read up to *most* items; say whether there are no more. It may be interrupted."""
    limit = perf_counter() + LONG_PULL
    for item in iterator:
        into.append(item)
        if len(into) >= most or perf_counter() > limit:
            return False
    return True
