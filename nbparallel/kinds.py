"""The kinds of worker: the words that users write, and where their `Backend` lives.

To add a kind: write its file in `workers/`, add its word and its line here. The
contract tests pick it up.
"""

from __future__ import annotations

from concurrent.futures import Executor
from importlib import import_module
from typing import Any, Final, Literal

#: The words, for type checkers and for Tab; a test holds them to `KINDS`.
Kind = Literal["threads", "processes", "asyncio", "inline"]

KINDS: Final[dict[str, str]] = {
    "threads": "nbparallel.workers.threads:Threads",
    "processes": "nbparallel.workers.processes:Processes",
    "asyncio": "nbparallel.workers.aio:Asyncio",
    "inline": "nbparallel.workers.inline:Inline",
}

#: What carries a batch out where nothing is but this package.
BATCHES: Final = "nbparallel.worker_batch:carry"


def import_from(place: str) -> Any:
    """Return what a place names, as in ``"package.module:name"``."""
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


def word_of(backend: str | Executor | None) -> str:
    """Return the word for *backend*: of an executor, the name of its class.

    Examples
    --------
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> word_of("threads"), word_of(ThreadPoolExecutor())
    ('threads', 'ThreadPoolExecutor')
    """
    if backend is None or isinstance(backend, str):
        return backend or "threads"
    return type(backend).__name__.lstrip("_")
