"""The kinds of worker, each one file that carries claims out; `base` is the contract.

To add a kind: write its file, add its line to `KINDS`. The contract tests pick it up.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from nbparallel.errors import BadValue, nearest
from nbparallel.workers.base import Backend

#: The word users write, and where its `Backend` lives.
KINDS: Final = {
    "threads": "nbparallel.workers.threads:Threads",
    "inline": "nbparallel.workers.inline:Inline",
}


def load(word: str) -> type[Backend]:
    """Return the backend that *word* names.

    Raises
    ------
    BadValue
        No backend has that name.
    """
    if word not in KINDS:
        known = ", ".join(map(repr, KINDS))
        message = (
            f"backend={word!r}: no such backend.{nearest(word, KINDS)} "
            f"The backends are {known}."
        )
        raise BadValue(message)
    module, _, name = KINDS[word].partition(":")
    backend: type[Backend] = getattr(import_module(module), name)
    return backend
