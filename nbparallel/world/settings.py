"""What a world is told: its own settings, and the options of the runs that it makes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from numbers import Real
from os import cpu_count
from typing import Any, Final, Literal, get_type_hints

from nbparallel.errors import BadType, BadValue, nearest
from nbparallel.kinds import Kind
from nbparallel.options import (
    Options,
    RetryOn,
    SharedOptions,
    flag,
    resolve,
    setting,
    whole,
)
from nbparallel.peers import ours_for
from nbparallel.rates import Rate


class WorldOptions(SharedOptions, total=False):
    """The options of a run that make sense for a world."""

    workers: int | Literal["auto"] | None
    timeout: float | None
    deadline: float | None
    retries: int | Callable[[Any], bool]
    retry_on: RetryOn
    backoff: float | Callable[[Any], float] | None
    rate: str | Rate | None


class WorldKeywords(WorldOptions, total=False):
    """What a world takes: its settings, and those options."""

    max_workers: int | None
    parallel_execution_timeout: float | None
    collect_parallel_metrics: bool
    parallel_agent_actions: bool


#: The kinds of worker that see the agents themselves, and can leave one behind.
BACKENDS: Final = ("threads", "asyncio")
#: Options of a run that a world cannot have, each with the reason.
NEEDLESS: Final = {
    "block buffer ordered unpack": "the steps of a world are made one after another, "
    "by the thread that asks for them",
    "journal key trust keep_results": "a journal does not know what becomes of agents. "
    "Save them in handle_actions; world.history keeps what they did",
}
_REASONS: Final = {
    name: why for names, why in NEEDLESS.items() for name in names.split()
}
_TAKEN: Final = tuple(get_type_hints(WorldOptions))


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of a world.

    Attributes
    ----------
    max_workers
        How many agents act at the same time in a parallel step. None: the number of
        CPUs + 4. Another word for ``workers``.
    parallel_execution_timeout
        Seconds that a parallel step may last. None: no bound.
    collect_parallel_metrics
        Count for `nbparallel.World.get_parallel_metrics`.
    parallel_agent_actions
        Whether steps are parallel where the call does not say so.

    Examples
    --------
    >>> Settings(max_workers=0)
    Traceback (most recent call last):
    nbparallel.errors.BadValue: max_workers=0: must be a whole number of at least 1
    """

    max_workers: int | None = None
    parallel_execution_timeout: float | None = 300.0
    collect_parallel_metrics: bool = True
    parallel_agent_actions: bool = True

    def __post_init__(self) -> None:
        if self.max_workers is not None:
            object.__setattr__(
                self, "max_workers", whole("max_workers", self.max_workers)
            )
        if self.parallel_execution_timeout is not None:
            _seconds("parallel_execution_timeout", self.parallel_execution_timeout)
        for name in ("collect_parallel_metrics", "parallel_agent_actions"):
            flag(name, getattr(self, name))


NAMES: Final = tuple(field.name for field in fields(Settings))


def read(given: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the settings among the keywords of a world, and the options.

    What is not given is as the settings in force say when steps are made.

    Raises
    ------
    BadType, BadValue
        One is unknown, or cannot be used.
    """
    for name, value in given.items():
        if name not in NAMES and name not in _TAKEN:
            raise BadType(_refusal(name, value))
    said = {name: given[name] for name in NAMES if name in given}
    settings = settings_of(said)
    options = {name: given[name] for name in _TAKEN if name in given}
    if settings.max_workers is not None and "workers" in options:
        message = (
            f"max_workers={settings.max_workers!r}, workers={options['workers']!r}: "
            "two words for one thing. Leave one of them out."
        )
        raise BadType(message)
    options_of(settings, options, parallel=True, awaits=False)
    return said, options


def settings_of(said: dict[str, Any]) -> Settings:
    """Return the settings of a world: what it says itself, else those in force."""
    shared = {name: setting(name, said) for name in NAMES if name != "max_workers"}
    return Settings(max_workers=said.get("max_workers"), **shared)


def options_of(
    settings: Settings, given: dict[str, Any], *, parallel: bool, awaits: bool
) -> Options:
    """Return how a run of a world is carried out.

    Parameters
    ----------
    settings, given
        As `read` returns them. What is not given is as the defaults in force say.
    parallel
        Whether agents act at the same time.
    awaits
        Whether some of them are coroutines.
    """
    usual = (cpu_count() or 1) + 4
    if settings.max_workers is not None:
        given = {**given, "workers": settings.max_workers}
    chosen = resolve(given, workers=usual)
    backend = given.get("backend")
    if backend not in (None, *BACKENDS):
        message = (
            f"backend={backend!r}: agents change as they act, in this process, and one "
            "that hangs is left behind. Write backend='threads' or 'asyncio', or leave "
            "it out."
        )
        raise BadValue(message)
    kind: Kind = "asyncio" if awaits else "threads"
    return replace(
        chosen,
        backend=backend or kind,
        workers=(chosen.workers or usual) if parallel else 1,
        block=False,
        ordered=False,
        buffer=None,
        unpack=None,
        journal=None,
        key=None,
        trust=False,
        keep_results=True,
    )


def _seconds(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, Real):
        message = f"{name}={value!r}: must be a number of seconds, as in {name}=60"
        raise BadType(message)
    if not float(value) > 0:
        message = f"{name}={value!r}: must be more than 0 seconds, or None for no bound"
        raise BadValue(message)


def _refusal(name: str, value: object) -> str:
    begin = f"unknown setting {name!r}"
    if name in _REASONS:
        return f"{name}={value!r}: {_REASONS[name]}."
    if (ours := ours_for(name)) in _TAKEN:
        return f"{begin}: it is called {ours} here."
    known = [*NAMES, *_TAKEN]
    return f"{begin}.{nearest(name, known)} The settings are {', '.join(known)}."
