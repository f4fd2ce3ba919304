"""Which options the run of an executor has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nbparallel.errors import BadType, BadValue
from nbparallel.options import NAMES, Options, resolve
from nbparallel.peers import unknown
from nbparallel.signatures import keywords_of
from nbparallel.workers.scope import calling_scope

#: The options of a run that say nothing of an executor, and why.
_NOT_OURS = {
    "unpack": "it is given calls, not items",
    "buffer": "it is read by nobody, unless you go through its run",
    "block": "`submit` never waits",
    "journal": "it keeps no journal: what it is to call is not known beforehand",
    "key": "it keeps no journal",
    "trust": "it keeps no journal",
}


def options_of(
    face: Callable[..., object], max_workers: Any, usual: int, given: dict[str, Any]
) -> Options:
    """Return the options of the run.

    Parameters
    ----------
    face
        The executor's class, whose keywords a message names.
    max_workers
        As it was given.
    usual
        How many threads there are if nobody says how many.
    given
        All other options.

    Raises
    ------
    BadType, BadValue
        One of them cannot be used.
    """
    for name, why in _NOT_OURS.items():
        if name in given:
            message = f"{name}={given[name]!r}: an executor has no such option: {why}"
            raise BadType(message)
    for name in given.keys() - {*NAMES}:
        known = keywords_of(face)
        raise BadType(unknown(name, given[name], known, "executor.submit(fetch, {})"))
    if max_workers is not None:
        if "workers" in given:
            message = (
                f"max_workers={max_workers!r} and workers={given['workers']!r} are the "
                f"same: write Executor({max_workers!r})"
            )
            raise BadValue(message)
        given["workers"] = max_workers
    if calling_scope() is not None:  # as the runs inside of tasks
        given["progress"] = False
    if given.get("backend") in ("asyncio", "inline"):
        message = (
            f"backend={given['backend']!r}: an executor calls functions in workers of "
            'its own. Write backend="threads", or "processes"; coroutines are for '
            "pmap: nbp.pmap(fetch, urls)"
        )
        raise BadValue(message)
    found = resolve(given)
    backend = "threads" if found.backend in ("asyncio", "inline") else found.backend
    workers = found.workers
    if workers is None and backend in (None, "threads"):
        workers = usual
    return replace(  # `defaults` may say what is of no use here
        found,
        backend=backend,
        workers=workers,
        block=False,
        unpack=None,
        buffer=None,
        journal=None,
        key=None,
        trust=False,
    )
