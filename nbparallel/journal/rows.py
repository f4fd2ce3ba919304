"""The rows of a journal as those who look at it see them: of each task the last one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbparallel.errors import BadType
from nbparallel.journal.drafts import LONG_ERROR
from nbparallel.journal.file import JournalFile
from nbparallel.journal.journal import NotLoaded, Results
from nbparallel.journal.keys import JSON
from nbparallel.journal.pages import MOST_ROWS, Kept
from nbparallel.journal.values import loads
from nbparallel.options import flag
from nbparallel.short_text import error_line
from nbparallel.types import Status

if TYPE_CHECKING:
    import os


class Rows:
    """The rows of an open journal; each is read from the file when it is asked for.

    Attributes
    ----------
    order
        Where they are: in the order of their tasks.
    """

    def __init__(self, file: JournalFile, *, trust: bool) -> None:
        self._results = Results(file, trust=trust)
        last: dict[tuple[str, int], int] = {}
        failed: dict[int, int] = {}  # row -> which run has written it
        run = 0
        for number, page in file.pages():
            self._results.check(number, page)
            run = max(run, page.run)
            for place, where in enumerate(zip(page.keys, page.tasks, strict=True)):
                last[where] = row = number * MOST_ROWS + place
                if page.status[place] != Status.OK:
                    failed[row] = page.run
        # What a run resumes it tries again: older failures are out of date.
        kept = {n: at for at, n in last.items() if failed.get(n, run) == run}
        self.order = sorted(kept, key=lambda row: (kept[row][1], row))

    def __len__(self) -> int:
        return len(self.order)

    def __iter__(self) -> Iterator[Kept]:
        """Give each row; of one whose result can't be loaded the error says why."""
        return map(self._row, self.order)

    def _row(self, row: int) -> Kept:
        try:
            return self._results.row(row)
        except NotLoaded as error:
            why = error_line(error.__cause__ or error, LONG_ERROR)
            return error.row._replace(error=f"not loaded: {why}")


@contextmanager
def opened(path: str | os.PathLike[str], *, trust: bool) -> Iterator[Rows]:
    """Open the journal at *path* to look at it.

    Raises
    ------
    BadType, BadValue
        It is no journal, or of somebody else and not to be trusted.
    """
    flag("trust", trust)
    try:
        place = str(Path(path).expanduser())
    except TypeError:
        message = f'path={path!r}: must be the path of a journal, as in "run.db"'
        raise BadType(message) from None
    with JournalFile(place, writes=False) as file:
        yield Rows(file, trust=trust)


def shown_key(row: Kept) -> Any:
    """Return the key of a row as users know it, or the text that stands for it."""
    return loads(row.key) if row.key[0] in JSON else row.key
