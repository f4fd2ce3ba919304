"""Agents as their world sees them, and who is there."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from threading import Lock
from typing import Any, Protocol

from nbparallel.coroutines import is_coroutine_function, is_generator_function
from nbparallel.errors import BadType, BadValue, nearest
from nbparallel.short_text import brief, error_line, with_type
from nbparallel.world.acting import acting_of


class Agent(Protocol):
    """What can live in a world; *act* may be a coroutine function."""

    @property
    def name(self) -> str:
        """What it is called; no other agent of its world is called so."""

    @property
    def act(self) -> Callable[..., Any]:
        """Acts once; what it returns is for `nbparallel.World.handle_actions`."""


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
        Whether an act of it goes on.

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
        if is_generator_function(act):
            message = (
                f"agent {name!r}: act has a yield, so that a call of it would run "
                "nothing. Write return [...], a list of what it does"
            )
            raise BadType(message)
        self.agent, self.name = agent, str.__str__(name)
        self.awaits = is_coroutine_function(act)
        self.acting = acting_of(agent)
        self._keywords = _keywords(act, self.name)

    def act(self) -> Any:
        """Have it act; return what that gives."""
        return self.agent.act(**self._keywords)


class Population:
    """The agents of a world, which any thread may add and remove.

    Parameters
    ----------
    world
        The name of the world, for messages.
    """

    def __init__(self, world: str) -> None:
        self._world = world
        self._members: dict[str, Member] = {}
        self._changing = Lock()

    def __len__(self) -> int:
        return len(self._members)

    @property
    def members(self) -> list[Member]:
        """Those that are there now, in the order in which they were added."""
        with self._changing:
            return list(self._members.values())

    def add(self, agent: Any) -> None:
        """Add an agent.

        Raises
        ------
        BadType
            It is no agent.
        BadValue
            Its name is taken, or it is there already.
        """
        member = Member(agent)
        with self._changing:
            if member.name in self._members:
                message = (
                    f"there is an agent {member.name!r} in {self._world!r}: names tell "
                    "agents apart. Give this one another name"
                )
                raise BadValue(message)
            for other in self._members.values():
                if other.agent is agent:
                    message = (
                        f"agent {member.name!r} is there already, as {other.name!r}: "
                        "it cannot act twice at a time"
                    )
                    raise BadValue(message)
            self._members[member.name] = member

    def remove(self, agent: Any) -> None:
        """Remove an agent, given itself or its name.

        Raises
        ------
        BadValue
            It is not there.
        """
        word = agent if isinstance(agent, str) else None
        with self._changing:
            for name, member in self._members.items():
                if member.agent is agent or name == word:
                    del self._members[name]
                    return
            known = list(self._members)
        hint = nearest(word, known) if word is not None else ""
        message = f"there is no agent {brief(agent)} in {self._world!r}.{hint}"
        raise BadValue(message)


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
