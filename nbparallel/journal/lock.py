"""The lock of a journal: a file beside it, which whoever uses the journal holds.

SQLite's own locks are POSIX's: a process loses them when it closes any descriptor of
the file, as it does when it copies it (sqlite.org/howtocorrupt.html, section 2.2). This
lock belongs to one descriptor, of a file that nobody else opens, and ends with it,
however the process ends.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path
from weakref import WeakSet

try:
    import fcntl
except ImportError:  # a system without it: SQLite's locks alone
    fcntl = None  # type: ignore[assignment]

#: What the name of the lock's file has after that of the journal.
SUFFIX = "-lock"

#: By name and by identity, the files that runs of this process write.
_in_use: set[object] = set()
_lock = threading.Lock()
_held: WeakSet[Lock] = WeakSet()


class Lock:
    """Keeps a journal for one writer, or for those who only read.

    Where no file can be made beside the journal, or file locks are not known, only
    other runs of this process are kept out.

    Parameters
    ----------
    path
        The real path of the journal.
    writes
        Whether it is to be written.

    Raises
    ------
    sqlite3.OperationalError
        It is in use.
    """

    def __init__(self, path: str, *, writes: bool) -> None:
        self._path, self._writes = f"{path}{SUFFIX}", writes
        self._names: set[object] = set()
        self._handle: int | None = None
        self._reserve(path)
        try:
            self._acquire()
        except BaseException:
            self.release()
            raise

    def note_identity(self, identity: tuple[int, int] | None) -> None:
        """Keep out those, too, who come to the same file by another name."""
        if self._writes and identity is not None:
            with _lock:
                self._names.add(identity)
                _in_use.add(identity)

    def release(self) -> None:
        """Let the journal go; whoever is the last one removes the file."""
        handle, self._handle = self._handle, None
        if handle is not None:
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if self._is_at_its_place(handle):
                    Path(self._path).unlink()
            with suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_UN)  # a forked child may have it, too
            os.close(handle)
        with _lock:
            _in_use.difference_update(self._names)
            self._names.clear()

    def forget(self) -> None:
        """Have no part in it, in a forked child: it is the parent's."""
        if self._handle is not None:
            os.close(self._handle)
        self._handle = None

    def _reserve(self, path: str) -> None:
        identity = identity_of_file(path)
        with _lock:
            if {path, identity} & _in_use:
                message = "locked: by a run of this process"
                raise sqlite3.OperationalError(message)
            if self._writes:
                self._names = {path}
                _in_use.add(path)

    def _acquire(self) -> None:
        if fcntl is None:
            return
        how = fcntl.LOCK_EX if self._writes else fcntl.LOCK_SH
        while True:
            try:
                handle = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o666)
            except OSError:  # SQLite will say whether the journal can be used
                return
            try:
                fcntl.flock(handle, how | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(handle)
                message = "locked: by another process"
                raise sqlite3.OperationalError(message) from None
            except OSError:  # the file system has no such locks
                os.close(handle)
                return
            # Whoever had it before may have removed it since it was opened.
            if self._is_at_its_place(handle):
                self._handle = handle
                _held.add(self)
                return
            os.close(handle)

    def _is_at_its_place(self, handle: int) -> bool:
        found = os.fstat(handle)
        return identity_of_file(self._path) == (found.st_dev, found.st_ino)


def identity_of_file(path: str) -> tuple[int, int] | None:
    """Return what tells the file at *path* from others; None if there is none."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _in_a_child() -> None:
    for lock in list(_held):
        lock.forget()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_a_child)
