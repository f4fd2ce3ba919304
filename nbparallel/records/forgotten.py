"""What stands for a result that was let go."""

from __future__ import annotations

from nbparallel.short_text import brief
from nbparallel.types import MISSING


class Look:
    """Stands for a result that was let go: it looks the same, cut to a line."""

    def __init__(self, value: object) -> None:
        self._text = brief(value)

    def __repr__(self) -> str:
        return self._text


def is_forgotten(result: object) -> bool:
    """Whether *result*, of a task that was ok, has been let go."""
    return result is MISSING or isinstance(result, Look)
