"""The kinds of worker, each one file that carries claims out; `base` is the contract.

To add a kind: write its file, add its line to `nbparallel.kinds`. The contract tests
pick it up.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from typing import Any

from nbparallel import kinds
from nbparallel.coroutines import CoroutineCall
from nbparallel.kinds import KINDS, import_from
from nbparallel.workers.base import Kind

__all__ = ["KINDS", "load", "usual_kind"]


def usual_kind(call: Callable[[Any], Any]) -> kinds.Kind:
    """Return the word of the backend that *call* takes where the user names none."""
    return "asyncio" if isinstance(call, CoroutineCall) else "threads"


def load(backend: str | Executor | None) -> Kind:
    """Return the kind that a word names, or that an executor of the user's is.

    None is the kind where neither the user nor the function says anything. `Options`
    has refused every other word.
    """
    if isinstance(backend, Executor):
        from nbparallel.workers.executors import Pool

        return Pool(backend)
    kind: Kind = import_from(KINDS[backend or "threads"])
    return kind
