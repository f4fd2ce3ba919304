"""Finding the runs of this session again."""

from __future__ import annotations

from typing import Any

from nbparallel.engine import registry
from nbparallel.engine.run import Run


def last() -> Run[Any] | None:
    """Return the run that was started last, nested ones left out, or None."""
    found: Run[Any] | None = registry.last()
    return found


def runs() -> list[Run[Any]]:
    """Return the runs of this session that something still refers to, oldest first.

    The last one is always among them. Nested runs are not.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> run = nbp.pmap(abs, [-1, 2], progress=False)
    >>> nbp.runs()[-1] is run
    True
    """
    return registry.remembered()
