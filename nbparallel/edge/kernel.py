"""Which Jupyter kernel this process is, and what we keep on it."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

_making = threading.Lock()


def per_kernel(name: str, make: Callable[[Any], T]) -> T | None:
    """Return what *make* builds from this process's kernel, built on the first call.

    It is kept on the kernel itself, so that a reloaded module finds it again instead
    of installing a second one. It never raises: where there is no kernel, or one that
    *make* cannot work with, the answer is None, now and on every later call.
    """
    kernel = _kernel()
    if kernel is None:
        return None
    attribute = f"_nbparallel_{name}"
    # What is there is not waited for: something else may be being made.
    found: T | None = getattr(kernel, attribute, None)
    if found is not None:
        return found
    # Suppressed: what an in-process kernel, xeus or a future ipykernel lacks.
    with _making, contextlib.suppress(Exception):
        if not hasattr(kernel, attribute):
            setattr(kernel, attribute, None)  # this stays if the next line raises
            setattr(kernel, attribute, make(kernel))
    built: T | None = getattr(kernel, attribute, None)
    return built


def made(name: str) -> Any:
    """Return what `per_kernel` has built, or None if it has not been asked to."""
    return getattr(_kernel(), f"_nbparallel_{name}", None)


def _kernel() -> Any:
    """Return the kernel, or None in a terminal, a script or an unknown front end."""
    return getattr(shell(), "kernel", None)


def shell() -> Any:
    """Return IPython's shell, or None where there is none."""
    # A kernel has imported IPython long before us; nobody else should pay for it.
    return getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
