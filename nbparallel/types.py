"""The words of the field that every layer shares: task states and run states.

Standard library only; nothing here knows of threads, pandas or notebooks.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, IntEnum
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from typing_extensions import TypeVar  # type checkers bring it with them

    #: What the tasks of a run return. `Run` without it is a run of anything.
    Result_co = TypeVar("Result_co", covariant=True, default=Any)
else:
    from typing import TypeVar

    # Before Python 3.13 a type variable has no default.
    Result_co = TypeVar("Result_co", covariant=True)


class Status(IntEnum):
    """Where one task stands. The number is what the columnar store keeps."""

    PENDING = 0
    RUNNING = 1
    OK = 2
    ERROR = 3
    TIMEOUT = 4
    CANCELLED = 5
    CRASHED = 6

    @property
    def word(self) -> str:
        """The status as users read it, for instance ``"ok"``."""
        return self.name.lower()


#: The states in which a task can end; every item ends in exactly one of them.
FINAL: Final = (
    Status.OK,
    Status.ERROR,
    Status.TIMEOUT,
    Status.CANCELLED,
    Status.CRASHED,
)

#: The final states that are failures in the user's eyes and that keep an exception.
FAILED: Final = (Status.ERROR, Status.TIMEOUT, Status.CRASHED)


class State(Enum):
    """Where a whole run stands; the value is the word users read."""

    RUNNING = "running"
    PAUSED = "paused"
    CANCELLING = "cancelling"
    DONE = "done"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether no task of the run can change any more."""
        return self in (State.DONE, State.CANCELLED)


class Missing(Enum):
    """The value of a cell that holds nothing yet, told apart from a result ``None``."""

    MISSING = "missing"

    def __repr__(self) -> str:
        return "<missing>"


MISSING: Final = Missing.MISSING


class Table(Protocol):
    """A DataFrame, also for type checkers that know nothing of pandas."""

    def iterrows(self) -> Iterable[tuple[Any, Any]]:
        """Give each row's label and the row."""
