"""The tasks that a worker process was sent at once, as `carry_out` sees a claim.

Each task that ends is put where the parent finds it before the next is begun: on the
page, or in a message if it is large, failed or has printed something.
"""

from __future__ import annotations

import pickle
import time
from collections.abc import Callable, Sequence
from contextvars import Context
from typing import Any, NamedTuple

from nbparallel.types import MISSING
from nbparallel.workers.packing import CURE_BACK, Packed, pack, refusal
from nbparallel.workers.processes.channel import Channel
from nbparallel.workers.processes.page import BEGUN, ENDED, LIMIT, Page
from nbparallel.workers.processes.telling import FAILURE, VALUE, Teller, Texts
from nbparallel.workers.remote_errors import pack_error

#: The kinds of message from the parent.
SURROUNDINGS, RUN, PIECE, FORGET = range(4)

#: Seconds between two looks of a task that waits for a cancel.
_LOOK = 0.01


class Halt:
    """Whether the run is being cancelled, as a `threading.Event` tells it."""

    def __init__(self, page: Page) -> None:
        self.is_set = page.is_halted

    def wait(self, timeout: float | None = None) -> bool:
        """Wait that many seconds for it, or for ever; say whether it has come."""
        end = None if timeout is None else time.perf_counter() + timeout
        while not self.is_set():
            left = _LOOK if end is None else min(_LOOK, end - time.perf_counter())
            if left <= 0:
                return False
            time.sleep(left)
        return True


class Refused:
    """Stands for an item that cannot be pickled."""

    def __init__(self, error: Exception) -> None:
        self.error = error


class Apart:
    """An item that is pickled by itself: what unpickling it raises is its own row's."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def item(self) -> Any:
        """Return the item."""
        return pickle.loads(self._data)  # noqa: S301 # its parent made it


class Remote:
    """The run as a worker process knows it."""

    keeps_text, echo = True, False

    def __init__(self, call: Any, context: Context) -> None:
        self.call, self.context = call, context


class Piece:
    """Tasks in a worker process; the attributes are those of a `Claim`."""

    def __init__(
        self, owner: Remote, items: Sequence[Any], page: Page, channel: Channel
    ) -> None:
        self.owner, self.halt = owner, Halt(page)
        self.failures: dict[int, BaseException] = {}
        self.thread, self._page = 0, page
        teller = Teller(page, channel)
        self.close = teller.close
        self.texts = Texts(teller)
        self.items = _Items(_taking(items, page))
        keep, note = _keeping(self, page, teller)
        self.values, self.ends = _Values(keep), _Ends(note, page)

    @property
    def begun(self) -> float:
        """When the first task was begun; its parent is told."""
        return self._begun

    @begun.setter
    def begun(self, instant: float) -> None:
        self._begun = instant
        self._page.begin(instant)


class _Items(NamedTuple):
    popleft: Callable[[], Any]


class _Values(NamedTuple):
    append: Callable[[Any], None]


class _Ends:
    def __init__(self, append: Callable[[float], None], page: Page) -> None:
        self.append, self._page = append, page

    def __len__(self) -> int:
        return self._page.words[ENDED]


# These are called for each task: what they have at hand takes a third less time than
# attributes would.


def _taking(items: Sequence[Any], page: Page) -> Callable[[], Any]:
    """Return what notes that the next task is begun, unless it has been taken back."""
    words, take, task = page.words, [*items[::-1]].pop, 0

    def popleft() -> Any:
        nonlocal task
        begun = task + 1
        words[BEGUN] = begun  # first of all: see the guarantees of the page
        if words[LIMIT] <= task:  # there are never fewer items
            words[BEGUN] = task
            raise IndexError
        task = begun
        return take()

    return popleft


def _keeping(
    piece: Piece, page: Page, teller: Teller
) -> tuple[Callable[[Any], None], Callable[[float], None]]:
    """Return what keeps a result, and what notes that its task has ended."""
    failures, texts = piece.failures, piece.texts
    words, stamps, stops, sent = page.words, page.stamps, page.stops, page.sent
    write = page.results()
    apart: list[pickle.PickleBuffer] = []
    dumps, put_apart = pickle.dumps, apart.append
    large: Packed | None = None
    ended = stop = 0

    def keep(value: Any) -> None:
        nonlocal large, stop
        if value is MISSING:
            return
        try:
            data = dumps(value, 5, buffer_callback=put_apart)
        except Exception:
            apart.clear()
            large = _by_value(value, failures, ended)
            return
        if not apart:
            try:
                stop += write(data)
            except ValueError:  # there is no room
                large = Packed(data, [])
            return
        large = Packed(data, [each.raw() for each in apart])
        apart.clear()

    def note(instant: float) -> None:
        nonlocal large, ended
        if large is not None or texts or failures:
            _tell(piece, ended, large, teller)
            large = None
        stamps[ended] = instant
        stops[ended] = stop
        sent[ended] = teller.sent
        ended += 1
        words[ENDED] = ended  # last of all

    return keep, note


def _by_value(
    value: Any, failures: dict[int, BaseException], task: int
) -> Packed | None:
    """Return what only cloudpickle can pickle, or note why nothing can."""
    try:
        return pack(value)
    except BaseException as error:  # whatever its own code does
        failures[task] = refusal("what the task returned", value, error, CURE_BACK)
        return None


def _tell(piece: Piece, task: int, large: Packed | None, teller: Teller) -> None:
    """Send what does not go on the page, before the end is noted there."""
    if task in piece.texts:
        piece.texts.pop(task).end()
    if large is not None:
        teller.tell(VALUE, large, task)
    if task in piece.failures:
        teller.tell(FAILURE, pack_error(piece.failures.pop(task)), task)
