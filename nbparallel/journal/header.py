"""What a journal says of itself: whose rows it has, and how their keys were made."""

from __future__ import annotations

import secrets
import sqlite3
from typing import Any

from nbparallel.journal.identity import Identity, changed
from nbparallel.journal.refusals import another, refusal
from nbparallel.journal.values import dumps, loads


class Header:
    """A few values, each with a name.

    Attributes
    ----------
    id
        What the signatures of its results are bound to.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.id = str(self._get("id", ""))

    @property
    def run(self) -> int:
        """The number of the run that has written it last; 0 before the first."""
        return int(self._get("run", 0))

    def begin(self, path: str, identity: Identity, keyed: str) -> int:
        """Take the journal for a run of that function; return the run's number.

        Parameters
        ----------
        path
            Where it is, for messages.
        identity
            The function.
        keyed
            ``"item"`` or ``"key"``: what made the keys of its rows.

        Raises
        ------
        BadValue
            It belongs to another function, or its keys were made in another way.
        """
        ours = {
            "function": identity.name,
            "source": identity.source,
            "held": dumps(identity.held),
            "keyed": keyed,
        }
        if not self.id:
            made = secrets.token_hex(16)
            self._set({"id": made, **ours})
            self.id = made
        self._check(path, ours)
        number = self.run + 1
        self._set({"run": number})
        return number

    def _check(self, path: str, ours: dict[str, str]) -> None:
        theirs = {name: str(self._get(name, "")) for name in ours}
        if theirs == ours:
            return
        cure = f"Write another path, as in journal={another(path)!r}, or delete it."
        if theirs["function"] != ours["function"]:
            why = f"it belongs to {theirs['function']}, not to {ours['function']}. "
        elif theirs["source"] != ours["source"]:
            why = (
                f"its results are of {ours['function']} as it was before it was "
                "changed. "
            )
        elif theirs["held"] != ours["held"]:
            names = changed(loads(theirs["held"]), loads(ours["held"]))
            why = (
                f"its results are of {ours['function']} when {' and '.join(names)} "
                f"{'was' if len(names) == 1 else 'were'} different. "
            )
        elif theirs["keyed"] == "key":
            why = "the keys of its rows were made by key=, which is missing here. "
            cure = f"Write key=… as before, or else another path, {another(path)!r}."
        else:
            why = "the keys of its rows were made of the items, without key=. "
            cure = f"Leave key= out, or else write another path, {another(path)!r}."
        raise refusal(path, why + cure)

    def _get(self, name: str, missing: Any) -> Any:
        query = "SELECT value FROM header WHERE name = ?"
        found = self._connection.execute(query, (name,)).fetchone()
        return missing if found is None else found[0]

    def _set(self, values: dict[str, object]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(
            "INSERT OR REPLACE INTO header VALUES (?, ?)", values.items()
        )
        self._connection.execute("COMMIT")
