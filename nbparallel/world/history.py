"""What has been done in a world: its steps, in tables and in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from nbparallel.records.cells import category, text
from nbparallel.types import FINAL, Status
from nbparallel.world.turns import LEFT_OUT, Turn

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


class History:
    """The steps of a world so far.

    Attributes
    ----------
    counts
        Whether to count the steps that are made now for `metrics`.
    """

    def __init__(self) -> None:
        self.counts = True
        self._steps: list[Step] = []
        self._parallel = self._sequential = self._errors = self._timeouts = 0
        self._speedup, self._measured = 0.0, 0

    def __len__(self) -> int:
        return len(self._steps)

    def keep(self, step: Step) -> None:
        """Add a step that has ended."""
        self._steps.append(step)
        if not self.counts:
            return
        if not step.parallel:
            self._sequential += 1
            return
        self._parallel += 1
        self._errors += step.count(Status.ERROR.word)
        self._timeouts += step.count(Status.TIMEOUT.word)
        if (speedup := step.speedup) is not None:
            self._speedup, self._measured = self._speedup + speedup, self._measured + 1

    def metrics(self) -> dict[str, int | float]:
        """Return what `World.get_parallel_metrics` gives."""
        return {
            "total_parallel_steps": self._parallel,
            "total_sequential_steps": self._sequential,
            "avg_parallel_speedup": self._speedup / max(self._measured, 1),
            "parallel_errors": self._errors,
            "parallel_timeouts": self._timeouts,
        }

    def turns(self) -> pd.DataFrame:
        """Return a row per step and agent."""
        import numpy as np
        import pandas as pd

        turns = [turn for step in list(self._steps) for turn in step.turns]
        codes = [WORDS.index(turn.status or LEFT_OUT) for turn in turns]
        seconds = [np.nan if turn.left_out else turn.seconds for turn in turns]
        cells = {
            "step": np.array([turn.step for turn in turns], dtype=np.int64),
            "agent": text([turn.member.name for turn in turns]),
            "status": category(np.array(codes, dtype=np.int8), WORDS),
            "actions": _objects([turn.actions for turn in turns]),
            "error": _objects([turn.error for turn in turns]),
            "seconds": np.array(seconds, dtype=np.float64),
        }
        return pd.DataFrame(cells, copy=False)

    def steps(self) -> pd.DataFrame:
        """Return a row per step."""
        import numpy as np
        import pandas as pd

        steps = list(self._steps)
        numbers = {
            "step": [step.number for step in steps],
            "agents": [len(step.turns) for step in steps],
            "ok": [step.count(Status.OK.word) for step in steps],
        }
        times = {
            "wall": [step.wall for step in steps],
            "busy": [step.busy for step in steps],
            "speedup": [step.speedup for step in steps],
        }
        whole = {name: np.array(each, dtype=np.int64) for name, each in numbers.items()}
        real = {name: np.array(each, dtype=np.float64) for name, each in times.items()}
        found = pd.DataFrame(whole | real, copy=False)
        found.insert(1, "parallel", np.array([step.parallel for step in steps], bool))
        return found


def _objects(values: list[Any]) -> Any:
    """Return a column of anything at all, each cell as it is."""
    import numpy as np
    import pandas as pd

    # Left alone, pandas takes lists apart, and None for a gap.
    cells = np.fromiter(values, dtype=object, count=len(values))
    return pd.Series(cells, dtype=object)
