"""What a task has printed, up to a bound."""

from __future__ import annotations

from io import StringIO

#: The most characters of printed text kept per task: half its beginning, half its end.
MOST_OUTPUT = 10_000


class Printed:
    """What one task has printed: all of it, or its beginning and its end."""

    __slots__ = ("_end", "_kept", "_lost")

    def __init__(self) -> None:
        self._kept = StringIO()
        self._end = ""
        self._lost = False

    def write(self, text: str) -> None:
        """Add *text*."""
        half = MOST_OUTPUT // 2
        room = max(0, half - self._kept.tell())  # threads of a task may print at once
        self._kept.write(text[:room])
        self._end += text[room:]
        if len(self._end) > half:
            self._end, self._lost = self._end[-half:], True

    def __str__(self) -> str:
        gap = "\n…[cut]…\n" if self._lost else ""
        return f"{self._kept.getvalue()}{gap}{self._end}"
