"""The file of a journal: SQLite, one function, one run at a time."""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from nbparallel.errors import BadValue
from nbparallel.journal.drafts import Draft
from nbparallel.journal.header import Header
from nbparallel.journal.lock import Lock, identity_of_file
from nbparallel.journal.pages import COLUMNS, Page, unpacked
from nbparallel.journal.refusals import another, explained, refusal, refuse_path

#: What tells our files from those of other programs: "nbpj", in the header of SQLite.
APPLICATION: Final = 0x6E62706A
#: What a program has to know to read the file.
VERSION: Final = 2
#: Where SQLite has the first of them, and how its files begin.
PLACE: Final = slice(68, 72)
MAGIC: Final = b"SQLite format 3\0"

SCHEMA: Final = f"""
BEGIN IMMEDIATE;
CREATE TABLE header (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE pages (page INTEGER PRIMARY KEY, {COLUMNS});
CREATE TABLE apart (page INTEGER, place INTEGER, value, signature BLOB,
                    PRIMARY KEY (page, place));
PRAGMA application_id = {APPLICATION};
PRAGMA user_version = {VERSION};
COMMIT;
"""


class JournalFile:
    """An open journal; any thread may use it.

    Guarantees
    ----------
    - The file is locked from the first look on, until it is closed or the process
      ends, however that ends.
    - A file of another program is not touched.
    - Reading leaves nothing behind, unless a process has died that wrote the file.

    Parameters
    ----------
    path
        Where it is; it is made if there is nothing.
    writes
        Whether it is to be written, by this run alone.

    Attributes
    ----------
    header
        What it says of itself.
    """

    def __init__(self, path: str, *, writes: bool) -> None:
        refuse_path(path)
        self.path = path
        self._real = os.path.realpath(path)
        self._lock = threading.RLock()
        self._writes = writes
        self._log_identity: tuple[int, int] | None = None
        self._identity = before = identity_of_file(self._real)
        if not writes and before is None:
            raise refusal(path, "there is no such file")
        with self.explaining():
            self._guard = Lock(self._real, writes=writes)
            try:
                self._check_kind()
                self._connection = self._connect()
                try:
                    self._prepare()
                    self._identity = identity_of_file(self._real)
                    self._guard.note_identity(self._identity)
                except BaseException:
                    self._connection.close()
                    raise
            except BaseException:
                if before is None:
                    self._remove()
                self._guard.release()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let the file go; what was committed is in it."""
        try:
            with self._lock:
                is_there = not self._writes or self._is_there()
                if not is_there:  # all into the file, whatever its name is now
                    with suppress(sqlite3.Error):
                        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                self._connection.close()
                if not is_there and identity_of_file(self._log) == self._log_identity:
                    Path(self._log).unlink(missing_ok=True)
                elif is_there and self._writes and not self.header.id:
                    self._remove()  # no run has begun to write it
        finally:
            self._guard.release()

    def check_place(self) -> None:
        """Look whether the file is still where it was opened.

        Raises
        ------
        BadValue
            It has been removed or renamed.
        """
        if not self._is_there():
            raise refusal(self.path, "the file was removed or renamed meanwhile")

    def check(self) -> None:
        """Look whether all of it is there."""
        with self.explaining():
            (said,) = self._connection.execute("PRAGMA quick_check(1)").fetchone()
            if said != "ok":
                message = f"malformed: {said}"
                raise sqlite3.DatabaseError(message)

    def write(self, drafts: Iterable[Draft]) -> None:
        """Commit pages, all of them or none."""
        marks = ",".join("?" * len(COLUMNS.split(",")))
        insert = f"INSERT INTO pages ({COLUMNS}) VALUES ({marks})"  # noqa: S608 # no text of others
        self.check_place()
        with self._lock, self._committing() as connection:
            for draft in drafts:
                number = connection.execute(insert, draft.packed()).lastrowid
                connection.executemany(
                    "INSERT INTO apart VALUES (?, ?, ?, ?)",
                    [(number, *each) for each in draft.apart],
                )
        self._log_identity = identity_of_file(self._log)

    def pages(self) -> Iterator[tuple[int, Page]]:
        """Give every page and its number, in the order in which they were written."""
        last = 0
        while (found := self.page_after(last)) is not None:
            yield found
            last = found[0]

    def page_after(self, number: int) -> tuple[int, Page] | None:
        """Return the first page behind that *number*, or None."""
        return self._page("page > ? ORDER BY page LIMIT 1", number)

    def page(self, number: int) -> Page:
        """Return the page of that *number*."""
        found = self._page("page = ?", number)
        assert found is not None
        return found[1]

    def apart(self, page: int, place: int) -> tuple[str | bytes, bytes | None]:
        """Return a result that lies apart, and its signature."""
        query = "SELECT value, signature FROM apart WHERE page = ? AND place = ?"
        with self._lock, self.explaining():
            found = self._connection.execute(query, (page, place)).fetchone()
        return found[0], found[1]

    def _page(self, which: str, number: int) -> tuple[int, Page] | None:
        query = f"SELECT page, {COLUMNS} FROM pages WHERE {which}"  # noqa: S608 # no text of others
        with self._lock, self.explaining():
            found = self._connection.execute(query, (number,)).fetchone()
            return None if found is None else (found[0], unpacked(found[1:]))

    # -- Opening ----------------------------------------------------------------------

    @property
    def _log(self) -> str:
        return f"{self._real}-wal"

    def _is_there(self) -> bool:
        return identity_of_file(self._real) == self._identity

    def _remove(self) -> None:
        """Remove what has been made where there was nothing."""
        for name in (self._real, self._log, f"{self._real}-journal"):
            with suppress(OSError):
                Path(name).unlink()

    def _check_kind(self) -> None:
        """Refuse what is not ours before SQLite sees it, which might repair it."""
        try:
            with Path(self._real).open("rb") as file:
                begins = file.read(PLACE.stop)
        except FileNotFoundError:
            return
        if self._writes and not os.access(self._real, os.W_OK):
            message = "readonly file"
            raise sqlite3.OperationalError(message)
        if not begins:
            if self._writes:
                return
            raise refusal(self.path, "the file is empty: no run has written it yet")
        if begins[: len(MAGIC)] != MAGIC[: len(begins)]:
            message = "file is not a database"
            raise sqlite3.DatabaseError(message)
        if len(begins) < PLACE.stop:
            message = "malformed: it ends in its header"
            raise sqlite3.DatabaseError(message)
        if int.from_bytes(begins[PLACE], "big") != APPLICATION:
            why = (
                "the file is a database of another program. Write another path, as in "
                f"journal={another(self.path)!r}."
            )
            raise refusal(self.path, why)

    def _connect(self) -> sqlite3.Connection:
        if self._writes:
            return self._opened(self._real)
        uri = Path(self._real).as_uri()
        log = Path(self._log)
        if not (log.exists() and log.stat().st_size):
            # The file alone tells everything, and nobody writes it meanwhile.
            return self._opened(f"{uri}?immutable=1")
        try:
            found = self._opened(f"{uri}?mode=ro")
            found.execute("SELECT 1 FROM header").fetchone()
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise
            # Beside the file SQLite wants one of its own, for which there may be no
            # room on the disk. Alone with the file it needs none.
            found = self._opened(f"{uri}?mode=rw")
            found.execute("PRAGMA locking_mode = EXCLUSIVE")
        return found

    def _opened(self, place: str) -> sqlite3.Connection:
        return sqlite3.connect(
            place,
            uri=place.startswith("file:"),
            timeout=0,
            isolation_level=None,
            check_same_thread=False,
        )

    def _prepare(self) -> None:
        execute = self._connection.execute
        if self._writes:
            # One process alone: no file of shared memory, and nobody else gets in.
            execute("PRAGMA locking_mode = EXCLUSIVE")
            with suppress(sqlite3.OperationalError):  # sees to it that we do write
                execute("PRAGMA busy_timeout = 0")
            execute("BEGIN IMMEDIATE")
            execute("COMMIT")
            if not execute("PRAGMA user_version").fetchone()[0]:
                self._connection.executescript(SCHEMA)
            log = execute("PRAGMA journal_mode = WAL").fetchone()[0]
            execute(f"PRAGMA synchronous = {'NORMAL' if log == 'wal' else 'FULL'}")
        version = execute("PRAGMA user_version").fetchone()[0]
        if version != VERSION:
            why = (
                f"the file has version {version} of journals, this nbparallel reads "
                f"{VERSION}. Write another path, as in journal={another(self.path)!r}."
            )
            raise refusal(self.path, why)
        self.header = Header(self._connection)

    @contextmanager
    def _committing(self) -> Iterator[sqlite3.Connection]:
        connection = self._connection
        with self.explaining():
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Say what goes wrong in a block in terms of the journal."""
        try:
            yield
        except BadValue:
            raise
        except (sqlite3.Error, OSError, ValueError, TypeError, KeyError) as error:
            raise explained(self.path, error) from error
