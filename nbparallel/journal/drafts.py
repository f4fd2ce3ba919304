"""What has ended, on its way to a page."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import sub
from typing import Any, NamedTuple

from nbparallel.journal.keys import JSON
from nbparallel.journal.pages import MOST_ROWS
from nbparallel.journal.secret import sign
from nbparallel.journal.values import LONG, are_simple, dumps, to_json
from nbparallel.records.store import Finished
from nbparallel.short_text import brief, error_line
from nbparallel.types import Status

#: How much is kept of the text of an error, and of an item that is no JSON.
LONG_ERROR, LONG_ITEM = 1000, 200


class Ended(NamedTuple):
    """Consecutive tasks that have ended.

    Attributes
    ----------
    finished
        What came of them.
    attempts
        How often each of them has been tried.
    items
        What they were called with.
    """

    finished: Finished
    attempts: array[int]
    items: Sequence[Any]


class Draft:
    """A page being written.

    Parameters
    ----------
    run
        The number of the run on its journal.
    journal
        What signatures are bound to.
    pickle
        Returns a result pickled, or raises.

    Attributes
    ----------
    apart
        ``(place, value, signature)`` of results that are long or pickled.
    unkept
        Why a result could not be kept, one exception for each that could not.
    """

    def __init__(self, run: int, journal: str, pickle: Callable[[Any], bytes]) -> None:
        self._run, self._journal, self._pickle = run, journal.encode(), pickle
        self._tasks, self._status = array("Q"), bytearray()
        self._keys: list[str] = []
        self._results: list[str] = []  # pieces of JSON, of one value or of several
        self._started, self._seconds = array("d"), array("d")
        self._workers, self._attempts = array("H"), array("I")
        self._items: list[tuple[int, Any]] = []
        self._errors: list[tuple[int, str]] = []
        self._outputs: list[tuple[int, str]] = []
        self.apart: list[tuple[int, str | bytes, bytes | None]] = []
        self.unkept: list[BaseException] = []

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, ended: Ended, keys: list[str], epoch: float) -> None:
        """Add rows.

        Parameters
        ----------
        ended
            What has ended.
        keys
            The keys of the items.
        epoch
            What to add to an instant to get seconds since 1970.
        """
        finished, count, base = ended.finished, len(keys), len(self)
        ends = finished.ends.tolist()
        begun = [finished.begun, *ends[:-1]]
        self._tasks.extend(finished.tasks)
        self._started.extend([each + epoch for each in begun])
        self._seconds.extend(map(sub, ends, begun))
        self._workers.extend([finished.worker] * count)
        self._attempts.extend(ended.attempts)
        status = bytearray([Status.OK]) * count
        values = finished.values
        if finished.failures:
            values = values.copy()
            for place, (word, error) in finished.failures.items():
                status[place], values[place] = word, None
                self._errors.append((base + place, error_line(error, LONG_ERROR)))
        self._status += status
        self._outputs += [(base + at, text) for at, text in finished.texts.items()]
        self._add_items(ended.items, keys)
        self._keys += keys
        self._add_results(values, base)

    def packed(self) -> tuple[object, ...]:
        """Return the page as SQLite keeps it."""
        apart = [place for place, *_ in self.apart]
        rare = [apart, self._items, self._errors, self._outputs]
        return (
            self._run,
            self._tasks.tobytes(),
            bytes(self._status),
            dumps(self._keys),
            f"[{','.join(self._results)}]",
            self._started.tobytes(),
            self._seconds.tobytes(),
            self._workers.tobytes(),
            self._attempts.tobytes(),
            dumps(rare) if any(rare) else None,
        )

    def _add_items(self, items: Sequence[Any], keys: list[str]) -> None:
        base = len(self)
        for place in [n for n, key in enumerate(keys) if key[0] not in JSON]:
            self._items.append((base + place, _resembling(items[place])))

    def _add_results(self, values: list[Any], base: int) -> None:
        if are_simple(values) and (together := _together(values)):
            self._results.append(together)
            return
        for place, value in enumerate(values, base):
            text = to_json(value)
            if text is None or len(text) > LONG:
                self._results.append("null")
                self._put_apart(place, value, text)
            else:
                self._results.append(text)

    def _put_apart(self, place: int, value: Any, text: str | None) -> None:
        if text is not None:
            self.apart.append((place, text, None))
            return
        try:
            data = self._pickle(value)
        except BaseException as error:  # of the user's class; the row says it
            self.unkept.append(error)
            self._errors.append((place, f"not kept: {error_line(error, LONG_ERROR)}"))
            return
        signature = sign(self._journal, self._keys[place].encode(), data)
        self.apart.append((place, data, signature))


def drafts_of(
    batches: Iterable[Ended],
    keys: Callable[[Finished], list[str]],
    make: Callable[[], Draft],
    epoch: float,
) -> Iterator[Draft]:
    """Give the pages for what has ended; none has more than `MOST_ROWS` rows."""
    draft = make()
    for ended in batches:
        for some in _pieces(ended):
            if len(draft) + len(some.finished.ends) > MOST_ROWS:
                yield draft
                draft = make()
            draft.add(some, keys(some.finished), epoch)
    if len(draft):
        yield draft


def _pieces(ended: Ended) -> Iterator[Ended]:
    finished, attempts, items = ended
    count = len(finished.ends)
    if count <= MOST_ROWS:
        yield ended
        return
    for start in range(0, count, MOST_ROWS):
        part = slice(start, start + MOST_ROWS)

        def within(rare: dict[int, Any], part: slice = part) -> dict[int, Any]:
            found = [at for at in rare if part.start <= at < part.stop]
            return {at - part.start: rare[at] for at in found}

        piece = Finished(
            first=finished.first + start,
            worker=finished.worker,
            values=finished.values[part],
            begun=finished.ends[start - 1] if start else finished.begun,
            ends=finished.ends[part],
            failures=within(finished.failures),
            texts=within(finished.texts),
        )
        yield Ended(piece, attempts[part], items[part])


def _together(values: list[Any]) -> str:
    """Return JSON of *values* without the brackets, or nothing if one may be long."""
    try:
        text = dumps(values)
    except ValueError:  # a number of more digits than Python likes to write
        return ""
    if len(text) > LONG and any(len(v) > LONG for v in values if type(v) is str):
        return ""
    return text[1:-1]


def _resembling(item: object) -> Any:
    """Return *item* if it is JSON, else a text for whoever reads the journal."""
    text = to_json(item)
    return item if text is not None and len(text) <= LONG else brief(item, LONG_ITEM)
