"""How the engine announces what happens. It never displays anything itself.

A hook that raises is logged and dropped from that run; it never disturbs the run.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbparallel.engine.run import Run

log = logging.getLogger("nbparallel")


class Hook:
    """Base class of listeners; override what you need.

    One instance serves every run. A nested run, one started inside a task of another,
    is announced like any other; look at ``run.nested``.
    """

    def run_started(self, run: Run) -> None:
        """Hear that workers have begun, in the thread that started the run."""

    def run_finished(self, run: Run) -> None:
        """Hear that a run has ended, before anyone who waits for it goes on."""

    def run_waited(self, run: Run) -> None:
        """Hear that a wait for *run* is over, in the thread that waited."""

    def run_shown(self, run: Run) -> None:
        """Hear that the user displays *run*, in the thread that does so."""

    def shows_output(self, run: Run) -> bool:  # noqa: ARG002 # for those who override
        """Say whether you show what the tasks of *run* print, before it starts.

        Text that nobody shows is let through to where it would have gone.
        """
        return False

    def pump(self) -> Callable[[], None] | None:
        """Return what a waiting main thread must call every 50 ms, or None."""
        return None


#: A late hook that is being made may add others, or start a run.
_lock = threading.RLock()
_hooks: list[Hook] = []
_late: list[Callable[[], Hook]] = []


def add(hook: Hook) -> None:
    """Let *hook* hear of every run from now on."""
    with _lock:
        _hooks.append(hook)


def remove(hook: Hook) -> None:
    """Stop telling *hook*; it is no error if it does not listen."""
    with _lock:
        if hook in _hooks:
            _hooks.remove(hook)


def add_late(make: Callable[[], Hook]) -> None:
    """Let ``make()`` build a hook when the first run starts, and not before."""
    with _lock:
        _late.append(make)


def listening() -> tuple[Hook, ...]:
    """Return the hooks, oldest first."""
    with _lock:
        while _late:
            _hooks.append(_late.pop(0)())
        return tuple(_hooks)


class Announcer:
    """Tells the hooks that listened when the run was made, each until it raises."""

    def __init__(self) -> None:
        self.hooks = list(listening())

    def tell(self, event: str, run: Run) -> None:
        """Call the method named *event* of every hook."""
        self._ask(event, run)

    def shows_output(self, run: Run) -> bool:
        """Whether a hook shows what the tasks of *run* print."""
        return any(self._ask("shows_output", run))

    def pumps(self) -> tuple[Callable[[], None], ...]:
        """Return what a waiting main thread must call every 50 ms."""
        return tuple(filter(None, self._ask("pump")))

    def _ask(self, question: str, *about: Run) -> list[Any]:
        answers = []
        for hook in self.hooks.copy():
            try:
                answers.append(getattr(hook, question)(*about))
            except Exception:  # a broken view must not break the run; the log has it
                log.exception(
                    "%s.%s failed and was dropped", type(hook).__name__, question
                )
                self.hooks = [each for each in self.hooks if each is not hook]
        return answers
