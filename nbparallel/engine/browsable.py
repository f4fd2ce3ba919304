"""What views ask of a run besides its snapshot."""

from __future__ import annotations

from nbparallel.engine import browsing
from nbparallel.engine.lifecycle import Lifecycle
from nbparallel.records.displays import Display
from nbparallel.records.queries import Detail, Page, Query


class Browsable:
    """The part of a run's handle that is there for views."""

    _life: Lifecycle

    def browse(self, query: Query) -> Page:
        """Return a page of tasks, as the panel shows them."""
        return browsing.browse(self._life.scheduler, query)

    def detail(self, task: int) -> Detail | None:
        """Return everything about one task, with its tries, as the panel shows it."""
        return browsing.detail(self._life.scheduler, self._life.displays, task)

    def take_displays(self) -> list[tuple[int, list[Display]]]:
        """Take what tasks have displayed and nobody has taken, for who shows it.

        Returns
        -------
        list
            By task, in order: while the run goes on, of those before which all have
            ended; then of all.
        """
        records, phase = self._life.scheduler.records, self._life.scheduler.phase
        ended = phase.over.is_set()
        return self._life.displays.give(None if ended else records.has_ended)
