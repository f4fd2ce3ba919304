"""What a task has printed, up to a bound."""

from __future__ import annotations

from collections.abc import Callable, Sized
from contextvars import ContextVar
from threading import Lock
from typing import Final, Self

#: The most characters of printed text kept per task: half its beginning, half its end.
MOST_OUTPUT = 10_000
#: From how many characters on a piece is put together with those before it at once, and
#: how many pieces wait for the end of a line: it need not come.
LONG_PIECE, MANY_PIECES = 1_000, 1_000

#: Held while the pieces of any text change places: no code but ours runs meanwhile.
_joining = Lock()


class Printed:
    """What one task has printed: all of it, or its beginning and its end.

    Whoever prints appends to *pieces*, and calls `line_ended` when a line has ended, a
    piece is long or the pieces are many: that is less work than a method would be, and
    threads of a task may do it at once.

    Parameters
    ----------
    task
        How many tasks of its claim ended before this one.
    ends
        As long as the number of tasks of the claim that have ended.
    through
        Where text goes that is let through.
    echoes
        Whether lines are let through as well as kept.

    Attributes
    ----------
    task
        As above.
    pieces
        What was printed since pieces were put together, in order.
    """

    __slots__ = (
        "_beginning",
        "_echoes",
        "_end",
        "_ends",
        "_lost",
        "_passed",
        "_turn",
        "pieces",
        "task",
        "through",
    )

    def __init__(
        self, task: int, ends: Sized, through: Callable[[str], object], *, echoes: bool
    ) -> None:
        self.task = task
        self._ends = ends
        self._echoes = echoes
        self._beginning = self._end = ""
        self._lost = False
        self._passed = 0  # how many of the pieces are of lines that have ended
        self._turn = [True]  # held by whoever ends a line: a third of a lock's price
        self.pieces: list[str] = []
        self.through = through

    @classmethod
    def of(cls, text: str) -> Self:
        """Return what has printed *text*, and prints no more by itself."""
        made = cls(0, (), id, echoes=False)
        made.add(text)
        return made

    @property
    def has_ended(self) -> bool:
        """Whether the task has: its record is made, and nothing comes to it."""
        return len(self._ends) > self.task

    def add(self, text: str) -> None:
        """Add what was printed elsewhere."""
        if text:
            self.pieces.append(text)
            self.line_ended()

    def line_ended(self) -> None:
        """Let the line through that has just ended, if it is to be; keep within bounds.

        A task that has ended has its record already: its text is let through.
        """
        text, pieces = "", self.pieces
        try:
            turn = self._turn.pop()
        except IndexError:
            return  # another thread of the task is at it: the next time, or at the end
        try:
            count = len(pieces)
            if self._echoes or self.has_ended:
                text = "".join(pieces[self._passed : count])
            self._passed = count
            if count and (count >= MANY_PIECES or len(pieces[count - 1]) >= LONG_PIECE):
                self._join()
        finally:
            self._turn.append(turn)
        if text:
            self.through(text)

    def switch(self, through: Callable[[str], object]) -> None:
        """Go on with another stream; what the one before has is let through."""
        if self._echoes:
            self.line_ended()
        self.through = through

    def __str__(self) -> str:
        with _joining:
            beginning, end, lost = self._joined(len(self.pieces))
        gap = "\n…[cut]…\n" if lost else ""
        return f"{beginning}{gap}{end}"

    def _join(self) -> None:
        with _joining:
            self._beginning, self._end, self._lost = self._joined(self._passed)
            del self.pieces[: self._passed]
            self._passed = 0

    def _joined(self, count: int) -> tuple[str, str, bool]:
        half = MOST_OUTPUT // 2
        text = "".join(self.pieces[:count])
        room = half - len(self._beginning)
        end = self._end + text[room:]
        lost = self._lost or len(end) > half
        return self._beginning + text[:room], end[-half:], lost


#: Stands for what a task prints to before its first piece of text, and for nothing.
NOWHERE: Final = Printed(0, (), id, echoes=False)
#: What the running task prints to.
printing: ContextVar[Printed] = ContextVar("nbparallel_printing", default=NOWHERE)
