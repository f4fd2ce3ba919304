"""What can be heard of a run: the engine announces, it never displays anything."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nbparallel.engine.announcer import add, add_late, remove
from nbparallel.engine.run import Run

__all__ = ["Hook", "add", "add_late", "remove"]


class Hook:
    """Base class of listeners; override what you need.

    One instance serves every run. A nested run, one started inside a task of another,
    is announced like any other; look at ``run.nested``.
    """

    def run_started(self, run: Run[Any]) -> None:
        """Hear that workers have begun, in the thread that started the run."""

    def run_finished(self, run: Run[Any]) -> None:
        """Hear that a run has ended, before anyone who waits for it goes on."""

    def run_waited(self, run: Run[Any]) -> None:
        """Hear that a wait for *run* is over, in the thread that waited."""

    def run_shown(self, run: Run[Any]) -> None:
        """Hear that the user displays *run*, in the thread that does so."""

    def html(self, run: Run[Any]) -> str | None:  # noqa: ARG002
        """Return *run* as HTML, for tools that ask for that and display it themselves.

        They ask only once: it is a picture of the moment.
        """
        return None

    def shows_output(self, run: Run[Any]) -> bool:  # noqa: ARG002 # for those who override
        """Say whether you show what the tasks of *run* print, before it starts.

        Text that nobody shows is let through to where it would have gone.
        """
        return False

    def pump(self) -> Callable[[], None] | None:
        """Return what a waiting main thread must call every 50 ms, or None."""
        return None
