"""What came of a run as tables of pandas'."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nbparallel.records.columns import Columns
from nbparallel.work.work import Work

if TYPE_CHECKING:
    import pandas as pd
    from pandas.io.formats.style import Styler


class Tables:
    """The tables of a run, at any moment, from any thread."""

    _work: Work

    def columns(self) -> Columns:
        """Return every cell of every task, frozen."""
        raise NotImplementedError

    @property
    def df(self) -> pd.DataFrame:
        """One row per task: its input, then what is known about it, at any moment."""
        from nbparallel.records.frame import frame

        work = self._work
        return frame(self.columns(), work.index, work.frame)

    @property
    def attempts(self) -> pd.DataFrame:
        """One row per attempt that has ended: a task that was tried again has several.

        Columns: ``task``, ``attempt`` (from 1), ``status``, ``error``, ``seconds``,
        ``started``, ``worker``, ``output``.

        Examples
        --------
        >>> import nbparallel as nbp
        >>> fails = iter([True, False])
        >>> def flaky(x):
        ...     if next(fails):
        ...         raise ConnectionError
        ...     return x
        >>> run = nbp.pmap(flaky, [1], retries=1, backoff=0, progress=False)
        >>> run.attempts[["task", "attempt", "status"]]
           task  attempt status
        0     0        1  error
        1     0        2     ok
        """
        from nbparallel.records.attempts import attempts_frame

        return attempts_frame(self.columns())

    def table(self) -> Styler:
        """Return `df` to be looked at: the first 1000 rows, one line for each.

        Statuses have colours, ``seconds`` a bar and a unit; what is cut is told in full
        when the mouse rests on it, and what does not exist is an empty cell. It is a
        ``Styler`` of pandas', to be styled further or saved by ``to_html``.

        Examples
        --------
        >>> import nbparallel as nbp
        >>> table = nbp.pmap(abs, [-1, -2], progress=False).table()
        >>> rest = ["error", "seconds", "started", "worker", "attempts", "output"]
        >>> print(table.hide(rest, axis="columns").to_string(delimiter="|"))
        |item|status|result|
        0|-1|ok|1|
        1|-2|ok|2|
        <BLANKLINE>
        """
        from nbparallel.records.styled import styled

        return styled(self.df)
