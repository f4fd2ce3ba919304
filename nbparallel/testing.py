"""Doubles for tests: for ours, and for those of code that uses nbparallel.

With a `Gate` for a task and a `Recorder` for a view, a test decides what happens when,
and never has to sleep.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Self

from nbparallel.engine import hooks

if TYPE_CHECKING:
    from nbparallel.engine.run import Run

#: Seconds after which a wait for something that a test expects is given up.
DEADLINE: Final = 10.0


class Gate:
    """A function for tasks that waits until the test lets each of them go.

    Parameters
    ----------
    then
        What a task does once it may go on. None: return its item.

    Attributes
    ----------
    started
        The items of the tasks that have started, in that order.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> gate = Gate()
    >>> run = nbp.pmap(gate, ["a", "b"], workers=2, block=False, progress=False)
    >>> gate.wait_for("a", "b")
    >>> gate.open("b")
    >>> next(iter(run))
    ('b', 'b', None)
    >>> gate.open()
    >>> run.results
    ['a', 'b']
    """

    def __init__(self, then: Callable[[Any], Any] | None = None) -> None:
        self.started: list[Any] = []
        self._then = then
        self._opened: set[Any] = set()
        self._all = False
        self._change = threading.Condition()

    def __call__(self, item: Any) -> Any:
        """Do what a task does: note that it started, wait, go on."""
        with self._change:
            self.started.append(item)
            self._change.notify_all()
            self._until(lambda: self._all or item in self._opened, f"open({item!r})")
        return item if self._then is None else self._then(item)

    def open(self, *items: Any) -> None:
        """Let the tasks of *items* go on; without any, all tasks, later ones too."""
        with self._change:
            self._all = self._all or not items
            self._opened.update(items)
            self._change.notify_all()

    def close(self) -> None:
        """Stop every task that starts from now on."""
        with self._change:
            self._all = False
            self._opened.clear()

    def wait_for(self, *items: Any) -> None:
        """Return once a task has started for each of *items*."""
        with self._change:
            self._until(lambda: {*items} <= {*self.started}, f"the start of {items}")

    def wait_for_count(self, count: int) -> None:
        """Return once *count* tasks have started."""
        with self._change:
            self._until(lambda: len(self.started) >= count, f"{count} starts")

    def _until(self, ready: Callable[[], bool], what: str) -> None:
        if not self._change.wait_for(ready, DEADLINE):
            message = f"waited {DEADLINE:g} s for {what}; started: {self.started}"
            raise TimeoutError(message)


class Recorder(hooks.Hook):
    """Notes what the engine announces, inside a ``with`` block.

    Attributes
    ----------
    events
        ``(event, run)`` pairs, oldest first.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> with Recorder() as recorder:
    ...     run = nbp.pmap(abs, [-1], progress=False)
    >>> recorder.of(run)
    ['run_started', 'run_finished', 'run_waited']
    """

    def __init__(self) -> None:
        self.events: list[tuple[str, Run]] = []

    def __enter__(self) -> Self:
        hooks.add(self)
        return self

    def __exit__(self, *exc: object) -> None:
        hooks.remove(self)

    def of(self, run: Run) -> list[str]:
        """Return the events of one run."""
        return [event for event, of in self.events if of is run]

    def run_started(self, run: Run) -> None:
        """Note it."""
        self.events.append(("run_started", run))

    def run_finished(self, run: Run) -> None:
        """Note it."""
        self.events.append(("run_finished", run))

    def run_waited(self, run: Run) -> None:
        """Note it."""
        self.events.append(("run_waited", run))

    def run_shown(self, run: Run) -> None:
        """Note it."""
        self.events.append(("run_shown", run))
