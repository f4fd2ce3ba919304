"""A journal as a DataFrame."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

from nbparallel.journal.pages import Kept
from nbparallel.journal.rows import opened, shown_key
from nbparallel.types import MISSING, Status

if TYPE_CHECKING:
    import os

    import pandas as pd


def read_journal(path: str | os.PathLike[str], *, trust: bool = False) -> pd.DataFrame:
    """Return what a journal keeps: one row per task that has ended.

    No task of it is carried out, and the function that it belongs to is not needed.

    Parameters
    ----------
    path
        Where the journal is.
    trust
        Load results that another user has written. That can run any code.

    Returns
    -------
    DataFrame
        The columns of `Run.df`, with the item where it is JSON, else a short text of
        it, and errors as text; then ``key``. Failures are those of the latest run.
        Where a result was not kept, or can't be loaded, the error says why.

    Raises
    ------
    BadValue
        It is no journal, or damaged, or being written by another process, or has
        results of another user.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> run = nbp.pmap(abs, [-1, -2], journal="abs.db", progress=False)
    >>> nbp.read_journal("abs.db")[["item", "status", "result"]]
       item status  result
    0    -1     ok       1
    1    -2     ok       2
    """
    import pandas as pd

    from nbparallel.records.columns import Columns
    from nbparallel.records.frame import frame

    with opened(path, trust=trust) as found:
        rows = list(found)
    # Of seconds since 1970 a float keeps no tenth of a microsecond.
    epoch = rows[0].started if rows else 0.0
    columns = Columns(
        items=[row.item for row in rows],
        results=[row.result if _is_kept(row) else MISSING for row in rows],
        started=array("d", [row.started - epoch for row in rows]),
        ended=array("d", [row.started - epoch + row.seconds for row in rows]),
        status=bytearray(row.status for row in rows),
        attempts=array("I", [row.attempts for row in rows]),
        workers=array("H", [row.worker for row in rows]),
        errors={},
        output={n: row.output for n, row in enumerate(rows) if row.output},
        epoch=epoch,
        forgotten=True,
    )
    table = frame(columns, None, None)
    keys = pd.Series([shown_key(row) for row in rows], dtype=object).infer_objects()
    texts = pd.Series([row.error or None for row in rows], dtype=object)
    return table.assign(error=texts, key=keys)


def _is_kept(row: Kept) -> bool:
    return row.status is Status.OK and not row.error
