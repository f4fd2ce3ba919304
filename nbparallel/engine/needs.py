"""Tasks that need others: who waits for whom, in runs that have such tasks.

A task is held here, where no worker sees it, until every task it needs has ended ok.
Once one of them ends in any other way the task is cancelled, and so is what needs it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from nbparallel.errors import BadValue
from nbparallel.records.store import Records
from nbparallel.types import Status


class Needs:
    """The tasks of one run that wait for others; called with the tree's lock held.

    Attributes
    ----------
    held
        The tasks that wait, each with those it still waits for.

    Raises
    ------
    BadValue
        A task needs one that does not come before it.
    """

    def __init__(self, records: Records, needs: Mapping[int, Collection[int]]) -> None:
        self.held: dict[int, set[int]] = {}
        self._records = records
        self._needs = needs
        self._dependents: dict[int, list[int]] = {}
        for task in sorted(needs):
            for needed in needs[task]:
                # Only backwards: so they never wait for each other in a circle.
                if not 0 <= needed < task < len(records):
                    message = f"task {task} cannot need task {needed}: not before it"
                    raise BadValue(message)
                self._dependents.setdefault(needed, []).append(task)

    def hold(self, tasks: range) -> list[range]:
        """Keep those of *tasks* that have to wait; return the others, one by one.

        One by one, since a claim of several would make what needs the first of them
        wait for the others.
        """
        ready = []
        for task in tasks:
            needed = self._needs.get(task, ())
            status = self._records.status
            if waits_for := {each for each in needed if status[each] != Status.OK}:
                self.held[task] = waits_for
            else:
                ready.append(range(task, task + 1))
        return ready

    def release(self, ended: range) -> list[range]:
        """Return the tasks that need wait no longer now that *ended* have ended."""
        ready = []
        for task in ended:
            if self._records.status[task] != Status.OK:
                self._cancel_dependents(task)
                continue
            for dependent in self._dependents.get(task, ()):
                waits_for = self.held.get(dependent)
                if waits_for is not None:
                    waits_for.discard(task)
                    if not waits_for:
                        del self.held[dependent]
                        ready.append(range(dependent, dependent + 1))
        return ready

    def drain(self) -> list[range]:
        """Hold nothing any more; return what was held."""
        tasks = [range(task, task + 1) for task in sorted(self.held)]
        self.held.clear()
        return tasks

    def _cancel_dependents(self, task: int) -> None:
        lost = [task]
        for each in lost:
            for dependent in self._dependents.get(each, ()):
                if self.held.pop(dependent, None) is not None:
                    self._records.cancel(range(dependent, dependent + 1))
                    lost.append(dependent)
