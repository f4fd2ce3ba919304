"""Workers of the user's own: any `concurrent.futures.Executor`.

It is handed batches and asked for nothing else: it is never shut down, and it carries
out what others hand it as ever.

Where its workers are is found out by asking one of them. Workers that share our memory
fill a claim themselves, as threads of ours do. For all others a batch is packed, and
what came of it is told when it has ended; see `nbparallel.workers.remote`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import suppress
from itertools import islice
from time import perf_counter
from typing import Any, Final
from uuid import uuid4
from weakref import WeakKeyDictionary

from nbparallel.errors import Abandoned, BackendBroken, BadType, UsageError
from nbparallel.kinds import BATCHES, import_from, word_of
from nbparallel.workers import remote
from nbparallel.workers.base import Desk
from nbparallel.workers.bounds import Bounds, has_one_lock, processors
from nbparallel.workers.carry_out import carry_through
from nbparallel.workers.claim import Claim
from nbparallel.workers.raising import raise_in
from nbparallel.workers.window import Window

#: How many workers an executor is taken to have that does not tell.
GUESS: Final = 32
#: How many batches besides lie ready for workers that are far away.
SPARE: Final = 2
#: How many futures in a row somebody else may cancel: then there are no workers.
MOST_CALLED_OFF: Final = 100
#: Seconds to wait for the answer where nothing can go on without it.
PATIENCE: Final = 10.0

#: Unlike that of any other interpreter, but for those forked from this one.
_TOKEN: Final = uuid4().hex
#: Whether workers share our memory, by the kind of executor, and by what one has said.
_BY_KIND: Final = {ThreadPoolExecutor: True, ProcessPoolExecutor: False}
_told: WeakKeyDictionary[Executor, bool] = WeakKeyDictionary()


def whereabouts() -> tuple[int, str]:
    """Return what is the same for all threads of this interpreter, and nowhere else."""
    return os.getpid(), _TOKEN


class Pool:
    """An executor as a kind of worker."""

    waits_itself = False

    def __init__(self, executor: Executor) -> None:
        self.pool = executor
        self.word = word_of(executor)

    @property
    def is_here(self) -> bool | None:
        """Whether its workers share our memory; None: nobody has asked yet."""
        known = _BY_KIND.get(type(self.pool))
        return _told.get(self.pool) if known is None else known

    @property
    def nests(self) -> bool:
        """Whether the workers can carry out runs that are started inside tasks."""
        return bool(self.is_here)

    @property
    def sees_names(self) -> bool:
        """Whether the workers see the user's names; waits for a worker's answer."""
        if self.is_here is None:
            with suppress(Exception):  # then nobody knows, and it counts as no
                self.note(self.pool.submit(whereabouts).result(PATIENCE))
        return bool(self.is_here)

    @property
    def told_workers(self) -> int | None:
        """How many workers it has, where it tells."""
        told = getattr(self.pool, "_max_workers", None)
        return told if isinstance(told, int) and told > 0 else None

    def note(self, answer: object) -> None:
        """Note what a worker has said of where it is."""
        _told[self.pool] = answer == whereabouts()

    def default_workers(self) -> int:
        """Return how many workers it has, or is taken to have."""
        return self.told_workers or Pooled.default_workers()

    def bounds(self) -> Bounds:
        """Return what ``workers="auto"`` chooses from: at most all that it has."""
        most = self.default_workers()
        first = min(4 if self.is_here else processors(), most)
        here = bool(self.is_here) and has_one_lock()
        return Bounds(first=first, most=most, processors=processors(), one_lock=here)

    def __call__(self, desk: Desk, workers: int) -> Pooled:
        """Return a backend that hands it batches."""
        return Pooled(desk, workers, self)


class Far:
    """Has claims carried out where nothing of ours is, but for this package."""

    def __init__(self, submit: Callable[..., Future[Any]]) -> None:
        self._submit = submit
        self._carry = import_from(BATCHES)
        self._call: remote.Call | None = None
        self._lock = threading.Lock()
        #: When each claim was sent and what was wrong with its items, in that order.
        self._sent: dict[Claim, tuple[float, dict[int, BadType]]] = {}
        self._numbers: dict[object, int] = {}

    def prepare(self, call: Callable[[Any], Any]) -> None:
        """Pack what is to be called.

        Raises
        ------
        BadType
            It can't be pickled.
        """
        self._call = remote.pack_call(call)

    def send(self, claim: Claim) -> Future[Any]:
        """Submit the batch that *claim* makes; nobody takes tasks of it back any more.

        Raises
        ------
        BadType
            What is to be called can't be pickled.
        Exception
            Of the executor.
        """
        if self._call is None:  # nobody knew where the workers are
            self.prepare(claim.owner.call)
        assert self._call is not None
        items = claim.take()
        batch, bad = remote.pack_items(self._call, claim, items)
        claim.sealed = True
        with self._lock:
            self._sent[claim] = perf_counter(), bad
        try:
            return self._submit(self._carry, batch)
        except BaseException:
            claim.sealed = False
            self.drop(claim)
            raise

    def take(self, claim: Claim, ledger: remote.Ledger) -> None:
        """Fill in what came of *claim*."""
        with self._lock:
            sent, bad = self._sent.pop(claim)
            numbers = self._numbers
            claim.worker = numbers.setdefault(ledger.worker, len(numbers))
        remote.fill_in(claim, ledger, bad, sent)

    def drop(self, claim: Claim) -> None:
        """Hear that nothing came of *claim*."""
        with self._lock:
            self._sent.pop(claim, None)

    def note_begun(self, workers: int) -> None:
        """Take the first that were sent for begun, as many as there are workers.

        No executor says when it begins; all begin in this order.
        """
        with self._lock:
            for claim in islice(self._sent, workers):
                claim.begun = claim.begun or perf_counter()


class Pooled(Window):
    """Hand batches to an executor."""

    def __init__(self, desk: Desk, workers: int, kind: Pool) -> None:
        super().__init__(desk, workers)
        self.pool, self._kind = kind.pool, kind
        self._submit = kind.pool.submit
        self._asked = False
        self._called_off = 0
        self._far: Far | None = None
        self._adapt()

    @classmethod
    def default_workers(cls) -> int:
        """Return the number that an executor is taken to have that does not tell."""
        return GUESS

    @property
    def width(self) -> int:
        """How many batches may be under way: no more than can be of use."""
        told = self._kind.told_workers
        return min(self.workers, told or self.workers) + self.spare

    def prepare(self, call: Callable[[Any], Any]) -> None:
        """Pack what is to be called, where it is known that it will be carried away."""
        if self._far is not None:
            self._far.prepare(call)

    def resize(self, workers: int) -> None:
        """Have that many batches under way from now on."""
        super().resize(workers)
        self._adapt()

    def fill(self, *, reads: bool = True) -> None:
        """Send batches, once it is known where to."""
        if self._far is None and not self.nests:
            self._adapt()
        if self._far is None and not self.nests:
            self._ask()
        else:
            super().fill(reads=reads)

    def send(self, claim: Claim) -> Future[Any]:
        """Submit what carries *claim* out."""
        if self._far is None:
            return self._submit(carry_through, claim, self.desk)
        future = self._far.send(claim)
        self._far.note_begun(self.width - self.spare)
        return future

    def take(self, claim: Claim, future: Any) -> bool:
        """Settle or lose *claim*."""
        if future.cancelled():
            if self._far is not None:
                self._far.drop(claim)
            self._hear_of_cancel(claim)
            return False
        error = future.exception()
        if error is None:
            self._called_off = 0
            if self._far is None:
                return True
            self._far.take(claim, future.result())
            self._far.note_begun(self.width - self.spare)
            self.desk.settle(claim)
            return False
        if self._far is not None:
            self._far.drop(claim)
            claim.begun = claim.begun or perf_counter()
        if isinstance(error, BrokenExecutor):
            self.end(error)
        self.desk.lost(claim, error)
        return False

    def stop(self, claims: Sequence[Claim]) -> bool:
        """Raise `Abandoned` in the tasks of *claims* that compute in Python, here."""
        return raise_in((claim.thread for claim in claims), Abandoned)

    def end(self, error: BaseException) -> None:
        """End the runs with what is to be said about *error*."""
        # It answers all that it was sent. Nothing of that may be cancelled meanwhile:
        # CPython 3.11 stumbles over it and leaves the rest without an answer.
        self.answers_all = isinstance(error, BrokenExecutor)
        super().end(self._explained(error))

    def _adapt(self) -> None:
        """Adapt to where the workers are, as far as that is known."""
        is_here, told = self._kind.is_here, self._kind.told_workers
        self.guessed = told is None and self.workers == GUESS
        self.nests = bool(is_here)
        if is_here is not False:
            return
        self.elsewhere = self._kind.word
        self.spare = SPARE if told is not None and self.workers >= told else 0
        if self._far is None:
            self._far = Far(self._submit)

    def _ask(self) -> None:
        """Have a worker say where it is."""
        with self._lock:
            if self._asked:
                return
            self._asked = True
        try:
            future = self._submit(whereabouts)
        except Exception as error:  # whatever it is, it ends the run, which raises it
            self._asked = False
            self.end(error)
        else:
            future.add_done_callback(self._learn)

    def _learn(self, future: Future[Any]) -> None:
        self._asked = False
        try:
            self._kind.note(future.result())
        except BaseException as error:  # as above
            self.end(error)
        else:
            self.ring()

    def _hear_of_cancel(self, claim: Claim) -> None:
        """Hand the tasks of *claim* out again; not for ever, if that was not us."""
        if not (claim.halt.is_set() or claim.is_void):
            self._called_off += 1
            if self._called_off > MOST_CALLED_OFF:
                self.end(CancelledError(f"{self._called_off} futures in a row"))
        self.desk.settle(claim)

    def _explained(self, error: BaseException) -> BaseException:
        if isinstance(error, UsageError):
            return error
        said = f"{type(error).__name__}: {error}" if str(error) else repr(error)
        made = BackendBroken(
            f"the {self._kind.word} carries no more tasks out ({said}). Call again "
            "with a new executor; what ended before is in nbparallel.last.df"
        )
        made.__cause__ = error
        return made
