"""The loop over the tasks of a claim: the same in a thread, a child process, inline.

One clock read per task: a task starts when the one before it has ended.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import get_ident
from time import perf_counter
from typing import Any

from nbparallel.errors import Abandoned, without_the_call
from nbparallel.types import MISSING
from nbparallel.workers.base import Desk
from nbparallel.workers.claim import Claim
from nbparallel.workers.printed import NOWHERE, printing
from nbparallel.workers.scope import Scope, calling_scope, copies_of, current


def carry_out(claim: Claim, call: Callable[[Any], Any]) -> None:
    """Carry the tasks out in this thread, each in its own copy of the run's context.

    Parameters
    ----------
    claim
        What to carry out; its ledger is filled task by task.
    call
        Takes an item, returns its result.
    """
    claim.thread = get_ident()
    context = claim.owner.context.copy()
    context.run(current.set, Scope(claim, calling_scope()))
    context.run(printing.set, NOWHERE)
    copy, failures = copies_of(context), claim.failures
    take, keep, stamp = claim.items.popleft, claim.values.append, claim.ends.append
    claim.begun = perf_counter()
    try:
        while True:
            item = take()
            try:
                keep(copy().run(call, item))
            except BaseException as error:  # whatever it is, it becomes a row
                failures[len(claim.ends)] = without_the_call(error)
                keep(MISSING)
            stamp(perf_counter())
    except IndexError:
        pass  # the deque is empty
    finally:
        # A kept traceback keeps this frame: let it keep nothing of the claim.
        claim.thread = 0
        del take, keep, stamp, copy, call, failures, context, claim
        item = None


def carry_through(claim: Claim, desk: Desk) -> None:
    """Carry *claim* out in this thread and hand it back; keep nothing of it."""
    try:
        carry_out(claim, claim.owner.call)
        desk.settle(claim)
    except Abandoned:  # it came late; settling twice does no harm
        desk.settle(claim)
