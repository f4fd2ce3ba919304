"""What a task can see of the run that it belongs to, and of that alone.

The scope travels in a context variable: everything that a task calls finds it there,
and nothing else does.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextvars import Context, ContextVar, copy_context
from functools import partial
from threading import Event, get_ident
from typing import Any

from nbparallel.workers.claim import Claim, Owner


class Scope:
    """What the tasks of one claim see.

    Attributes
    ----------
    claim
        The claim that the running task is of.
    outer
        What the task sees that the thread carries out and in which it has begun on this
        claim: it waits for another run, or is a place of one. None: it has none.
    """

    __slots__ = ("claim", "outer")

    def __init__(self, claim: Claim, outer: Scope | None = None) -> None:
        self.claim, self.outer = claim, outer

    @property
    def run(self) -> Owner:
        """The run that the task belongs to."""
        return self.claim.owner

    @property
    def halt(self) -> Event:
        """Set once the run is being cancelled."""
        return self.claim.halt


#: The scope that the code now running belongs to, seen by everything a task calls.
current: ContextVar[Scope | None] = ContextVar("nbparallel_scope", default=None)


def calling_scope() -> Scope | None:
    """Return the scope of the task that the calling thread carries out, or None."""
    scope = current.get()
    return scope if scope is not None and scope.claim.thread == get_ident() else None


def calling_scopes() -> Iterator[Scope]:
    """Give the scopes of all tasks that the calling thread is in, innermost first."""
    scope = calling_scope()
    while scope is not None:
        yield scope
        scope = scope.outer


def context_of_tasks() -> Context:
    """Return a copy of the calling context, as the base of what tasks get.

    Settings of `decimal` that are the usual ones are left out: a task that wants them
    makes its own, and the others need no copy.
    """
    found = copy_context()
    decimal: Any = sys.modules.get("decimal")
    if decimal is None or not _has_decimals(found, decimal):
        return found
    made = Context()
    for variable, value in found.items():
        if not isinstance(value, decimal.Context) or not _is_usual(value, decimal):
            made.run(variable.set, value)
    return made


def copies_of(context: Context) -> Callable[[], Context]:
    """Return what makes a copy of *context* that shares nothing with it.

    A context keeps the settings of `decimal` as one object that can be changed: a plain
    copy would pass on to all what one task sets. A copy of it costs as much as a short
    task, so it is made only where the context has one.
    """
    decimal: Any = sys.modules.get("decimal")
    if decimal and _has_decimals(context, decimal):
        return partial(_copy_with_decimals, context, decimal)
    return context.copy


def _has_decimals(context: Context, decimal: Any) -> bool:
    for each in context.values():  # noqa: SIM110 # see below
        if isinstance(each, decimal.Context):
            return (
                True  # what strikes while a generator is closed, Python does not raise
            )
    return False


def _is_usual(settings: Any, decimal: Any) -> bool:
    usual = decimal.DefaultContext
    names = ("prec", "rounding", "Emin", "Emax", "capitals", "clamp", "traps")
    return all(getattr(settings, name) == getattr(usual, name) for name in names)


def _copy_with_decimals(context: Context, decimal: Any) -> Context:
    found = context.copy()
    found.run(lambda: decimal.setcontext(decimal.getcontext().copy()))
    return found


def _leave_behind() -> None:
    """Forget the run in a forked child: its workers are threads of the parent."""
    current.set(None)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_behind)
