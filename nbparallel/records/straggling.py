"""The task that all others had to wait for at the end."""

from __future__ import annotations

from typing import Final

from nbparallel.records.measures import Straggler
from nbparallel.records.store import Records
from nbparallel.types import Status

#: Among so many tasks that ended last it is looked for.
LATEST: Final = 10_000


def straggler_of(records: Records, began: float) -> Straggler | None:
    """Return the task that ended last, or None where that says nothing.

    Parameters
    ----------
    records
        Of a run that has ended.
    began
        When the run was started, by `time.perf_counter`.
    """
    ends = {task: records.ended[task] for task in records.log[-LATEST:]}
    if len(ends) <= 1:
        return None
    last = max(ends, key=ends.__getitem__)
    end, start = ends.pop(last), records.started[last]
    if records.attempts[last] > 1 or records.status_of(last) is Status.CANCELLED:
        return None
    return Straggler(
        task=last,
        seconds=end - start,
        alone=end - max(start, *ends.values()),
        late=max(0.0, start - began),
    )
