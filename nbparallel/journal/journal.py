"""A journal that a run writes, and from which it resumes."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

from nbparallel.journal.drafts import Draft, Ended, drafts_of
from nbparallel.journal.file import JournalFile
from nbparallel.journal.identity import Identity
from nbparallel.journal.matching import Index, place_of
from nbparallel.journal.pages import Kept, Page
from nbparallel.journal.refusals import another, refusal
from nbparallel.journal.secret import is_signed
from nbparallel.journal.values import from_pickle, loads
from nbparallel.records.store import Finished

#: How many pages are kept at hand: items come in about the order of their rows.
PAGES = 16

_log = logging.getLogger("nbparallel")


class NotLoaded(Exception):
    """The result of a row can't be loaded; its cause says why.

    Attributes
    ----------
    row
        The row without it.
    """

    def __init__(self, row: Kept) -> None:
        super().__init__(row.task)
        self.row = row


class Results:
    """Finds the rows and results of an open file; loads no pickle that is not ours.

    Parameters
    ----------
    file
        The file.
    trust
        Whether pickles of others are loaded, too.
    """

    def __init__(self, file: JournalFile, *, trust: bool) -> None:
        self.file, self._trust = file, trust
        self._pages: OrderedDict[int, Page] = OrderedDict()

    def check(self, number: int, page: Page) -> None:
        """Refuse a page with a pickle that is not signed by this user.

        Raises
        ------
        BadValue
            There is one; nothing was loaded.
        """
        if self._trust:
            return
        for place in page.apart:
            value, signature = self.file.apart(number, place)
            if isinstance(value, bytes) and not self._is_ours(
                page, place, value, signature
            ):
                why = (
                    "it has results that are not signed with your secret: another user "
                    "or another computer has written it. Loading them can run any "
                    "code. If you trust whoever made it, write trust=True."
                )
                raise refusal(self.file.path, why)

    def row(self, row: int) -> Kept:
        """Return the row at that place.

        Raises
        ------
        NotLoaded
            Its result can't be loaded.
        """
        number, place = place_of(row)
        page = self._page(number)
        with self.file.explaining():
            found = page.row(place, None)
        if place not in page.apart:
            return found._replace(result=page.results[place])
        value, signature = self.file.apart(number, place)
        if isinstance(value, str):
            with self.file.explaining():
                return found._replace(result=loads(value))
        if not self._trust and not self._is_ours(page, place, value, signature):
            raise refusal(self.file.path, "the signature of a result is wrong")
        try:
            return found._replace(result=from_pickle(value))
        except Exception as error:  # of the user's class, or of one that is gone
            raise NotLoaded(found) from error

    def _is_ours(
        self, page: Page, place: int, value: bytes, signature: bytes | None
    ) -> bool:
        bound_to = self.file.header.id.encode(), page.keys[place].encode()
        return is_signed(signature, *bound_to, value)

    def _page(self, number: int) -> Page:
        found = self._pages.get(number)
        if found is None:
            found = self._pages[number] = self.file.page(number)
            if len(self._pages) > PAGES:
                self._pages.popitem(last=False)
        return found


class Journal:
    """The journal of one run.

    Parameters
    ----------
    path
        Where it is.
    identity
        The function that it belongs to.
    keyed
        ``"item"`` or ``"key"``: what its keys are made of.
    trust
        Whether results are loaded that another user has signed.
    index
        The rows that are still to be given back; None: all that it has.

    Attributes
    ----------
    index
        The rows that it has not given back.

    Raises
    ------
    BadValue
        It cannot be used, or not for this function, or not without *trust*.
    """

    def __init__(
        self,
        path: str,
        identity: Identity,
        keyed: str,
        *,
        trust: bool,
        index: Index | None = None,
    ) -> None:
        self.path = path
        self._file = JournalFile(path, writes=True)
        try:
            with self._file.explaining():
                self._run = self._file.header.begin(path, identity, keyed)
            self._results = Results(self._file, trust=trust)
            self.index = self._read() if index is None else index
        except BaseException:
            self._file.close()
            raise

    def _read(self) -> Index:
        found = Index()
        self._file.check()
        for number, page in self._file.pages():
            self._results.check(number, page)
            found.add(number, page)
        return found

    def take_all(self, keys: Sequence[str]) -> Iterator[tuple[int, Kept]]:
        """Give the tasks of which there is a row, with it; tasks number *keys*."""
        found = self.index.take_all(keys)
        for row in sorted(found):
            kept = self._load(row)
            if kept is not None:
                yield found[row], kept

    def take(self, key: str, task: int) -> Kept | None:
        """Return the row of that key, best of that task, too; None if there is none."""
        row = self.index.take(key, task)
        return None if row is None else self._load(row)

    def refuse_other_items(self, count: int) -> None:
        """Refuse items none of which is among the rows, if there are any rows.

        Raises
        ------
        BadValue
            The rows are of other items.
        """
        if len(self.index) and count:
            items = "the item" if count == 1 else f"none of the {count} items"
            verb = "is not" if count == 1 else "is"
            why = (
                f"{items} {verb} among those of its {len(self.index)} rows: they are "
                "of other items, or the items can't be told apart. Write another path, "
                f"as in journal={another(self.path)!r}, delete it, or name the keys of "
                "items by key=."
            )
            raise refusal(self.path, why)

    def write(
        self,
        batches: Iterable[Ended],
        keys: Callable[[Finished], list[str]],
        pickle: Callable[[Any], bytes],
        epoch: float,
    ) -> list[BaseException]:
        """Commit what has ended; return why results could not be kept."""
        make = partial(Draft, self._run, self._file.header.id, pickle)
        drafts = list(drafts_of(batches, keys, make, epoch))
        self._file.write(drafts)
        return [error for draft in drafts for error in draft.unkept]

    def check_place(self) -> None:
        """Refuse to go on if the file was removed or renamed meanwhile.

        Raises
        ------
        BadValue
            It was.
        """
        self._file.check_place()

    def close(self) -> None:
        """Let it go."""
        self._file.close()

    def _load(self, row: int) -> Kept | None:
        try:
            return self._results.row(row)
        except NotLoaded:
            _log.warning(
                "a result in the journal %r can't be loaded: its task runs again",
                self.path,
                exc_info=True,
            )
            return None
