"""A call of a handler, which is a task of the run that carries a flow out."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from itertools import islice
from typing import Any, Protocol

from nbparallel.flow.current import Attempt, current
from nbparallel.flow.ports import Slot
from nbparallel.short_text import brief, one_line

#: How many parameters of a call are shown, and how much of each.
MOST, LONG = 4, 40


class Course(Protocol):
    """What runs a flow, as far as a call concerns it."""

    def begin(self, call: Call) -> Attempt:
        """Note that *call* begins, perhaps not for the first time."""


class Call:
    """What a slot's handler is to be called with.

    Attributes
    ----------
    routine_id, slot, data
        Whose handler, with what.
    lane
        Where it waits for its turn.
    attempt
        The attempt at it that goes on; what an earlier one still emits is discarded.
    began
        When that began.
    holds
        Whether it has its place in the lane, through all its attempts.
    ended
        How it has ended for good, in a word; unless somebody retries the run.
    """

    __slots__ = (
        "_arguments",
        "attempt",
        "began",
        "course",
        "data",
        "ended",
        "holds",
        "lane",
        "routine_id",
        "slot",
    )

    def __init__(
        self,
        course: Course,
        routine_id: str,
        slot: Slot,
        data: Mapping[str, Any],
        lane: Lane,
    ) -> None:
        self.course, self.routine_id, self.slot = course, routine_id, slot
        self.data, self.lane = data, lane
        self.attempt: Attempt | None = None
        self.began = 0.0
        self.holds, self.ended = False, ""
        self._arguments: dict[str, Any] | None = None

    def __call__(self) -> Any:
        """Call the handler."""
        __tracebackhide__ = True
        current.set(self.course.begin(self))
        self.slot.routine.increment_stat("called")
        if self._arguments is None:  # what arrives is merged once, however often tried
            self._arguments = self.slot.merged(self.data)
        return self.slot.call(self._arguments)

    def __repr__(self) -> str:
        given = ", ".join(
            f"{one_line(name, LONG)}={brief(value, LONG)}"
            for name, value in islice(self.data.items(), MOST)
        )
        return f"{self.routine_id}.{self.slot.name}({given})"


class Lane:
    """The calls that wait for each other; used with the lock of the course held.

    Parameters
    ----------
    limit
        How many of them may go on at a time.
    depth_first
        Whether what a call emits comes before all that has been waiting.

    Attributes
    ----------
    going
        How many of them are in the run and have not ended.
    running
        How many of those hold a place here: it differs only while a run is retried.
    """

    def __init__(self, limit: float, *, depth_first: bool) -> None:
        self.limit = limit
        self.going = self.running = 0
        self._depth_first = depth_first
        self._waiting: deque[Call] = deque()
        self._fresh: list[Call] = []

    def put(self, call: Call) -> None:
        """Line up a call."""
        self._fresh.append(call)

    def take(self) -> Call | None:
        """Return the next call if one may go on."""
        if self.going >= self.limit:
            return None
        if self._depth_first:
            self._waiting.extendleft(reversed(self._fresh))
        else:
            self._waiting.extend(self._fresh)
        self._fresh.clear()
        return self._waiting.popleft() if self._waiting else None

    def put_back(self, call: Call) -> None:
        """Line up first what cannot go on after all."""
        self._waiting.appendleft(call)
