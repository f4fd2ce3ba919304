"""`Parallelized`: a loop over calls that are carried out in parallel."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from threading import Lock
from typing import Any, Final, Generic, Self, TypeVar, Unpack, overload

from nbparallel.engine.run import Run
from nbparallel.errors import BadType, BadValue, InputError, TaskCancelled, UsageError
from nbparallel.faces.looped import LoopedRun
from nbparallel.faces.progress import Progress
from nbparallel.faces.workers import with_workers
from nbparallel.options import LoopOptions, Options, resolve, whole
from nbparallel.short_text import error_line, with_type
from nbparallel.signatures import with_options
from nbparallel.work.keywords import keywords_work
from nbparallel.work.work import LATEST

T = TypeVar("T")
Ends = Iterator[tuple[Any, T | Any, BaseException | None]]

#: Seconds that running tasks get once the block is left: they are left behind.
GRACE: Final = 0.25


@with_options(Options, LoopOptions)
class Parallelized(Generic[T]):
    """Call *func* with each of many dicts of keyword arguments, and loop over the ends.

    The calls begin with the ``with`` block. The loop gives ``(kwargs, result, error)``
    as they end: *kwargs* is the dict that was given, *error* is None or what the call
    raised, *result* is None where there is an error. Leaving the loop and beginning
    another goes on where the first was. Leaving the block cancels what is left.

    An interrupt cancels what has not begun and leaves behind what has. The loop still
    gives those, with a `KeyboardInterrupt` as the error, and then raises it.

    Parameters
    ----------
    func
        What to call; an ``async def`` function, too.
    args
        The dicts. An iterator is read only as workers want more, and may be endless.
    num_threads
        How many calls at a time, as the option ``workers``; None lets the backend
        choose.
    desc
        The name shown with the run; None: that of the function.
    **options
        Any other field of `nbparallel.options.Options`, two with other defaults:
        ``block=False``, ``grace=0.25``. Every backend will do; with
        ``backend="inline"`` the loop carries the calls out one by one.

    Attributes
    ----------
    pbar, progress
        What a loop says of the run: a `nbparallel.faces.progress.Progress`.

    Raises
    ------
    BadType
        One of the dicts is none, or *func* can't be called; nothing was started. What
        is wrong in an iterator the loop raises, after the calls before it.
    BadType, BadValue
        An option cannot be used.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> def read(x, base=10):
    ...     return int(x, base)
    >>> calls = [{"x": "12", "base": 8}, {"x": "nine"}]
    >>> with nbp.Parallelized(read, calls, progress=False, ordered=True) as par:
    ...     for kwargs, result, error in par:
    ...         print(kwargs["x"], nbp.error_str(error) or result)
    12 10
    nine ValueError: invalid literal for int() with base 10: 'nine'
    """

    @overload
    def __init__(
        self: Parallelized[T],
        func: Callable[..., Coroutine[Any, Any, T]],
        args: Iterable[Any],
        num_threads: int | None = None,
        desc: str | None = None,
        **options: Unpack[LoopOptions],
    ) -> None: ...
    @overload
    def __init__(
        self: Parallelized[T],
        func: Callable[..., T],
        args: Iterable[Any],
        num_threads: int | None = None,
        desc: str | None = None,
        **options: Unpack[LoopOptions],
    ) -> None: ...
    def __init__(
        self,
        func: Callable[..., Any],
        args: Iterable[Any],
        num_threads: int | None = None,
        desc: str | None = None,
        **options: Any,
    ) -> None:
        __tracebackhide__ = True
        try:
            given = with_workers(options, "num_threads", num_threads)
            if desc is not None:
                given["desc"] = desc
            self._options = resolve(given, type(self), block=False, grace=GRACE)
            _refuse_unpack(given)
            work = keywords_work(func, args, "Parallelized")
        except (UsageError, InputError) as error:
            # Our own frames are no help.
            raise error.with_traceback(None) from error.__cause__
        self.pbar = self.progress = Progress(work.total)
        self._work = replace(work, caption=self.pbar.caption, handle=LATEST)
        self._run: LoopedRun[T] | None = None
        self._ends: Ends[T] = iter(())
        self._reading = Lock()

    @property
    def run(self) -> Run[T]:
        """The run: its table, errors and controls; there from the block's beginning."""
        return self._begun()

    def __enter__(self) -> Self:
        if self._run is not None:
            message = "a Parallelized can be entered only once: make another"
            raise UsageError(message)
        self._run = LoopedRun(self._work, self._options)
        # Before the start: an endless input is read only so far ahead of a loop.
        self._ends = iter(self._run)
        self._run.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        run = self._begun()
        run.cancel()
        if run.struck is not None and kind is not None:  # this is the second one
            run.give_up()
        with suppress(Exception):  # the loop has raised it, or nobody wants to hear it
            run.wait()

    def __iter__(self) -> Ends[T]:
        return self._loop(self._begun())

    def _begun(self) -> LoopedRun[T]:
        if self._run is None:
            message = (
                "the calls begin with a block. Write: with nbp.Parallelized(fetch, "
                "calls) as par:"
            )
            raise UsageError(message)
        return self._run

    def _loop(self, run: LoopedRun[T]) -> Ends[T]:
        __tracebackhide__ = True
        try:
            while (end := self._next_end()) is not None:
                kwargs, result, error = end
                self.pbar.n += 1
                if run.struck is not None and isinstance(error, TaskCancelled):
                    yield kwargs, None, KeyboardInterrupt(str(error))
                else:
                    yield kwargs, result, error
        except InputError as error:
            if isinstance(error.__cause__, BadType):  # it is no dict
                raise error.__cause__ from None
            raise
        struck, run.struck = run.struck, None
        if struck is not None:
            raise struck

    def _next_end(self) -> tuple[Any, T | Any, BaseException | None] | None:
        """Return the next end, or None after the last.

        Raises
        ------
        UsageError
            Another thread is waiting for one.
        """
        __tracebackhide__ = True
        if not self._reading.acquire(blocking=False):
            message = (
                "two threads go through one Parallelized at the same time: let one "
                "thread loop over it, and hand on what it gets"
            )
            raise UsageError(message)
        try:
            return next(self._ends, None)
        finally:
            self._reading.release()


def error_str(error: BaseException | None, limit: int = 160) -> str:
    """Return an exception on one short line; nothing for None.

    Parameters
    ----------
    error
        What a call has raised, or None.
    limit
        The most characters, at least 4.

    Raises
    ------
    BadType, BadValue
        *error* is no exception, or *limit* no such number.

    Examples
    --------
    >>> error_str(FileNotFoundError(2, "No such file", "a.csv"))
    "FileNotFoundError: [Errno 2] No such file: 'a.csv'"
    """
    whole("limit", limit, least=4)  # the dots take three
    if error is None:
        return ""
    if not isinstance(error, BaseException):
        message = (
            f"error_str takes an exception or None, and got {with_type(error)}. Write "
            "error_str(error), of for kwargs, result, error in par"
        )
        raise BadType(message)
    return error_line(error, limit)


def _refuse_unpack(given: dict[str, Any]) -> None:
    if given.get("unpack") not in (None, "kwargs"):
        message = (
            f"unpack={given['unpack']!r}: Parallelized passes each dict as keyword "
            "arguments. Leave unpack out, or write pmap(fetch, items, unpack=…)"
        )
        raise BadValue(message)
