"""A place in the output of a marimo cell, and threads that may write there.

Relied upon: marimo's ``mo.output.replace_at_index``, which adds at the index that is
one too high and refuses higher ones, ``mo.Html``, and ``mo.Thread`` with its
``should_exit``.
"""

from __future__ import annotations

import sys
import threading
from contextlib import suppress
from typing import Any, Final

#: The most parts that the output of a cell may have.
MOST: Final = 100


class Output:
    """A place below what is in the cell's output already.

    Parameters
    ----------
    html
        What to show there; `update` replaces it.
    """

    def __init__(self, html: str) -> None:
        self._place = MOST
        for self._place in range(MOST, -1, -1):
            with suppress(IndexError):
                self.update(html)
                break

    def update(self, html: str) -> None:
        """Show *html* in this place, from the thread of the cell or a `thread`.

        Once the cell has been run again, or is gone, a `thread` shows nothing.
        """
        if not getattr(threading.current_thread(), "should_exit", False):
            mo = _marimo()
            mo.output.replace_at_index(mo.Html(html), self._place)


def thread(**how: Any) -> threading.Thread:
    """Return a thread that may write to the cell in which it is made."""
    made: threading.Thread = _marimo().Thread(**how)
    return made


def _marimo() -> Any:
    return sys.modules["marimo"]  # it has imported itself long before us
