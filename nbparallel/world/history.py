"""What has been done in a world: its steps, in tables and in numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from nbparallel.records.cells import category, text
from nbparallel.types import FINAL, Status
from nbparallel.world.agents import LEFT_OUT, Turn

if TYPE_CHECKING:
    import pandas as pd

#: What can come of a turn.
WORDS: Final = [*(each.word for each in FINAL), LEFT_OUT]


@dataclass(frozen=True, slots=True)
class Step:
    """A step that has been made, or cut short.

    Attributes
    ----------
    number
        Of the steps of its world, from 1.
    parallel
        Whether agents acted at the same time.
    wall
        Seconds from the first act to the last, or to the timeout.
    turns
        What each agent did, in the order in which they were added.
    """

    number: int
    parallel: bool
    wall: float
    turns: tuple[Turn, ...]

    @property
    def busy(self) -> float:
        """Seconds that its agents acted, together."""
        return sum(turn.seconds for turn in self.turns)

    @property
    def speedup(self) -> float | None:
        """Busy time / wall time; None where nobody has acted."""
        busy = self.busy
        return busy / self.wall if busy and self.wall else None

    def count(self, *statuses: str) -> int:
        """Return how many turns have ended so."""
        return sum(turn.status in statuses for turn in self.turns)


class Counts:
    """The numbers of `World.get_parallel_metrics`, kept as steps are made."""

    def __init__(self) -> None:
        self._parallel = self._sequential = self._errors = self._timeouts = 0
        self._speedup, self._measured = 0.0, 0

    def take(self, step: Step) -> None:
        """Count a step."""
        if not step.parallel:
            self._sequential += 1
            return
        self._parallel += 1
        self._errors += step.count(Status.ERROR.word, Status.CRASHED.word)
        self._timeouts += step.count(Status.TIMEOUT.word)
        if (speedup := step.speedup) is not None:
            self._speedup, self._measured = self._speedup + speedup, self._measured + 1

    def told(self) -> dict[str, int | float]:
        """Return them."""
        return {
            "total_parallel_steps": self._parallel,
            "total_sequential_steps": self._sequential,
            "avg_parallel_speedup": self._speedup / max(self._measured, 1),
            "parallel_errors": self._errors,
            "parallel_timeouts": self._timeouts,
        }


def history_of(steps: Sequence[Step]) -> pd.DataFrame:
    """Return a row per step and agent."""
    import numpy as np
    import pandas as pd

    rows = [(step.number, turn) for step in steps for turn in step.turns]
    turns = [turn for _, turn in rows]
    codes = [WORDS.index(turn.status or LEFT_OUT) for turn in turns]
    cells = {
        "step": np.array([number for number, _ in rows], dtype=np.int64),
        "agent": text([turn.member.name for turn in turns]),
        "status": category(np.array(codes, dtype=np.int8), WORDS),
        "actions": _objects(turns, lambda turn: turn.actions),
        "error": _objects(turns, lambda turn: turn.error),
        "seconds": np.array(
            [np.nan if turn.left_out else turn.seconds for turn in turns], dtype=float
        ),
    }
    return pd.DataFrame(cells, copy=False)


def steps_of(steps: Sequence[Step]) -> pd.DataFrame:
    """Return a row per step."""
    import numpy as np
    import pandas as pd

    def numbers(of: Callable[[Step], int]) -> Any:
        return np.array([of(step) for step in steps], dtype=np.int64)

    def floats(of: Callable[[Step], float | None]) -> Any:
        return np.array([of(step) for step in steps], dtype=float)

    cells = {
        "step": numbers(lambda step: step.number),
        "parallel": np.array([step.parallel for step in steps], dtype=bool),
        "agents": numbers(lambda step: len(step.turns)),
        "ok": numbers(lambda step: step.count(Status.OK.word)),
        "wall": floats(lambda step: step.wall),
        "busy": floats(lambda step: step.busy),
        "speedup": floats(lambda step: step.speedup),
    }
    return pd.DataFrame(cells, copy=False)


def _objects(turns: Iterable[Turn], of: Callable[[Turn], Any]) -> Any:
    """Return a column of anything at all, each cell as it is."""
    import numpy as np
    import pandas as pd

    values = [of(turn) for turn in turns]
    # Left alone, pandas takes lists apart, and None for a gap.
    cells = np.fromiter(values, dtype=object, count=len(values))
    return pd.Series(cells, dtype=object)
