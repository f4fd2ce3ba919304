"""What is to be measured: read from the call, and refused before anything starts."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields, replace
from itertools import islice
from typing import Any, Final

from nbparallel.engine.run import Run
from nbparallel.errors import BadType, BadValue, InputError, StillRunning
from nbparallel.options import LegOptions, Options, resolve
from nbparallel.short_text import with_type
from nbparallel.types import MISSING
from nbparallel.work.inputs import work_of
from nbparallel.work.work import Work
from nbparallel.workers import load, usual_kind

#: More items than this are not kept at hand: an endless input must not fill the memory.
MOST_ITEMS: Final = 10_000_000
#: What each leg does in the same way, whatever a run is told: each task once, as fast
#: as it goes, as the plain loop does that it is compared with.
FIXED: Final[dict[str, Any]] = {
    field.name: field.default
    for field in fields(Options)
    if field.name not in {"workers", *LegOptions.__optional_keys__}
}


@dataclass(frozen=True, slots=True)
class Subject:
    """Something that can be carried out with any number of workers.

    Attributes
    ----------
    work
        Its items are at hand; or it has none, and its call takes ``{"workers": 8}``.
    options
        How parallel legs are carried out, and whether the measurement is shown.
    workers
        The number of workers where the caller named none.
    """

    work: Work
    options: Options
    workers: int

    @property
    def name(self) -> str:
        """What it is called."""
        return self.options.desc or self.work.name

    @property
    def items(self) -> list[Any] | None:
        """The items of every leg, or None."""
        return self.work.items

    @property
    def tasks(self) -> int:
        """How many tasks a leg has."""
        return 1 if self.items is None else len(self.items)


def subject_of(verb: str, fn: Any, items: Any, given: dict[str, Any]) -> Subject:
    """Return what ``nbp.<verb>(fn, items, **given)`` is to measure, or refuse.

    Raises
    ------
    BadType, BadValue
        It cannot be measured.
    InputError
        A lazy input raised.
    StillRunning
        *fn* is a run that has not ended.
    """
    chosen = resolve(given)
    _check_options(verb, given)
    if isinstance(fn, Run):
        return _from_run(verb, fn, items, given)
    if not callable(fn):
        message = (
            f"{verb}'s first argument must be a function or a run, "
            f"not {with_type(fn)}. Write nbp.{verb}(fetch, urls), "
            f"not nbp.{verb}(fetch(urls)) or nbp.{verb}(urls, fetch)."
        )
        raise BadType(message)
    alone = work_of(fn, ((),), "kwargs")  # its name, and how it is called if async
    kind = load(chosen.backend or usual_kind(alone.call))
    default = _fixed(chosen.workers) or kind.default_workers()
    chosen = replace(chosen, **FIXED)
    if items is MISSING:
        _check_takes_workers(verb, fn, alone.name)
        return Subject(replace(alone, items=None), chosen, default)
    if not isinstance(items, Iterable) and not hasattr(items, "__getitem__"):
        message = (
            f"{verb} cannot go through {with_type(items)}: it is not iterable. "
            f"Write nbp.{verb}({alone.name}, items)."
        )
        raise BadType(message)
    work = work_of(fn, (items,), chosen.unpack, f"nbp.{verb}")
    at_hand = _read(verb, work.source) if work.items is None else work.items
    return Subject(_with(verb, work, at_hand), chosen, default)


def _from_run(verb: str, run: Run, items: Any, given: dict[str, Any]) -> Subject:
    if items is not MISSING:
        message = f"a run brings its own items: write nbp.{verb}(run)"
        raise BadType(message)
    if not run.state.ended:
        message = f"{verb} needs a run that has ended: run.wait(), then nbp.{verb}(run)"
        raise StillRunning(message)
    work = _with(verb, run.work, list(run.columns().items))
    options = replace(run.options, **(given | FIXED))
    return Subject(work, options, _fixed(options.workers) or run.snapshot().workers)


def _fixed(workers: int | str | None) -> int | None:
    """Return the number that is asked for: a leg has as many from first to last."""
    return workers if isinstance(workers, int) else None


def _with(verb: str, work: Work, items: list[Any]) -> Work:
    if not items:
        message = f"there is nothing to measure: {verb} needs at least one item"
        raise BadValue(message)
    return replace(work, items=items, source=None, total=len(items))


def _check_options(verb: str, given: dict[str, Any]) -> None:
    for name, value in FIXED.items():
        if name in given and given[name] != value:
            message = (
                f"{name}={given[name]!r}: {verb} carries every item out once in every "
                f"leg and returns when it has measured them. Leave {name} out."
            )
            raise BadValue(message)


def _check_takes_workers(verb: str, fn: Callable[..., Any], name: str) -> None:
    """Refuse a function without items that cannot be called with ``workers=``."""
    try:
        inspect.signature(fn).bind(workers=1)
    except (TypeError, ValueError):  # it has no such parameter, or does not tell
        message = (
            f"without items, {verb} times {name}(workers=1) against "
            f"{name}(workers=8), but {name} cannot be called like that. "
            f"To measure it over items write nbp.{verb}({name}, items)."
        )
        raise BadType(message) from None


def _read(verb: str, source: Any) -> list[Any]:
    """Return the items of a lazy input: every leg needs them all."""
    items: list[Any] = []
    try:
        items.extend(islice(source, MOST_ITEMS + 1))
    except Exception as error:
        message = (
            f"the input raised {type(error).__name__} at position {len(items)}; "
            "nothing was measured"
        )
        raise InputError(message) from error
    if len(items) > MOST_ITEMS:
        message = (
            f"{verb} keeps all items for every leg, and there are more than "
            f"{MOST_ITEMS:,}. Take some: itertools.islice(items, 1000)"
        )
        raise BadValue(message)
    return items
