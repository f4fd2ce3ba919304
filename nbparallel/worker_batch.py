"""What the workers of an executor call; see `nbparallel.workers.remote`."""

from __future__ import annotations

import os
from array import array
from collections import OrderedDict
from collections.abc import Callable
from contextvars import copy_context
from threading import Event, get_ident
from typing import Any, Final
from uuid import uuid4

from nbparallel.engine import capture
from nbparallel.types import MISSING
from nbparallel.workers.carry_out import carry_out
from nbparallel.workers.claim import Claim
from nbparallel.workers.packing import CURE_BACK, refusal
from nbparallel.workers.remote import (
    Batch,
    Call,
    Ledger,
    Values,
    pack_failure,
    pack_values,
    unpack,
)

#: What has been unpacked of late, and how many of those are kept.
_calls: OrderedDict[str, Callable[[Any], Any]] = OrderedDict()
_MOST_CALLS: Final = 4
#: Processes on other machines may have the same number.
_TOKEN: Final = uuid4().hex


class Run:
    """The run as a worker far away knows it."""

    keeps_text, echo = True, False

    def __init__(self, call: Callable[[Any], Any]) -> None:
        self.call, self.context = call, copy_context()

    def settle(self, claim: Claim) -> None:
        """Do nothing: the whole batch is told of at its end."""

    def give_back(self, claim: Claim, task: int) -> None:
        """Do nothing: as above."""

    def lost(self, claim: Claim, error: BaseException) -> None:
        """Do nothing: who has sent the batch hears of it."""


def carry(batch: Batch) -> Ledger:
    """Carry a batch out; never raises what a task or a value raises."""
    items, call = _items(batch.items), _call(batch.call)
    if not isinstance(batch.items, bytes):
        call = _unpacking(call)
    run = Run(call)
    claim = Claim(run, 0, 0, items, Event())
    stop = capture.start(run)
    try:
        carry_out(claim, call)
    finally:
        stop()
    values = _pack(claim)
    failures = {place: pack_failure(each) for place, each in claim.failures.items()}
    texts = {place: str(each) for place, each in claim.texts.items()}
    ends = array("d", claim.ends).tobytes()
    worker = os.getpid(), _TOKEN, get_ident()
    return Ledger(claim.begun, ends, values, failures, texts, worker)


def _call(packed: Call) -> Callable[[Any], Any]:
    """Return what is to be called; if it can't be had, every task says why."""
    try:
        call: Callable[[Any], Any] = _calls[packed.key]
    except KeyError:
        try:
            call = unpack(packed.data)
        except BaseException as error:  # a module that is not there, say
            return _raising(error)
        _calls[packed.key] = call
        while len(_calls) > _MOST_CALLS:
            _calls.popitem(last=False)
    return call


def _raising(error: BaseException) -> Callable[[Any], Any]:
    def call(_: Any) -> Any:
        raise error

    return call


def _items(packed: Values) -> list[Any]:
    if isinstance(packed, bytes):
        found: list[Any] = unpack(packed)
        return found
    return list(packed)


def _unpacking(call: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the call that takes packed items: what they raise is their task's."""

    def unpack_and_call(data: bytes | None) -> Any:
        # Of an item that could not be sent, the sender knows why.
        return call(unpack(data)) if data is not None else None

    return unpack_and_call


def _pack(claim: Claim) -> Values:
    def refuse(place: int, value: object, error: Exception) -> None:
        claim.failures[place] = refusal(
            "what the task returned", value, error, CURE_BACK
        )
        claim.values[place] = MISSING

    return pack_values(claim.values, refuse)
