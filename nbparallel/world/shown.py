"""What the panel of a world shows besides the acts: its steps, and its agents."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import nsmallest

from nbparallel.records.exhibits import Bar, Bars, Exhibit, Sheet
from nbparallel.types import Status
from nbparallel.world.agents import Member
from nbparallel.world.turns import Turn

COLUMNS = ("Agent", "Actions", "Errors", "Timeouts", "Time", "Now")


class Tally:
    """What one agent has done in one run.

    Attributes
    ----------
    member
        The agent.
    left_out_since
        The first of the steps that it has been left out of lately; 0 if none.
    """

    def __init__(self, member: Member) -> None:
        self.member = member
        self.actions = self.errors = self.timeouts = self.left_out_since = 0
        self.seconds = 0.0

    def take(self, turn: Turn) -> None:
        """Count a turn of it that has ended."""
        if turn.left_out:
            self.left_out_since = self.left_out_since or turn.step
            return
        self.left_out_since = 0
        self.seconds += turn.seconds
        self.actions += turn.status == Status.OK.word
        self.timeouts += turn.status == Status.TIMEOUT.word
        self.errors += turn.status == Status.ERROR.word

    @property
    def row(self) -> tuple[str | int | float | None, ...]:
        """Its row in the panel."""
        return (
            self.member.name,
            self.actions,
            self.errors,
            self.timeouts,
            self.seconds,
            self._now,
        )

    @property
    def rank(self) -> tuple[float, ...]:
        """Its place among all: those that fail come first, then the slowest."""
        failed = self.errors + self.timeouts
        return (-bool(self.left_out_since), -failed, -self.seconds)

    @property
    def _now(self) -> str:
        if not self.left_out_since:
            return ""
        if self.member.acting.locked():
            return f"hangs: left out since step {self.left_out_since}"
        return "came back"


def shown(
    done: int, planned: int, tallies: Iterable[Tally], rows: int
) -> list[Exhibit]:
    """Return a bar over the steps, and the agents that one wants to see first."""
    those = list(tallies)
    first = nsmallest(rows, those, key=lambda tally: tally.rank)
    table = tuple(tally.row for tally in first)
    return [
        Bars((Bar("steps", done, planned),)),
        Sheet("Agents", COLUMNS, table, len(those) - len(first)),
    ]
