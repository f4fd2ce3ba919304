"""What is said of a journal that cannot be used."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Final

from nbparallel.errors import BadValue
from nbparallel.short_text import brief, one_line

DAMAGED: Final = (
    "is damaged: a part of it is missing or was overwritten. Delete it, or write "
    "another path"
)
#: The longest path, in bytes, that SQLite opens on every system.
MOST_PATH: Final = 504
#: What SQLite adds to the name of a journal, at most.
LONGEST_SUFFIX: Final = "-journal"
#: The most of an error that is told: SQLite's may have a whole column.
LONG: Final = 120
#: What SQLite says, in part, and what that means for a journal.
MEANINGS = {
    "not a database": "is not a journal. Write another path",
    "malformed": DAMAGED,
    "Could not decode": DAMAGED,
    "locked": "is in use by another run. Wait for its end, or write another path",
    "readonly": "cannot be written here. Write a path in a folder of yours",
    "read-only": "cannot be written here. Write a path in a folder of yours",
    "unable to open": "cannot be opened here. Write a path in a folder of yours",
    "full": "cannot grow: the disk is full. Make room, or write a path on another disk",
    "disk I/O": "cannot be read or written: the disk is full, or has an error. Make "
    "room, or copy the file and what lies beside it (-wal) to another disk",
    "too big": "cannot grow: the disk is full. Make room, or write a path on another "
    "disk",
}


def another(path: str) -> str:
    """Return a path beside *path* that is not taken.

    Examples
    --------
    >>> another("no such folder/pages.db")
    'no such folder/pages-2.db'
    """
    given, number = Path(path), 2
    while (found := given.with_stem(f"{given.stem}-{number}")).exists():
        number += 1
    return str(found)


def refuse_path(path: str) -> None:
    """Refuse a path of no file, or one that is too long for what lies beside it.

    Raises
    ------
    BadValue
        It is.
    """
    if not path or "\0" in path:
        raise refusal(path, 'must be the path of a file, as in "run.db"')
    real = os.path.realpath(path)
    is_long = len(os.fsencode(real)) > MOST_PATH
    try:
        os.lstat(f"{real}{LONGEST_SUFFIX}")
    except OSError as error:
        is_long |= error.errno == errno.ENAMETOOLONG
    if is_long:
        message = (
            f"journal={brief(path)}: the path is too long. Write a shorter one, as in "
            '"run.db"'
        )
        raise BadValue(message)


def refusal(path: str, why: str) -> BadValue:
    """Return what says why the journal at *path* cannot be used, and what to write."""
    return BadValue(f"journal={path!r}: {why}")


def explained(path: str, error: Exception) -> BadValue:
    """Return what *error* means for the journal at *path*."""
    text = one_line(str(error), LONG)
    for part, meaning in MEANINGS.items():
        if part in text:
            return _told(path, meaning, text)
    if isinstance(error, (ValueError, TypeError, KeyError)):  # no page looks so
        return _told(path, DAMAGED, text)
    return refusal(path, f"the file cannot be used: {text}")


def _told(path: str, meaning: str, text: str) -> BadValue:
    wants_path = "another path" in meaning
    line = f", as in journal={another(path)!r}" if wants_path else ""
    return refusal(path, f"the file {meaning}{line}. ({text})")
