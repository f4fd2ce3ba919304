"""What is kept of an exception: all of it, or its text without the frames.

A frame keeps every local variable of the user's function. Of the first failures of a
run that is what one wants, for a debugger; of a million it is all the memory there is.
"""

from __future__ import annotations

import traceback
from contextlib import suppress

#: How many failures of a run keep their frames.
MOST_FRAMES = 1000


class TracebackText(Exception):
    """Stands where an exception's frames were; its text is that of the traceback."""

    def __init__(self, lines: tuple[tuple[str, int, str], ...]) -> None:
        super().__init__()
        self._lines = lines

    def __str__(self) -> str:
        places = [(*line, None) for line in self._lines]
        shown = "".join(traceback.StackSummary.from_list(places).format())
        return f"\n\nTraceback (most recent call last):\n{shown.rstrip()}"


def without_frames(error: BaseException, *, keep_text: bool = True) -> None:
    """Let go of the frames of *error* and of all that it is chained to.

    Parameters
    ----------
    error
        The exception; it is changed.
    keep_text
        Chain it to a `TracebackText`, so that it still tells where it was raised.
    """
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        following = found.__cause__ or found.__context__
        with suppress(Exception):  # a class of the user's may refuse to be changed
            _lighten(found, following, keep_text=keep_text)
        found = following


def _lighten(
    error: BaseException, following: BaseException | None, *, keep_text: bool
) -> None:
    trace = error.__traceback__
    BaseException.with_traceback(error, None)
    if trace is None or not keep_text:
        return
    text = TracebackText(
        tuple(
            (frame.f_code.co_filename, line, frame.f_code.co_name)
            for frame, line in traceback.walk_tb(trace)
        )
    )
    text.__cause__, text.__context__ = following, None
    error.__cause__ = text
