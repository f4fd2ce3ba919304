"""A plot appears under its cell, also where it is not the value of the cell.

As those of pyplot do: at the end of the cell, each once, and none that has been shown.
"""

from __future__ import annotations

from typing import Any, Final

from nbparallel.edge import frontend

_waiting: Final[list[Any]] = []
_listening: Final[list[Any]] = []  # the call that hears of the ends of cells, if any


def show_later(ax: Any) -> None:
    """Show *ax* when the current cell ends, unless it has been shown until then."""
    if frontend.in_kernel():
        if not _listening:
            _listening.append(_show_all)
            frontend.after_each_cell(_show_all)
        _waiting.append(ax)


def is_shown(ax: Any) -> None:
    """Note that a picture of *ax* has been asked for."""
    _waiting[:] = [each for each in _waiting if each is not ax]


def _show_all(_shell: Any) -> None:
    from IPython.display import display

    while _waiting:
        display(_waiting.pop(0))  # type: ignore[no-untyped-call]
