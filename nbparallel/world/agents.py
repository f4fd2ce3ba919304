"""An agent as its world sees it, and one act of it.

Guarantees
----------
- Of one agent at most one act goes on at any time, whatever has become of the step that
  it was of. Who would be the second is refused.
- An act that was given up still counts as going on, until its call has come back.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator
from contextlib import suppress
from threading import Lock
from time import perf_counter
from typing import Any, Final, Protocol

from nbparallel.coroutines import CoroutineCall, is_coroutine_function
from nbparallel.errors import BadType, StillRunning
from nbparallel.short_text import brief, error_line, with_type

#: What `World.history` says of an agent whose last act has not come back.
LEFT_OUT: Final = "left out"


class Agent(Protocol):
    """What can live in a world; `act` may be a coroutine function."""

    name: str
    act: Callable[..., Any]


class Member:
    """An agent of a world.

    Parameters
    ----------
    agent
        Has a `name` and can `act`.

    Attributes
    ----------
    name
        Its name when it was added.
    acting
        Held while an act of it goes on.

    Raises
    ------
    BadType
        It has no name that is a string, or no `act` that can be called without
        arguments.
    """

    def __init__(self, agent: Any) -> None:
        if isinstance(agent, type):
            message = (
                f"{brief(agent)} is a class, not an agent. Write "
                f"world.add_agent({agent.__name__}(...))"
            )
            raise BadType(message)
        name, act = _part(agent, "name"), _part(agent, "act")
        if not isinstance(name, str):
            message = (
                f"the name of an agent must be a string, not {with_type(name)}; it is "
                f"that of {brief(agent)}"
            )
            raise BadType(message)
        if not callable(act):
            message = (
                f"agent {name!r}: act must be a method, not {with_type(act)}. Write "
                "def act(self): ..."
            )
            raise BadType(message)
        self.agent, self.name = agent, str.__str__(name)
        self.awaits = is_coroutine_function(act)
        self.acting = Lock()
        self._keywords = _keywords(act, self.name)

    def act(self) -> Any:
        """Have it act; return what that gives."""
        return self.agent.act(**self._keywords)


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
        """Begin to act.

        Raises
        ------
        StillRunning
            An earlier act of this agent goes on.
        """
        if not self.member.acting.acquire(blocking=False):
            message = f"an earlier act of {self.member.name!r} has not come back"
            raise StillRunning(message)
        self._since = perf_counter()

    def leave(self) -> None:
        """Have acted."""
        if self.status is None:
            self._busy, self._since = self.seconds, None
        self.member.acting.release()


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


def _part(agent: Any, name: str) -> Any:
    try:
        return getattr(agent, name)
    except AttributeError:
        pass
    except Exception as error:  # a property of the user's may raise anything
        message = f"{name} of {brief(agent)} cannot be read: {error_line(error)}"
        raise BadType(message) from error
    right = "def act(self): ..." if name == "act" else 'self.name = "Ann"'
    message = (
        f"{with_type(agent)} is no agent: it has no {name}. Write {right} in its class"
    )
    raise BadType(message)


def _keywords(act: Callable[..., Any], name: str) -> dict[str, Any]:
    """Return what *act* is given: that its actions are wanted, if it takes that.

    Raises
    ------
    BadType
        It wants more.
    """
    try:
        signature = inspect.signature(act)
    except Exception:  # some builtins don't tell, and an act may be hostile here
        return {}
    try:
        signature.bind(return_actions=True)
    except TypeError:
        pass
    else:
        return {"return_actions": True}
    try:
        signature.bind()
    except TypeError as error:
        message = (
            f"agent {name!r}: act{signature} cannot be called without arguments: "
            f"{error}. Write def act(self) or def act(self, return_actions=False)"
        )
        raise BadType(message) from None
    return {}
