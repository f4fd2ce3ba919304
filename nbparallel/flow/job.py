"""What is known of one execution of a flow: what `Flow.execute` returns."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from nbparallel.engine.run import Run
from nbparallel.types import State

if TYPE_CHECKING:
    import pandas as pd

#: What is counted of a routine's calls.
COUNTS: Final = ("calls", "failed", "cancelled", "running", "waiting")
#: How many entries the history keeps; `nbparallel.Run.df` has every call.
MOST_REMEMBERED: Final = 10_000

_WORDS: Final = {
    State.RUNNING: "running",
    State.PAUSED: "paused",
    State.CANCELLING: "cancelled",
    State.CANCELLED: "cancelled",
    State.DONE: "completed",
}


@dataclass(frozen=True, slots=True)
class Execution:
    """An entry of the history: a handler was called, or an event was sent.

    Attributes
    ----------
    routine_id
        Whose.
    event_name
        The name of the slot or the event; ``"error"`` where a handler has failed.
    data
        What came in or went out.
    timestamp
        When.
    """

    routine_id: str
    event_name: str
    data: Mapping[str, Any]
    timestamp: datetime


class JobState:
    """One execution of a flow, while it goes on and afterwards.

    Attributes
    ----------
    job_id, flow_id
        Which execution, of which flow.
    run
        The run that carries it out: ``job.run.df`` has a row per handler call.
    current_routine_id
        The routine whose handler was the last to begin.
    created_at, updated_at
        When it was made, and when something last happened.
    """

    def __init__(
        self, flow_id: str, routine_ids: Iterable[str] = (), *, skips: bool = False
    ) -> None:
        self.job_id, self.flow_id = uuid4().hex, flow_id
        self.run: Run[Any] | None = None
        self.current_routine_id: str | None = None
        self.created_at = self.updated_at = datetime.now(UTC)
        #: Whether a failure was one that fails the job.
        self.has_failed = False
        self._skips = skips
        self._history: deque[Execution] = deque(maxlen=MOST_REMEMBERED)
        #: Apart from the states, into which users may write what they like.
        self._tallies: dict[str, dict[str, Any]] = {}
        self._states: dict[str, dict[str, Any]] = {}
        self._counting = threading.RLock()
        self._counted_as_cancelled = False
        for routine_id in routine_ids:
            self.count(routine_id)

    @property
    def status(self) -> str:
        """Where it stands.

        ``pending``, ``running``, ``paused``, ``completed``, ``failed``,
        or ``cancelled``.
        """
        if self.run is None:
            return "pending"
        state = self.run.state
        if self.has_failed and (state.ended or state is State.CANCELLING):
            return "failed"
        return _WORDS[state]

    @property
    def df(self) -> pd.DataFrame:
        """One row per handler call; see `nbparallel.Run.df`."""
        from nbparallel.errors import UsageError

        if self.run is None:
            message = "the job has not begun: there are no handler calls to show"
            raise UsageError(message)
        return self.run.df

    @property
    def routine_states(self) -> dict[str, dict[str, Any]]:
        """What is known of each routine, by its id.

        ``status``, and how many handler calls have ended (``calls``), have ``failed``
        or were ``cancelled``, are ``running`` or ``waiting``; their ``seconds``; the
        last ``error``. Calls that a cancel has left unmade count as cancelled, until a
        retry makes them.
        """
        with self._counting:
            if self._counted_as_cancelled != self._is_cancelled:
                self._counted_as_cancelled = self._is_cancelled
                for routine_id, tally in self._tallies.items():
                    self._states[routine_id].update(self._told(tally))
        return self._states

    @property
    def unmade(self) -> int:
        """How many calls a cancel has left unmade."""
        if not self._is_cancelled:
            return 0
        return sum(tally["waiting"] for tally in [*self._tallies.values()])

    def get_routine_state(self, routine_id: str) -> dict[str, Any] | None:
        """Return what is known of a routine, or None."""
        return self.routine_states.get(routine_id)

    def update_routine_state(self, routine_id: str, state: Mapping[str, Any]) -> None:
        """Add to what is known of a routine."""
        self._states.setdefault(routine_id, {}).update(state)
        self._touch()

    def record_execution(
        self, routine_id: str, event_name: str, data: Mapping[str, Any]
    ) -> None:
        """Add an entry to the history."""
        self._touch()
        entry = Execution(routine_id, event_name, dict(data), self.updated_at)
        self._history.append(entry)

    def get_execution_history(self, routine_id: str | None = None) -> list[Execution]:
        """Return the history, of one routine or of all, oldest first."""
        found = self._history.copy()
        return [each for each in found if routine_id in (None, each.routine_id)]

    def count(self, routine_id: str, **changes: float) -> None:
        """Change what is counted of a routine, and its state with it; for the flow."""
        new = {**dict.fromkeys(COUNTS, 0), "seconds": 0.0, "error": None}
        with self._counting:
            tally = self._tallies.setdefault(routine_id, new)
            for name, more in changes.items():
                tally[name] += more
            self.update_routine_state(routine_id, self._told(tally))

    def note_error(self, routine_id: str, told: str) -> None:
        """Note what the last failure of a routine was; for the flow."""
        self._tallies[routine_id]["error"] = told

    def tally_of(self, routine_id: str) -> dict[str, Any] | None:
        """Return what is counted of a routine and its status, or None."""
        tally = self._tallies.get(routine_id)
        return tally and self._told(tally)

    @property
    def _is_cancelled(self) -> bool:
        return self.run is not None and self.run.state is State.CANCELLED

    def _told(self, tally: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is told of a routine of which so much was counted."""
        told = dict(tally)
        if self._is_cancelled:
            left, told["waiting"] = tally["waiting"], 0
            told["cancelled"] += left
            told["calls"] += left
        return {**told, "status": self._status_of(told)}

    def _status_of(self, tally: Mapping[str, Any]) -> str:
        failed = "skipped" if self._skips else "failed"
        words = ("running", "running"), ("failed", failed), ("cancelled", "cancelled")
        ended = "completed" if tally["calls"] else "pending"
        return next((word for kind, word in words if tally[kind]), ended)

    def _touch(self) -> None:
        self.updated_at = datetime.now(UTC)

    def __repr__(self) -> str:
        return f"<JobState of {self.flow_id}: {self.status}>"
