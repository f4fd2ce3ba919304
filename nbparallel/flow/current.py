"""Which attempt at a handler the code now running belongs to."""

from __future__ import annotations

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Protocol


class Attempt(Protocol):
    """An attempt at a handler, as far as those see it whom the handler calls."""

    @property
    def flow(self) -> Any:
        """The flow that runs it."""

    def emit(self, event: Any, data: Mapping[str, Any]) -> None:
        """Line up the handlers of the slots connected to *event*."""

    def send(self, slot: Any, data: Mapping[str, Any]) -> None:
        """Line up the handler of *slot*."""


#: Set in the context of each handler call, which no other shares.
current: ContextVar[Attempt | None] = ContextVar("nbparallel_flow", default=None)


class GoingOn(Protocol):
    """A flow, as far as those see it who send from outside of its handlers."""

    @property
    def goes_on(self) -> bool:
        """Whether it takes up what is sent."""

    def post(self, event: Any, data: Mapping[str, Any]) -> None:
        """Line up the handlers of the slots connected to *event*."""

    def hand(self, slot: Any, data: Mapping[str, Any]) -> None:
        """Line up the handler of *slot*."""


def attempt_of(flow: Any) -> Attempt | None:
    """Return the attempt that calls this, if it is of *flow*; None stands for any."""
    found = current.get()
    return found if found is not None and flow in (None, found.flow) else None
