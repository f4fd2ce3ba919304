"""What the buttons in the pages of one run do: run again what is not ok."""

from __future__ import annotations

import uuid
import weakref
from collections.abc import Callable, Sequence
from functools import partial

from nbparallel.edge.page_buttons import (
    PageButtons,
    page_buttons,
    with_page_buttons,
)
from nbparallel.records.groups import grouped
from nbparallel.records.snapshot import Snapshot
from nbparallel.views.page_act import EVERYTHING


class PageRetry:
    """Offer the buttons of a run's pages, and do what they are for.

    Parameters
    ----------
    retry
        Runs again what is not ok.
    retry_some
        Runs again some tasks.

    Attributes
    ----------
    name
        What the buttons call the run; no other run, in no other kernel, has it.
    pressed
        Whether the run is about to go on because of a button; that is then shown where
        it was shown last, for the message of the click belongs to no cell.
    """

    def __init__(
        self,
        retry: Callable[[], None],
        retry_some: Callable[[Sequence[int]], None],
    ) -> None:
        self.name = f"nbp{uuid.uuid4().hex}"
        self.pressed = self._awaited = False
        self._retry = retry
        self._retry_some = retry_some
        self._snapshot: Snapshot | None = None

    @property
    def works(self) -> bool:
        """Whether some page has said that it shows the buttons."""
        found = page_buttons()
        return found is not None and found.alive

    def offer(self, snapshot: Snapshot) -> None:
        """Show the buttons in the pages of this *snapshot*."""
        self._snapshot = snapshot
        with_page_buttons(partial(_offer, weakref.ref(self)))

    @property
    def offered(self) -> bool:
        """Whether the buttons are to be shown."""
        return self._snapshot is not None

    def withdraw(self) -> None:
        """Show them no more: the run goes on."""
        was_offered, self._snapshot = self.offered, None
        if was_offered and (found := page_buttons()) is not None:
            found.withdraw(self.name)

    def ended(self, html: str) -> None:
        """Show how the run that a button has started ended, where nothing else does."""
        if self._awaited and (found := page_buttons()) is not None:
            self.pressed = self._awaited = False
            found.replace(self.name, html)

    def press(self, which: str) -> None:
        """Do what a button is for; a message that is none of theirs does nothing."""
        if (shown := self._snapshot) is None:
            return
        tasks = {
            str(position): group.tasks
            for position, group in enumerate(grouped(shown.errors))
        }
        if which != EVERYTHING and which not in tasks:
            return
        self.pressed = self._awaited = True
        if which == EVERYTHING:
            self._retry()
        else:
            self._retry_some(tasks[which])


def _offer(me: weakref.ref[PageRetry], buttons: PageButtons) -> None:
    """Offer the buttons of a run, unless it goes on or is gone by now."""
    if (mine := me()) is None or not mine.offered:
        return
    name = mine.name

    def press(which: str) -> None:
        if (mine := me()) is not None:
            mine.press(which)
        else:
            buttons.withdraw(name)

    buttons.offer(name, press)
    if not mine.offered:  # it was withdrawn meanwhile
        buttons.withdraw(name)
