"""The kinds of worker, each one file that carries claims out; `base` is the contract.

To add a kind: write its file, add its line to `nbparallel.kinds`. The contract tests
pick it up.
"""

from __future__ import annotations

from concurrent.futures import Executor

from nbparallel.kinds import KINDS, import_from
from nbparallel.workers.base import Kind

__all__ = ["KINDS", "load"]


def load(backend: str | Executor) -> Kind:
    """Return the kind that a word names, or that an executor of the user's is.

    `Options` has refused every other word.
    """
    if isinstance(backend, Executor):
        from nbparallel.workers.executors import Pool

        return Pool(backend)
    kind: Kind = import_from(KINDS[backend])
    return kind
