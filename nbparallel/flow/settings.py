"""What a flow is told: how its handlers are called, and the options of its runs."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from difflib import get_close_matches
from typing import Any, Final, get_type_hints

from nbparallel.errors import BadType, BadValue, nearest
from nbparallel.flow.ports import Slot
from nbparallel.options import MapOptions, Options, resolve, setting, whole
from nbparallel.peers import ours_for
from nbparallel.short_text import brief

#: How the handlers of a flow can be called.
STRATEGIES: Final = ("sequential", "concurrent")
#: The backends whose workers share the memory in which the routines are.
NEAR: Final = ("threads", "inline", "asyncio")
#: What is said of an input, which a flow has none of, with what stands for nothing.
NEEDLESS: Final = {"journal": None, "key": None, "trust": False, "unpack": None}
#: How many handlers are called at the same time where nobody says.
USUAL: Final = 5
#: How like a parameter (`difflib`, from 0 to 1) a name is that is misspelt.
NEARLY: Final = 0.75
_TAKEN: Final = tuple(
    name for name in get_type_hints(MapOptions) if name not in NEEDLESS
)


def known_strategy(name: object) -> str:
    """Return *name* if it is a strategy.

    Raises
    ------
    BadValue
        It is not.
    """
    if not isinstance(name, str) or name not in STRATEGIES:
        message = (
            f"Invalid execution strategy {name!r}:{nearest(str(name), STRATEGIES)} "
            "Write 'sequential' or 'concurrent'"
        )
        raise BadValue(message)
    return name


def workers_said(max_workers: object, options: dict[str, Any]) -> int | None:
    """Return how many workers there are to be, if that is said; by one word of two.

    Raises
    ------
    BadType, BadValue
        There cannot be so many; or both words are there.
    """
    workers = options.pop("workers", None)
    if workers is None:
        return None if max_workers is None else whole("max_workers", max_workers)
    if max_workers is not None:
        message = (
            f"max_workers={max_workers!r}, workers={workers!r}: two words for one "
            "thing. Leave one of them out"
        )
        raise BadType(message)
    return whole("workers", workers)


def workers_in_force() -> int:
    """Return how many workers there are where neither flow nor call say so."""
    found = setting("max_workers", usual=USUAL)
    return found if isinstance(found, int) else USUAL


def entry_data(
    name: str, given: Mapping[str, Any] | None, slot: Slot
) -> Mapping[str, Any]:
    """Return what the handler of the entry gets, through *slot*.

    Raises
    ------
    BadType
        Those are no keyword arguments.
    BadValue
        One of them is a misspelt parameter: it would be left out, as others are that
        the handler does not take.
    """
    if given is None:
        return {}
    if not isinstance(given, Mapping) or not all(isinstance(k, str) for k in given):
        message = (
            f"entry_params={given!r}: must be a dict from names to values, as in "
            f"execute({name!r}, {{'url': url}})"
        )
        raise BadType(message)
    if slot.accepts is not None and not callable(slot.merge_strategy):
        missing = [each for each in slot.accepts if each not in given]
        for extra in given.keys() - slot.accepts:
            if found := get_close_matches(extra, missing, n=1, cutoff=NEARLY):
                message = (
                    f"entry_params={brief(given)}: the handler of {name!r} takes no "
                    f"{extra!r}. Did you mean {found[0]!r}?"
                )
                raise BadValue(message)
    return given


def options_of(
    given: dict[str, Any], *, sequential: bool, entry: str | None = None
) -> Options:
    """Return the options of a run of a flow.

    A default of the user's that a flow cannot have is left out; what the flow or the
    call says is refused.

    Parameters
    ----------
    given
        What the flow and the call say, with the number of workers.
    sequential
        Whether handlers are called one at a time.
    entry
        The routine by which the flow is entered, for messages.

    Raises
    ------
    BadType, BadValue
        An option is unknown, or makes no sense for a flow.
    """
    for name, value in given.items():
        if name not in _TAKEN and name not in NEEDLESS:
            raise BadType(_unknown(name, entry))
        if name in NEEDLESS and value:
            message = (
                f"{name}={value!r}: is said of an input, and what handlers get is "
                f"emitted while the flow goes on. Leave {name} out"
            )
            raise BadValue(message)
    chosen = {**NEEDLESS, **given}
    if "backend" not in chosen and not _is_near(setting("backend")):
        chosen["backend"] = None
    backend = chosen.get("backend")
    options = resolve(chosen, block=sequential or backend == "inline")
    if not _is_near(options.backend):
        message = (
            f"backend={backend!r}: the handlers of a flow share their routines, so "
            "they run in this process. Write backend='threads'; a handler can hand "
            "what it computes to pmap(..., backend='processes')"
        )
        raise BadValue(message)
    return options


def _is_near(backend: object) -> bool:
    return backend in (None, *NEAR) or isinstance(backend, ThreadPoolExecutor)


def _unknown(name: str, entry: str | None) -> str:
    """Return that *name* is no option, and how a handler gets data of that name."""
    ours = ours_for(name)
    called = f" It is called {ours} here." if ours in _TAKEN else nearest(name, _TAKEN)
    data = (
        f" For what a handler gets write execute({entry!r}, {{{name!r}: …}})."
        if entry is not None
        else ""
    )
    return (
        f"unknown option {name!r}.{called}{data} The options are {', '.join(_TAKEN)}."
    )
