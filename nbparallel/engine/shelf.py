"""Tasks that wait: for others that they need, for their turn, or for an instant.

A task lies here, where no worker sees it, until every task it needs has ended ok, until
those have ended before whom it has no turn, and until the instant that it is due at.
Once one that it needs ends in any other way than ok it waits in vain, and so does what
needs it.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Iterable, Mapping

from nbparallel.engine.gates import Gates
from nbparallel.errors import BadValue
from nbparallel.records.store import Records
from nbparallel.types import Status
from nbparallel.work.order import Stage


class Shelf:
    """The tasks of one run that wait; called with the crew's lock held.

    Attributes
    ----------
    gates
        Holds those whose turn has not come; None where none has to wait for that.

    Raises
    ------
    BadValue
        A task needs one that does not come before it.
    """

    def __init__(
        self,
        records: Records,
        needs: Mapping[int, Collection[int]] | None = None,
        order: Stage | None = None,
    ) -> None:
        self.gates = None if order is None else Gates(records, order)
        self._due: dict[int, float] = {}  # task -> the instant it waits for
        self._soonest: list[tuple[float, int]] = []  # the same, as a heap
        self._asked: set[int] = set()  # those of them whose error asked for the wait
        self._records = records
        self._needs = needs or {}
        self._held: dict[int, set[int]] = {}  # task -> what it still waits for
        self._dependents: dict[int, list[int]] = {}
        for task in sorted(self._needs):
            for needed in self._needs[task]:
                # Only backwards: so they never wait for each other in a circle.
                if not 0 <= needed < task < len(records):
                    message = f"task {task} cannot need task {needed}: not before it"
                    raise BadValue(message)
                self._dependents.setdefault(needed, []).append(task)

    def __len__(self) -> int:
        return len(self._held) + len(self._due) + len(self.gates or ())

    @property
    def next_due(self) -> float:
        """The instant at which the next task is due; infinity if there is none."""
        heap = self._soonest
        while heap and self._due.get(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
        return heap[0][0] if heap else math.inf

    @property
    def waiting_for_time(self) -> int:
        """How many tasks wait for an instant."""
        return len(self._due)

    @property
    def waits_as_asked(self) -> bool:
        """Whether some of them wait for as long as their error asked for."""
        return bool(self._asked)

    @property
    def sorts(self) -> bool:
        """Whether tasks have to be looked at one by one before they are handed out."""
        return bool(self._needs) or self.gates is not None

    def hold(self, tasks: range) -> list[range]:
        """Keep those of *tasks* that have to wait; return the others.

        Where some need others, one by one: a claim of several would make what needs the
        first of them wait for the rest.
        """
        if self.gates is not None:
            return self.gates.hold(tasks)
        ready = []
        for task in tasks:
            waits_for = {
                needed
                for needed in self._needs.get(task, ())
                if self._records.status_of(needed) is not Status.OK
            }
            if waits_for:
                self._held[task] = waits_for
            else:
                ready.append(range(task, task + 1))
        return ready

    def hold_until(self, instant: float, task: int, *, asked: bool = False) -> None:
        """Keep *task* until *instant*, which its error may have *asked* for."""
        self._due[task] = instant
        if asked:
            self._asked.add(task)
        heapq.heappush(self._soonest, (instant, task))

    def release(self, ended: Iterable[int]) -> tuple[list[range], list[range]]:
        """Let go of tasks now that *ended* have ended.

        Returns
        -------
        tuple
            Those that need wait no longer, and those that would wait in vain.
        """
        ready: list[range] = []
        lost: list[range] = []
        for task in ended:
            if not self._records.has_ended(task):  # it is tried again
                continue
            if self.gates is not None:
                ready += self.gates.release(task)
                continue
            if self._records.status_of(task) is not Status.OK:
                lost += self._drop_dependents(task)
                continue
            for dependent in self._dependents.get(task, ()):
                waits_for = self._held.get(dependent)
                if waits_for is not None:
                    waits_for.discard(task)
                    if not waits_for:
                        del self._held[dependent]
                        ready.append(range(dependent, dependent + 1))
        return ready, lost

    def release_due(self, now: float) -> list[range]:
        """Return the tasks whose instant has come."""
        ready = []
        while self.next_due <= now:
            _, task = heapq.heappop(self._soonest)
            del self._due[task]
            self._asked.discard(task)
            ready.append(task)
        return [range(task, task + 1) for task in sorted(ready)]

    def remove(self, task: int) -> bool:
        """Hold *task* no longer; return whether it was here."""
        found = task in self._held or task in self._due
        if self.gates is not None and self.gates.remove(task):
            found = True
        self._held.pop(task, None)
        self._due.pop(task, None)
        self._asked.discard(task)
        return found

    def drain(self) -> list[range]:
        """Hold nothing any more; return what was held."""
        tasks = [range(task, task + 1) for task in sorted({*self._held, *self._due})]
        if self.gates is not None:
            tasks += self.gates.drain()
        self._held.clear()
        self._due.clear()
        self._asked.clear()
        self._soonest.clear()
        return tasks

    def _drop_dependents(self, task: int) -> list[range]:
        lost = [task]
        for each in lost:
            dependents = self._dependents.get(each, ())
            lost += [n for n in dependents if self._held.pop(n, None) is not None]
        return [range(each, each + 1) for each in lost[1:]]
