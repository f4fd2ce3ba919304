"""Columns -> a pandas DataFrame with a row for each attempt of each task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbparallel.records.cells import category, instants, printed, sparse, workers
from nbparallel.types import FINAL, Status

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from nbparallel.records.columns import Columns


def attempts_frame(columns: Columns) -> pd.DataFrame:
    """Return one row per attempt that has ended, those of a task one after the other.

    Parameters
    ----------
    columns
        The columns of the run.
    """
    import numpy as np
    import pandas as pd

    count, epoch = len(columns), columns.epoch
    status = np.frombuffer(columns.status, dtype=np.int8)
    number = np.asarray(columns.attempts).astype("int64")
    earlier = [(task, each) for task, tries in columns.tries.items() for each in tries]
    before = np.zeros(count, dtype="int64")
    for task, each in earlier:
        before[task] = each.number
    ended = np.isin(status, FINAL) & (number > before)
    last = np.flatnonzero(ended)

    def both(ours: Any, theirs: Iterable[Any]) -> Any:
        """Return the cells of the last attempts and of the earlier ones."""
        cells = np.asarray(ours)[last]
        return np.concatenate([cells, np.array(list(theirs), dtype=cells.dtype)])

    task = both(np.arange(count), (task for task, _ in earlier))
    number = both(number, (each.number for _, each in earlier))
    started = both(columns.started, (each.started for _, each in earlier))
    finished = both(columns.ended, (each.ended for _, each in earlier))
    error = both(sparse(columns.errors, count, None), (e.error for _, e in earlier))
    output = both(sparse(columns.output, count, ""), (e.output for _, e in earlier))
    all_of_it = np.ones(len(task), dtype=bool)
    found = pd.DataFrame(
        {
            "task": task,
            "attempt": number,
            "status": category(
                both(status, (each.status for _, each in earlier)),
                [each.word for each in Status],
            ),
            "error": error,
            "seconds": finished - started,
            "started": instants(started, epoch, all_of_it),
            "worker": workers(
                both(columns.workers, (each.worker for _, each in earlier)),
                all_of_it,
            ),
            "output": printed(output),
        },
        copy=False,
    )
    return found.iloc[np.lexsort((number, task))].reset_index(drop=True)
