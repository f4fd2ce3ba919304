"""A part of a flow: what users make subclasses of."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self

from nbparallel.errors import BadType, BadValue, nearest
from nbparallel.flow.ports import Event, Slot

if TYPE_CHECKING:
    from nbparallel.flow.handlers import Handler
    from nbparallel.flow.ports import MergeStrategy


class _Own:
    """What is ours of a routine: all other names are its class's."""

    __slots__ = ("config", "events", "lock", "slots", "stats")

    def __init__(self) -> None:
        self.slots: dict[str, Slot] = {}
        self.events: dict[str, Event] = {}
        self.config: dict[str, Any] = {}
        self.stats: dict[str, Any] = {"called": 0}
        self.lock = threading.Lock()


class Routine:
    """A step of a flow, with slots that receive and events that send.

    Subclasses define their slots and events in ``__init__``. Its handlers are called
    one at a time, in the order of arrival, so they need no lock for what they share.

    Attributes
    ----------
    concurrent
        Whether its handlers may run at the same time; set it in the subclass.

    Examples
    --------
    >>> class Double(Routine):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.define_slot("trigger", handler=self.double)
    ...         self.define_event("doubled", ["value"])
    ...     def double(self, value):
    ...         self.emit("doubled", value=2 * value)
    >>> Double().stats()
    {'called': 0}
    """

    concurrent: ClassVar[bool] = False

    _own: _Own

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Self:
        """Make one; here, since a subclass may forget to call ``__init__``."""
        made = super().__new__(cls)
        made._own = _Own()
        return made

    def define_slot(
        self,
        name: str,
        handler: Handler | None = None,
        merge_strategy: MergeStrategy = "override",
    ) -> Slot:
        """Make a slot, through which data come in.

        Parameters
        ----------
        name
            What it is called; a flow is entered through one called ``trigger``.
        handler
            What is called with the data that arrive, as keyword arguments, as far as
            its signature takes them; an ``async def`` works too.
        merge_strategy
            ``"override"``: it gets what arrives. ``"append"``: of every parameter the
            list of all values that have arrived so far. Or what is called with the
            merged data and the new ones, and returns what the handler gets. A flow
            begins with nothing.

        Raises
        ------
        BadType, BadValue
            It is there already, or nothing that can be called.
        """
        _refuse(self, "slot", name, self._own.slots)
        found = self._own.slots[name] = Slot(name, self, handler, merge_strategy)
        return found

    def define_event(self, name: str, output_params: Iterable[str] = ()) -> Event:
        """Make an event, by which data go out.

        Raises
        ------
        BadType, BadValue
            It is there already.
        """
        _refuse(self, "event", name, self._own.events)
        if isinstance(output_params, str):
            message = (
                f"output_params={output_params!r}: must be a list of names, as in "
                f"define_event({name!r}, [{output_params!r}])"
            )
            raise BadType(message)
        found = self._own.events[name] = Event(name, self, output_params or ())
        return found

    def get_slot(self, name: str) -> Slot | None:
        """Return a slot by its name, or None."""
        return self._own.slots.get(name)

    def get_event(self, name: str) -> Event | None:
        """Return an event by its name, or None."""
        return self._own.events.get(name)

    def emit(self, event_name: str, /, flow: Any = None, **data: Any) -> None:
        """Send *data* by an event; see `Event.emit`.

        Raises
        ------
        BadValue
            There is no such event.
        """
        event = self._own.events.get(event_name)
        if event is None:
            raise BadValue(unknown("event", event_name, self._own.events, type(self)))
        event.emit(flow, **data)

    # -- Configuration ----------------------------------------------------------------

    def set_config(self, **settings: Any) -> None:
        """Set what is configured; it goes with the flow when that is serialized."""
        self._own.config.update(settings)

    def get_config(self, name: str, default: Any = None) -> Any:
        """Return what is configured under *name*."""
        return self._own.config.get(name, default)

    def config(self) -> dict[str, Any]:
        """Return all that is configured, a copy."""
        return dict(self._own.config)

    # -- Statistics -------------------------------------------------------------------

    def set_stat(self, name: str, value: Any) -> None:
        """Note a number, or anything else."""
        with self._own.lock:
            self._own.stats[name] = value

    def get_stat(self, name: str, default: Any = None) -> Any:
        """Return what is noted under *name*."""
        return self._own.stats.get(name, default)

    def increment_stat(self, name: str, amount: Any = 1) -> Any:
        """Add to a number, 0 if there is none yet; return the sum."""
        with self._own.lock:
            found = self._own.stats[name] = self._own.stats.get(name, 0) + amount
        return found

    def stats(self) -> dict[str, Any]:
        """Return all that is noted, a copy; ``called`` counts calls of its handlers."""
        with self._own.lock:
            return dict(self._own.stats)

    def reset_stats(self, keys: Iterable[str] | None = None) -> None:
        """Forget what is noted under *keys*, or everything."""
        with self._own.lock:
            for key in [*self._own.stats] if keys is None else [*keys]:
                self._own.stats.pop(key, None)
            self._own.stats.setdefault("called", 0)


def slots_of(routine: Routine) -> dict[str, Slot]:
    """Return the slots of a routine, by name."""
    return routine._own.slots  # noqa: SLF001 # of the class above


def events_of(routine: Routine) -> dict[str, Event]:
    """Return the events of a routine, by name."""
    return routine._own.events  # noqa: SLF001 # of the class above


def unknown(what: str, name: object, known: Iterable[str], owner: type) -> str:
    """Return the message that *owner* has no such slot or event.

    Examples
    --------
    >>> unknown("slot", "inptu", ["input"], Routine)
    "Routine has no slot 'inptu'. Did you mean 'input'? It has 'input'."
    """
    has = ", ".join(map(repr, known)) or f"no {what} at all"
    return (
        f"{owner.__name__} has no {what} {name!r}.{nearest(str(name), known)} "
        f"It has {has}."
    )


def _refuse(routine: Routine, what: str, name: object, known: Iterable[str]) -> None:
    """Refuse a name that is none, or is taken."""
    if not isinstance(name, str):
        message = f"{name!r}: the name of {what}s must be a string, as in 'output'"
        raise BadType(message)
    if name in known:
        message = (
            f"{type(routine).__name__} has the {what} {name!r} already: give this one "
            "another name"
        )
        raise BadValue(message)
