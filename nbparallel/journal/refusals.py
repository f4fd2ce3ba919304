"""What is said of a journal that cannot be used."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from nbparallel.errors import BadValue

#: What SQLite says, in part, and what that means for a journal.
MEANINGS = {
    "not a database": "is not a journal. Write another path",
    "malformed": "is damaged: a part of it is missing. Delete it, or write another "
    "path",
    "locked": "is in use by another run. Wait for its end, or write another path",
    "readonly": "cannot be written here. Write a path in a folder of yours",
    "read-only": "cannot be written here. Write a path in a folder of yours",
    "unable to open": "cannot be opened here. Write a path in a folder of yours",
    "full": "cannot grow: the disk is full. Make room, or write a path on another disk",
    "disk I/O": "cannot be read or written: the disk reports an error",
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


def refusal(path: str, why: str) -> BadValue:
    """Return what says why the journal at *path* cannot be used, and what to write."""
    return BadValue(f"journal={path!r}: {why}")


def explained(path: str, error: sqlite3.Error | OSError) -> BadValue:
    """Return what *error* means for the journal at *path*."""
    text = str(error)
    for part, meaning in MEANINGS.items():
        if part in text:
            wants_path = "another path" in meaning
            line = f", as in journal={another(path)!r}" if wants_path else ""
            return refusal(path, f"the file {meaning}{line}. ({text})")
    return refusal(path, f"the file cannot be used: {text}")
