"""When which part of a panel is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from nbparallel.records.groups import Memo, grouped
from nbparallel.records.snapshot import Snapshot
from nbparallel.types import State, Status
from nbparallel.views import html, text
from nbparallel.views.widgets.made import change

#: Seconds of the run between two sentences that are spoken.
SPEECH: Final = 5.0


class Slow:
    """A part that is drawn now and then.

    Attributes
    ----------
    last
        The second of the run in which it was drawn last.
    """

    def __init__(
        self, widget: Any, make: Callable[[Snapshot], str], seconds: float
    ) -> None:
        self._widget = widget
        self._make = make
        self._seconds = seconds
        self.last = float("-inf")

    def draw(self, snapshot: Snapshot) -> bool:
        """Return whether it was time, and there was something new."""
        if 0 <= snapshot.elapsed - self.last < self._seconds:
            return False
        value = self._make(snapshot)
        if value == self._widget.value:
            return False
        change(self._widget, value=value)
        self.last = snapshot.elapsed
        return True


class Words:
    """What is told of a run to those who listen.

    That is every new state, every tenth, and every new kind of failure.
    """

    def __init__(self) -> None:
        self._milestone: object = None
        self._said = ""
        self._memo: Memo = {}

    def __call__(self, snapshot: Snapshot) -> str:
        """Return what is to be said by now."""
        groups = grouped(snapshot.errors, self._memo)
        kinds = len({group.kind for group in groups})
        milestone = _milestone(snapshot), kinds
        if milestone != self._milestone:
            self._milestone = milestone
            self._said = html.spoken(text.sentence(snapshot, groups))
        return self._said


def _milestone(snapshot: Snapshot) -> object:
    total = text.goal(snapshot)
    failing = snapshot.failed > 0
    if total is None:
        return snapshot.state, failing, len(str(snapshot.carried_out))
    return snapshot.state, failing, 10 * snapshot.carried_out // max(total, 1)


def is_still(snapshot: Snapshot) -> bool:
    """Whether a run is paused and nothing of it goes on."""
    return snapshot.state is State.PAUSED and not snapshot.counts[Status.RUNNING]
