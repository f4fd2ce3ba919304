"""Batches on their way to workers that share no memory with us, and what came of them.

Everything that is sent is bytes and plain values, so that whatever carries it (the pipe
of a pool, a cluster's network) has nothing to pickle that could fail. What can't be
pickled fails its own row: items and results are packed one by one.
"""

from __future__ import annotations

import pickle
from array import array
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Any, Final, NamedTuple
from uuid import uuid4

from nbparallel.errors import BadType
from nbparallel.types import MISSING
from nbparallel.workers.claim import Claim
from nbparallel.workers.packing import by_value, refusal
from nbparallel.workers.printed import Printed
from nbparallel.workers.remote_errors import pack_error, revived

#: Values of these types are pickled together: none of them can fail.
_PLAIN: Final = {bool, bytes, float, int, str, type(None), type(MISSING)}

#: Values: one pickle of them all, or one of each, None where that can't be.
Values = bytes | list[bytes | None]


class Call(NamedTuple):
    """What the tasks of a run call, packed.

    Attributes
    ----------
    key
        Unlike that of any other: who has unpacked it can keep it.
    data
        The pickle.
    """

    key: str
    data: bytes


class Batch(NamedTuple):
    """Items that are sent, and what to call."""

    call: Call
    items: Values


class Ledger(NamedTuple):
    """What came of a batch, by the clock over there.

    Attributes
    ----------
    begun, ends
        When the first task was begun, and each had ended.
    values
        What the tasks returned.
    failures, texts
        What they raised and printed, by place in the batch.
    worker
        Unlike that of any other worker.
    """

    begun: float
    ends: bytes
    values: Values
    failures: dict[int, bytes]
    texts: dict[int, str]
    worker: tuple[object, ...]


def pack_call(call: Callable[[Any], Any]) -> Call:
    """Pack what the tasks of a run call.

    Raises
    ------
    BadType
        It can't be pickled; the message says which part of it.
    """
    try:
        return Call(uuid4().hex, by_value(call))
    except Exception as error:
        refused = refusal("the function", call, error)
        raise refused from None


def pack_items(
    call: Call, claim: Claim, items: Sequence[Any]
) -> tuple[Batch, dict[int, BadType]]:
    """Pack the *items* of *claim*.

    Returns
    -------
    tuple
        The batch, and what is wrong with the items that are not in it, by place.
    """
    bad: dict[int, BadType] = {}

    def refuse(place: int, item: object, error: Exception) -> None:
        bad[place] = refusal(f"the item of task {claim.first + place}", item, error)

    return Batch(call, pack_values(items, refuse)), bad


def pack_values(
    values: Sequence[Any], refuse: Callable[[int, Any, Exception], object]
) -> Values:
    """Pack *values*; *refuse* hears of those that can't be."""
    if _PLAIN.issuperset(map(type, values)):
        return pickle.dumps(list(values), 5)
    found: list[bytes | None] = []
    for place, value in enumerate(values):
        try:
            found.append(by_value(value))
        except Exception as error:
            refuse(place, value, error)
            found.append(None)
    return found


def fill_in(claim: Claim, ledger: Ledger, bad: dict[int, BadType], sent: float) -> None:
    """Fill in the ledger of *claim*, whose batch was *sent* at that instant."""
    ends = array("d", ledger.ends)
    ahead = _ahead(ledger.begun, ends, sent)
    failures: dict[int, BaseException] = {
        place: revived(unpack(data)) for place, data in ledger.failures.items()
    }
    failures.update(bad)
    claim.values.extend(_unpacked(ledger.values, failures))
    claim.failures.update(failures)
    claim.texts.update({n: Printed.of(text) for n, text in ledger.texts.items()})
    claim.begun = ledger.begun - ahead
    claim.ends.extend(end - ahead for end in ends)


def unpack(data: bytes) -> Any:
    """Return what was packed: what we have sent, or a worker that we have sent to."""
    return pickle.loads(data)  # noqa: S301 # as said


def pack_failure(error: BaseException) -> bytes:
    """Pack what a task has raised, whatever it is."""
    return pack_error(error).data


def _unpacked(values: Values, failures: dict[int, BaseException]) -> list[Any]:
    """Return the values; those that can't be rebuilt here are failures."""
    if isinstance(values, bytes):
        plain: list[Any] = unpack(values)
        return plain
    found = []
    for place, data in enumerate(values):
        value: Any = MISSING
        if data is not None and place not in failures:
            try:
                value = unpack(data)
            except BaseException as error:  # whatever its own code does
                message = f"what the task returned can't be unpickled here: {error!r}"
                failures[place] = BadType(message)
        found.append(value)
    return found


def _ahead(begun: float, ends: Sequence[float], sent: float) -> float:
    """Return how far the clock over there is ahead of ours: 0 on the same machine."""
    now = perf_counter()
    if not ends or sent <= begun <= ends[-1] <= now:
        return 0.0
    return ends[-1] - now
