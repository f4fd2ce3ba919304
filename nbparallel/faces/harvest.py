"""What has come of the tasks of a tree, as far as branches and bars need to know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from nbparallel.engine.observer import Observer
from nbparallel.errors import TaskCancelled
from nbparallel.records.exhibits import Bar, Bars
from nbparallel.records.store import Finished
from nbparallel.types import FAILED, MISSING, Status
from nbparallel.work.tree import Branch, Tree

#: The most bars that are shown.
MOST_BARS: Final = 20


class Harvest(Observer):
    """Notes the outcomes of a tree's tasks; hears of them with the crew's lock held.

    Parameters
    ----------
    tree
        The tree, whose `outcomes` it fills.
    keeps
        Whether somebody will ask for outcomes.

    Attributes
    ----------
    states
        The status of each task, one byte each; of one that goes on, pending.
    heard
        Who is told, besides, which tasks have come to something; it must return at
        once.
    note
        Returns a few words about a top-level branch, by its place, for its bar.
    """

    def __init__(self, tree: Tree, *, keeps: bool) -> None:
        self.states = bytearray(len(tree.outcomes))
        self.heard: Callable[[range], None] = lambda _: None
        self.note: Callable[[int], str] = lambda _: ""
        self._tree, self._keeps = tree, keeps

    def took(self, batch: Finished) -> None:
        """Note results, and what has failed, perhaps not for good."""
        tasks = batch.tasks
        self._note(tasks, batch.values)
        self._stand(tasks, Status.OK)
        for place, (status, error) in batch.failures.items():
            task = tasks[place]
            self._note(range(task, task + 1), [error])
            self.states[task] = status
        self.heard(tasks)

    def cancelled(self, tasks: range) -> None:
        """Note that nobody carries them out."""
        self._note(tasks, [TaskCancelled("the task was cancelled")] * len(tasks))
        self._stand(tasks, Status.CANCELLED)

    def restored(self, task: int, result: object) -> None:
        """Note what a journal has kept."""
        self._note(range(task, task + 1), [result])
        self.states[task] = Status.OK
        self.heard(range(task, task + 1))

    def tries_again(
        self,
        task: int,
        worker: int,  # noqa: ARG002 # as declared
        error: BaseException,  # noqa: ARG002 # as declared
        pause: float,  # noqa: ARG002 # as declared
    ) -> None:
        """Note that it goes on after all."""
        self.states[task] = Status.PENDING

    def renew(self) -> None:
        """Note that what is not ok is carried out again."""
        self.states[:] = bytes(n if n == Status.OK else 0 for n in self.states)

    def let_go(self, tasks: range) -> None:
        """Forget what came of *tasks*."""
        self._note(tasks, [MISSING] * len(tasks))

    def exhibits(self) -> list[Bars]:
        """Return a bar for each top-level branch, of those that go on first of all."""
        bars = [
            self._bar(place, branch)
            for place, branch in enumerate(top_of(self._tree))
            if branch.leaves
        ]
        if not bars:
            return []
        shown = bars
        if len(bars) > MOST_BARS:
            going = [bar for bar in bars if 0 < bar.done < (bar.total or 0)]
            rest = [bar for bar in bars if bar not in going]
            chosen = {id(bar) for bar in (going + rest)[:MOST_BARS]}
            shown = [bar for bar in bars if id(bar) in chosen]
        return [Bars(tuple(shown), len(bars) - len(shown))]

    def _stand(self, tasks: range, status: Status) -> None:
        self.states[tasks.start : tasks.stop] = bytes((status,)) * len(tasks)

    def _note(self, tasks: range, outcomes: list[Any]) -> None:
        if self._keeps:
            self._tree.outcomes[tasks.start : tasks.stop] = outcomes

    def _bar(self, place: int, branch: Branch) -> Bar:
        start, stop = branch.leaves.start, branch.leaves.stop
        return Bar(
            label=str_of(branch.path[0]),
            done=stop - start - self.states.count(Status.PENDING, start, stop),
            total=stop - start,
            failed=sum(self.states.count(each, start, stop) for each in FAILED),
            note=self.note(place),
        )


def top_of(tree: Tree) -> list[Branch]:
    """Return the branches right below the root."""
    return [each for each in tree.root.parts if isinstance(each, Branch)]


def str_of(key: Any) -> str:
    """Return a key as text; of what can't be, its type."""
    try:
        return str(key)
    except Exception:  # a key of the user's: the bar must come all the same
        return type(key).__name__
