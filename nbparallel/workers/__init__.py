"""The kinds of worker, each one file that carries claims out; `base` is the contract.

To add a kind: write its file, add its line to `nbparallel.kinds`. The contract tests
pick it up.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from nbparallel.coroutines import CoroutineCall
from nbparallel.kinds import KINDS, Kind
from nbparallel.workers.base import Backend

__all__ = ["KINDS", "load", "usual_kind"]


def usual_kind(call: Callable[[Any], Any]) -> Kind:
    """Return the word of the backend that *call* takes where the user names none."""
    return "asyncio" if isinstance(call, CoroutineCall) else "threads"


def load(word: str) -> type[Backend]:
    """Return the backend that *word* names; `Options` has refused every other word."""
    module, _, name = KINDS[word].partition(":")
    backend: type[Backend] = getattr(import_module(module), name)
    return backend
