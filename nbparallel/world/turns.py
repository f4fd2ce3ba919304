"""One act of one agent: the item of a task, and what a worker does with it."""

from __future__ import annotations

import inspect
from collections.abc import Generator
from contextlib import suppress
from time import perf_counter
from typing import Any, Final

from nbparallel.coroutines import CoroutineCall
from nbparallel.errors import StillRunning
from nbparallel.world.agents import Member

#: Seconds between two looks whether an attempt that waits is given up.
LOOK: Final = 0.02
#: What `World.history` says of an agent whose last act has not come back.
LEFT_OUT: Final = "left out"


class Turn:
    """One agent in one step: the item of a task.

    Attributes
    ----------
    member
        Whose turn it is.
    status
        The word for what came of it; None while that is open.
    actions
        What its `act` returned, or None.
    error
        Why it has failed, or None.
    """

    def __init__(self, member: Member, step: int) -> None:
        self.member, self.step = member, step
        self.status: str | None = None
        self.actions: Any = None
        self.error: BaseException | None = None
        self._attempts = 0
        self._busy = 0.0
        self._since: float | None = None

    def __repr__(self) -> str:
        return f"{self.member.name}, step {self.step}"

    @property
    def seconds(self) -> float:
        """How long it has acted in this turn."""
        since = self._since
        return self._busy + (0.0 if since is None else perf_counter() - since)

    @property
    def left_out(self) -> bool:
        """Whether it has not acted, since its last act still goes on."""
        return self.status == LEFT_OUT

    def end(
        self, status: str, actions: Any = None, error: BaseException | None = None
    ) -> None:
        """Note what came of it, once; what it still does is not looked at any more."""
        if self.status is not None:
            return
        self._busy, self._since = self.seconds, None
        self.status, self.actions, self.error = status, actions, error

    def enter(self) -> None:
        """Begin to act; tried again, wait until the attempt before has come back.

        Raises
        ------
        StillRunning
            An earlier act of this agent goes on.
        """
        self._attempts += 1
        number, begin = self._attempts, self.member.acting.begin
        while not (begun := begin(LOOK if number > 1 else 0)):
            if number == 1 or self._is_over(number):
                message = f"an earlier act of {self.member.name!r} has not come back"
                raise StillRunning(message)
        if begun and self._is_over(number):
            self.member.acting.end()
            message = f"{self.member.name!r} does not act any more: its time is over"
            raise StillRunning(message)
        self._since = perf_counter()

    def _is_over(self, number: int) -> bool:
        """Whether nobody waits for that attempt any more."""
        return self.status is not None or number != self._attempts

    def leave(self) -> None:
        """Have acted."""
        if self.status is None:
            self._busy, self._since = self.seconds, None
        self.member.acting.end()


def act(turn: Turn, *, awaits: bool) -> Any:
    """Have an agent act.

    Parameters
    ----------
    turn
        Of whom.
    awaits
        Whether to await what is to be awaited, or to return it to who does.
    """
    turn.enter()
    going = None
    try:
        found = turn.member.act()
        if not inspect.isawaitable(found):
            return found
        going = _Going(found, turn)
    finally:
        if going is None:
            turn.leave()
    return CoroutineCall(lambda it: it)(going) if awaits else going


class _Going:
    """An act to be awaited, which ends with that; or when nobody will await it."""

    def __init__(self, found: Any, turn: Turn) -> None:
        self._found, self._turn = found, turn
        self._left = False

    def __await__(self) -> Generator[Any, Any, Any]:
        try:
            return (yield from self._found.__await__())
        finally:
            self._leave()

    def __del__(self) -> None:
        if not self._left:
            with suppress(BaseException):  # nobody would hear of it
                self._found.close()
            self._leave()

    def _leave(self) -> None:
        if not self._left:
            self._left = True
            self._turn.leave()
