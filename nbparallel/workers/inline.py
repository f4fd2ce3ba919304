"""No workers at all: whoever waits for the run carries its tasks out, one by one.

For debugging (breakpoints work, tracebacks are plain) and for tests (nothing races).
"""

from __future__ import annotations

from nbparallel.workers.base import Backend


class Inline(Backend):
    """Leave the claims to the thread that waits."""

    waits_itself = True

    @classmethod
    def default_workers(cls) -> int:
        """Return 1."""
        return 1

    @classmethod
    def bounds(cls) -> None:
        """Return None: the thread that waits is one, and there are no others."""

    def start(self, tasks: int | None) -> None:
        """Do nothing; see the module's docstring."""
