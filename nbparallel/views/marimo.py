"""A run in a marimo notebook: the page that Jupyter keeps, drawn anew each second."""

from __future__ import annotations

from typing import Final

from nbparallel.edge.marimo import Output
from nbparallel.records.snapshot import Snapshot
from nbparallel.views import page

#: Seconds between two drawings: each is a whole page.
PULSE: Final = 1.0

STOP: Final = "To cancel, interrupt the cell."


class MarimoPage:
    """Show a run in the output of the current cell.

    Parameters
    ----------
    snapshot
        The run as it begins.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._output = Output(_html(snapshot))

    def draw(self, snapshot: Snapshot) -> None:
        """Show how far the run is."""
        self._output.update(_html(snapshot))

    def finish(self, snapshot: Snapshot) -> None:
        """Show how the run ended."""
        self.draw(snapshot)


def _html(snapshot: Snapshot) -> str:
    note = "" if snapshot.state.ended else STOP
    return page.static(snapshot, note, buttons=None)
