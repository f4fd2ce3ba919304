"""What the tasks of a run have displayed, until somebody shows it.

Guarantees: what is kept is given out once, in the order of the tasks, those of one task
together; what there is no room for, or comes too late, is refused at once. Any thread
may call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

#: The most bytes of displays that one run keeps, about.
MOST: Final = 50_000_000
#: The most displays that a task keeps for its card, the latest.
MOST_OF_TASK: Final = 10


@dataclass(slots=True)
class Display:
    """Something displayed, in the forms that IPython has made of it.

    Attributes
    ----------
    data, metadata, transient
        As a publisher of IPython takes them.
    """

    data: dict[str, Any]
    metadata: dict[str, Any] = field(default_factory=dict)
    transient: dict[str, Any] = field(default_factory=dict)

    @property
    def id(self) -> str | None:
        """By what it can be replaced, if it can."""
        return self.transient.get("display_id")

    @property
    def size(self) -> int:
        """Its bytes, about."""
        return sum(
            len(v) if isinstance(v, str | bytes) else 1000 for v in self.data.values()
        )


class Displays:
    """The displays of one run, by task."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open = False
        self._size = 0
        self._next = 0  # all tasks before it have ended
        self._waiting: dict[int, list[Display]] = {}
        self._given: dict[int, list[Display]] = {}
        self._outdated: set[int] = set()  # tasks whose next display clears the others

    def open(self) -> None:
        """Keep what comes from now on."""
        with self._lock:
            self._open, self._next = True, 0

    def close(self) -> None:
        """Refuse what comes from now on."""
        with self._lock:
            self._open = False

    def add(self, task: int, shown: Display) -> bool:
        """Keep what *task* displays; return whether there was room."""
        with self._lock:
            if task in self._outdated:
                self._clear(task)
            if not (self._open and self._has_room(shown.size)):
                return False
            self._size += shown.size
            self._waiting.setdefault(task, []).append(shown)
            return True

    def replace(self, shown: Display) -> bool:
        """Keep *shown* in place of one that waits; return whether one did."""
        with self._lock:
            for waiting in self._waiting.values():
                for place, each in enumerate(waiting):
                    if each.id is not None and each.id == shown.id:
                        self._size += shown.size - each.size
                        waiting[place] = shown
                        return True
        return False

    def clear(self, task: int, *, wait: bool = False) -> None:
        """Forget what *task* has displayed that waits, at once or with the next."""
        with self._lock:
            if wait:
                self._outdated.add(task)
            else:
                self._clear(task)

    def of(self, task: int) -> tuple[Display, ...]:
        """Return what *task* has displayed of late."""
        with self._lock:
            found = [*self._given.get(task, ()), *self._waiting.get(task, ())]
        return tuple(found[-MOST_OF_TASK:])

    def give(
        self, has_ended: Callable[[int], bool] | None = None
    ) -> list[tuple[int, list[Display]]]:
        """Give out, by task, what waits: all, or that of tasks before which all ended.

        Parameters
        ----------
        has_ended
            Whether a task has; None gives out everything.
        """
        with self._lock:
            if not self._waiting:
                return []
            last = max(self._waiting)
            while (
                has_ended is not None and self._next <= last and has_ended(self._next)
            ):
                self._next += 1
            tasks = sorted(
                each for each in self._waiting if has_ended is None or each < self._next
            )
            given = [(task, self._waiting.pop(task)) for task in tasks]
            for task, some in given:
                self._given.setdefault(task, []).extend(some)
        return given

    def _clear(self, task: int) -> None:
        self._outdated.discard(task)
        self._size -= _size(self._waiting.pop(task, []))

    def _has_room(self, size: int) -> bool:
        """Whether there is room; what has been given out makes some, if need be."""
        while self._size + size > MOST and self._given:
            self._size -= _size(self._given.pop(min(self._given)))
        return self._size + size <= MOST


def _size(displays: list[Display]) -> int:
    return sum(each.size for each in displays)
