"""Generators of random numbers that a function would take along to every process."""

from __future__ import annotations

import sys
import warnings
from typing import Final

#: Their types, by module and name; those of all other libraries are not known.
_TYPES: Final = {
    ("random", "Random"): "random.Random(n)",
    ("numpy.random.mtrand", "RandomState"): "numpy.random.RandomState(n)",
    ("numpy.random._generator", "Generator"): "numpy.random.default_rng((seed, n))",
}


class Generators:
    """Looks out for them while a function is pickled."""

    def __init__(self) -> None:
        self._found: tuple[str, str] | None = None

    def notice(self, value: object) -> None:
        """Note *value* if it is one."""
        kind = type(value)
        name = kind.__module__, kind.__name__
        if name in _TYPES:
            self._found = name

    def warn(self) -> None:
        """Warn whoever has called us, if there were any."""
        if self._found is not None:
            module, name = self._found
            message = (
                f"the function uses a generator of random numbers ({module}.{name}), "
                "and every process gets a copy of it: they all draw the same numbers. "
                f"Make one in the task, from its item n: {_TYPES[self._found]}"
            )
            warnings.warn(message, RuntimeWarning, stacklevel=_calling_level())


def _calling_level() -> int:
    """Return how far above who called this the first frame is that is not ours."""
    frame, level = sys._getframe(1), 1  # noqa: SLF001 # warnings asks it as well
    while frame.f_back and frame.f_globals.get("__name__", "").startswith("nbparallel"):
        frame, level = frame.f_back, level + 1
    return level
