"""A flow as names and configuration, which JSON can hold; nothing of it is code."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

from nbparallel.errors import BadType, BadValue, UsageError, nearest
from nbparallel.flow.error_handler import ErrorHandler
from nbparallel.flow.routine import Routine
from nbparallel.flow.wiring import Wiring
from nbparallel.short_text import brief

#: What a serialized flow says it is.
VERSION: Final = 1
#: What there must be of it, of a connection, and of an error handler.
_PARTS: Final = (
    *("flow_id", "execution_strategy", "max_workers", "error_handler"),
    *("routines", "connections"),
)
_ENDS: Final = ("source", "event", "target", "slot", "param_mapping")
_HANDLING: Final = ("strategy", "max_retries", "retry_delay", "retry_backoff")


class Storable(Wiring):
    """Routines and connections that can be kept as JSON.

    Attributes
    ----------
    flow_id, execution_strategy, error_handler
        What else is kept.
    workers_said
        How many workers it is to have, if it says so: it is kept as ``max_workers``.
    """

    def __init__(
        self, flow_id: str, execution_strategy: str, workers_said: int | None
    ) -> None:
        super().__init__()
        self.flow_id, self.execution_strategy = flow_id, execution_strategy
        self.workers_said = workers_said
        self.error_handler: ErrorHandler | None = None

    def serialize(self) -> dict[str, Any]:
        """Return the flow as names and configuration, for `json.dumps`.

        Raises
        ------
        BadType, BadValue
            JSON cannot hold what a routine is configured with, or two classes have one
            name: it would not come back as it is.
        """
        _refuse_namesakes(self.routines.values())
        return {
            "nbparallel_flow": VERSION,
            "flow_id": self.flow_id,
            "execution_strategy": self.execution_strategy,
            "max_workers": self.workers_said,
            "error_handler": _handler_entry(self.error_handler),
            "routines": {
                name: _routine_entry(name, routine)
                for name, routine in self.routines.items()
            },
            "connections": [
                {
                    "source": self.id_of(each.source_event.routine),
                    "event": each.source_event.name,
                    "target": self.id_of(each.target_slot.routine),
                    "slot": each.target_slot.name,
                    "param_mapping": each.param_mapping,
                }
                for each in self.connections
            ],
        }

    def deserialize(
        self,
        data: Mapping[str, Any] | str | bytes,
        classes: Iterable[type[Routine]] | Mapping[str, type[Routine]] = (),
    ) -> Self:
        """Become what `serialize` has returned; return this flow, which is empty.

        Nothing is imported and nothing is run but the classes that are passed, each
        without arguments.

        Parameters
        ----------
        data
            What `serialize` returned, or the JSON of it.
        classes
            Those of its routines; or by name, where two have the same.

        Raises
        ------
        BadType, BadValue
            It is no flow, or a class is missing; this flow is as it was.
        """
        if self.routines:
            message = "this flow has routines: write Flow().deserialize(data, classes)"
            raise UsageError(message)
        kept, known = _read(data), _by_name(classes)
        flow = type(self)(
            kept["flow_id"], kept["execution_strategy"], kept["max_workers"]
        )
        for name, entry in kept["routines"].items():
            flow.add_routine(_made(entry, known), name)
        for each in kept["connections"]:
            ends = each["source"], each["event"], each["target"], each["slot"]
            flow.connect(*ends, each["param_mapping"])
        handler = kept["error_handler"]
        self.error_handler = (
            None if handler is None else ErrorHandler(*map(handler.get, _HANDLING))
        )
        for name in ("flow_id", "execution_strategy", "workers_said"):
            setattr(self, name, getattr(flow, name))
        self.routines, self.connections = flow.routines, flow.connections
        return self


def _refuse_namesakes(routines: Iterable[Routine]) -> None:
    """Refuse two classes of one name, for names are all that is kept of them.

    Raises
    ------
    BadValue
        There are such.
    """
    known: dict[str, type[Routine]] = {}
    for routine in routines:
        kind = type(routine)
        if known.setdefault(kind.__name__, kind) is not kind:
            message = (
                f"two classes of routines are called {kind.__name__!r}, and their "
                "names are all that is kept of them: give one another name"
            )
            raise BadValue(message)


def _routine_entry(name: str, routine: Routine) -> dict[str, Any]:
    """Return what is kept of a routine.

    Raises
    ------
    BadType
        JSON cannot hold its configuration, or holds something else.
    """
    config = routine.config()
    for key, value in config.items():
        try:
            back = json.loads(json.dumps(value, allow_nan=False))
        except (TypeError, ValueError, RecursionError) as error:
            why = str(error)
        else:
            why = "" if back == value else f"it would come back as {brief(back)}"
        if why:
            message = (
                f"the configuration {key!r} of routine {name!r} cannot be serialized "
                f"({why}): set_config takes text, numbers, lists, and dicts from text"
            )
            raise BadType(message)
    return {"class": type(routine).__name__, "config": config}


def _handler_entry(handler: ErrorHandler | None) -> dict[str, Any] | None:
    """Return what is kept of an error handler."""
    if handler is None:
        return None
    return {
        "strategy": handler.strategy.value,
        "max_retries": handler.max_retries,
        "retry_delay": handler.retry_delay,
        "retry_backoff": handler.retry_backoff,
    }


def _read(data: Mapping[str, Any] | str | bytes) -> Mapping[str, Any]:
    """Return *data*, JSON or what that stands for, if it is a flow.

    Raises
    ------
    BadValue
        It is not.
    """
    if isinstance(data, (str, bytes)):
        try:
            data = json.loads(data)
        except ValueError as error:
            message = f"this is no JSON ({error}); give what flow.serialize() returned"
            raise BadValue(message) from None
    if not isinstance(data, Mapping) or data.get("nbparallel_flow") != VERSION:
        message = (
            "this is not a flow: give what flow.serialize() returned, or the JSON of it"
        )
        raise BadValue(message)
    handler = data.get("error_handler")
    _complete(data, _PARTS, "the flow")
    _be(dict, data["routines"], "routines")
    _be(list, data["connections"], "connections")
    for name, entry in data["routines"].items():
        _complete(entry, ("class", "config"), f"routine {name!r}")
        _be(dict, entry["config"], "config")
    for each in data["connections"]:
        _complete(each, _ENDS, "a connection")
    if handler is not None:
        _complete(handler, _HANDLING, "the error handler")
    return data


def _be(kind: type, part: object, name: str) -> None:
    """Refuse a part that is not of its kind."""
    if not isinstance(part, kind):
        message = (
            f"this is not a flow: {name!r} is {brief(part)}, not a {kind.__name__}. "
            "Give what flow.serialize() returned"
        )
        raise BadValue(message)


def _complete(entry: object, parts: Iterable[str], what: str) -> None:
    """Refuse what lacks one of its parts."""
    for part in parts:
        if not isinstance(entry, Mapping) or part not in entry:
            message = (
                f"this is not all of a flow: {what} has no {part!r}. Give what "
                "flow.serialize() returned"
            )
            raise BadValue(message)


def _by_name(
    classes: Iterable[type[Routine]] | Mapping[str, type[Routine]],
) -> dict[str, type[Routine]]:
    """Return the classes that the user passes, by name.

    Raises
    ------
    BadType, BadValue
        One of them is no routine class; two have one name.
    """
    if not isinstance(classes, Iterable):
        one = getattr(classes, "__name__", "Routine")
        message = (
            f"{classes!r}: must be the classes of its routines. Write "
            f"flow.deserialize(data, [{one}])"
        )
        raise BadType(message)
    pairs = (
        [*classes.items()]
        if isinstance(classes, Mapping)
        else [(getattr(each, "__name__", ""), each) for each in classes]
    )
    found: dict[str, type[Routine]] = {}
    for name, given in pairs:
        if not (isinstance(given, type) and issubclass(given, Routine)):
            message = f"{given!r}: must be a subclass of Routine"
            raise BadType(message)
        if name in found:
            message = (
                f"two classes are called {name!r}: pass a dict, as in {{{name!r}: …}}"
            )
            raise BadValue(message)
        found[name] = given
    return found


def _made(entry: Mapping[str, Any], classes: Mapping[str, type[Routine]]) -> Routine:
    """Return a routine as it was kept.

    Raises
    ------
    BadType, BadValue
        Its class was not passed, or takes arguments.
    """
    name = entry["class"]
    if name not in classes:
        message = (
            f"the flow has a routine of class {name!r}, which was not passed."
            f"{nearest(str(name), classes)} Write flow.deserialize(data, [{name}])"
        )
        raise BadValue(message)
    try:
        routine = classes[name]()
    except TypeError as error:
        message = (
            f"{name}() failed ({error}): what is loaded is made without arguments; "
            "keep them with set_config"
        )
        raise BadType(message) from error
    routine.set_config(**entry["config"])
    return routine
