"""Where claims come from: the input, tasks added one by one, and tasks given back.

Called with the crew's lock held.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Container, Iterable

from nbparallel.engine.keeper import Keeper, without
from nbparallel.engine.reading import Reading
from nbparallel.engine.shelf import Shelf
from nbparallel.records.store import Records
from nbparallel.types import Status
from nbparallel.work.work import Work


class Source:
    """The tasks of one run that no worker holds.

    Attributes
    ----------
    reading
        The lazy input, or None.
    shelf
        The tasks that wait for others or for an instant.
    closed
        No task can be added any more.
    at_hand
        Number of tasks that can be claimed now.
    keeper
        Who knows the tasks that need not be carried out.
    """

    def __init__(self, records: Records, work: Work) -> None:
        self.reading = None if work.source is None else Reading(work.source)
        self.closed = not work.open
        self.keeper = Keeper()
        self._records = records
        self._fresh = range(0)  # never claimed
        self._returned: deque[range] = deque()  # claimed once, handed out before those
        tasks = records.add(work.items or [])
        self.shelf = Shelf(records, work.needs, work.order)
        self._made = work.made
        self.at_hand = 0
        if self.shelf.sorts:
            self.give_back(tasks)
        else:
            self._line_up(tasks)

    @property
    def error(self) -> BaseException | None:
        """What the input raised, or None."""
        return self.reading.error if self.reading is not None else None

    @property
    def exhausted(self) -> bool:
        """Whether every task that there will be has been made."""
        if not self.closed or self.reading is None:
            return self.closed
        return self.reading.exhausted and not self.reading.arrived

    @property
    def has_input(self) -> bool:
        """Whether items have been read, or somebody is wanted to read some."""
        reading = self.reading
        if reading is None:
            return False
        return bool(reading.arrived) or not (reading.busy or reading.exhausted)

    @property
    def waiting(self) -> int:
        """Number of tasks at hand, or on the shelf."""
        return self.at_hand + len(self.shelf)

    @property
    def next_is_fresh(self) -> bool:
        """Whether what `take` returns next was never handed out before."""
        return not self._returned

    @property
    def handed_out(self) -> int:
        """Number of tasks that have been handed out, or at least read."""
        arrived = len(self.reading.arrived) if self.reading is not None else 0
        made = self._fresh.start if self._fresh else len(self._records)
        return made + arrived

    def take(self, most: int) -> range | None:
        """Return up to *most* consecutive tasks, or None if none is at hand."""
        if self._returned:
            tasks = self._returned.popleft()
            if len(tasks) > most:
                self._returned.appendleft(tasks[most:])
            tasks = tasks[:most]
        elif self._fresh:
            tasks, self._fresh = self._fresh[:most], self._fresh[most:]
        else:
            return None
        self.at_hand -= len(tasks)
        return tasks

    def give_back(self, tasks: range) -> None:
        """Hand *tasks* out again, before any new one."""
        ready = self.shelf.hold(tasks) if self.shelf.sorts else [tasks]
        for some in reversed(ready):
            if some:
                self._returned.appendleft(some)
                self.at_hand += len(some)

    def reopen(self, chosen: Iterable[int] | None = None) -> list[range]:
        """Hand out again what ended other than ok, and what was made of that.

        With *chosen*, only what is among those tasks.
        """
        records = self._records
        if chosen is None:
            tasks = records.reopen_failed()
        else:
            tasks = records.reopen_ended(
                task
                for task in sorted(set(chosen))
                if records.has_ended(task) and records.status_of(task) is not Status.OK
            )
        gates = self.shelf.gates
        if gates is not None:
            gates.recount()
            tasks += records.reopen_ended(gates.outdated(self._made))
        for some in reversed(tasks):
            self.give_back(some)
        return tasks

    def note_end(self, tasks: range) -> list[range]:
        """Let go of what waited for *tasks* alone; return what waits in vain."""
        ready, lost = self.shelf.release(tasks)
        self._let_go(ready)
        return lost

    def note_time(self, now: float) -> None:
        """Let go of what is due."""
        self._let_go(self.shelf.release_due(now))

    def absorb(self) -> None:
        """Make tasks of the items that have been read."""
        if self.reading is not None and self.reading.arrived:
            made = self._records.add(self.reading.take_arrived())
            for tasks in self.keeper.sift(made):
                self._line_up(tasks)

    def add(self, item: object) -> int:
        """Make a task of *item*; return its number."""
        task = self._records.append(item)
        self._line_up(range(task, task + 1))
        return task

    def remove(self, task: int) -> bool:
        """Hand *task* out no more; return whether it was here."""
        if self.shelf.remove(task):
            return True
        for tasks in [*self._returned, self._fresh]:
            if task in tasks:
                self._cut(tasks, task)
                self.at_hand -= 1
                return True
        return False

    def drain(self) -> list[range]:
        """Return every task that no worker holds; what is unread stays unread."""
        self.absorb()
        tasks = [*self._returned, self._fresh, *self.shelf.drain()]
        self._returned.clear()
        self._fresh = range(0)
        self.at_hand = 0
        return [some for some in tasks if some]

    def leave_out(self, done: Container[int]) -> None:
        """Hand out none of *done*, before the first claim."""
        kept = [some for tasks in self.drain() for some in without(tasks, done)]
        if self.shelf.gates is not None:
            self.shelf.gates.recount()
        if kept and kept[-1].stop == len(self._records) and not self.shelf.sorts:
            self._line_up(kept.pop())
        for some in reversed(kept):
            self.give_back(some)

    def _line_up(self, tasks: range) -> None:
        if self._fresh and self._fresh.stop != tasks.start:
            self._returned.append(self._fresh)
            self._fresh = range(0)
        self._fresh = range(self._fresh.start, tasks.stop) if self._fresh else tasks
        self.at_hand += len(tasks)

    def _let_go(self, ready: Iterable[range]) -> None:
        for tasks in ready:
            if tasks.start in self._made:  # what it is made of can be let go then
                self._returned.appendleft(tasks)
            else:
                self._returned.append(tasks)
            self.at_hand += len(tasks)

    def _cut(self, tasks: range, task: int) -> None:
        before, behind = range(tasks.start, task), range(task + 1, tasks.stop)
        if tasks is self._fresh:
            self._fresh = behind
            if before:
                self._returned.append(before)
            return
        place = self._returned.index(tasks)
        del self._returned[place]
        for some in (behind, before):
            if some:
                self._returned.insert(place, some)
