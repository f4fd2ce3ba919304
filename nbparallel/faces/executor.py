"""`Executor`: the standard library's pool of threads, with everything on record."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.thread import BrokenThreadPool
from contextvars import copy_context
from itertools import islice
from time import monotonic
from types import TracebackType
from typing import Any, Literal, ParamSpec, TypeVar, Unpack
from weakref import WeakSet, finalize, ref

from nbparallel.engine.open_run import OpenRun
from nbparallel.errors import BadType, UsageError
from nbparallel.faces import at_exit
from nbparallel.faces.calls import Calls
from nbparallel.faces.executor_options import options_of
from nbparallel.faces.executor_run import ExecutorRun
from nbparallel.faces.mapped import results
from nbparallel.faces.submitted import Submitted, TaskFuture
from nbparallel.options import (
    AUTO,
    ExecutorOptions,
    Options,
    whole,
)
from nbparallel.signatures import with_options
from nbparallel.work.work import Work
from nbparallel.workers.scope import current

P = ParamSpec("P")
T = TypeVar("T")

_AFTER_SHUTDOWN = "cannot schedule new futures after shutdown"
_AT_EXIT = "cannot schedule new futures after interpreter shutdown"
_AFTER_CANCEL = (
    "cannot schedule new futures after the run of this executor was cancelled; make "
    "another executor"
)


@with_options(Options, ExecutorOptions)
class Executor(ThreadPoolExecutor):
    """A `concurrent.futures.ThreadPoolExecutor` with a live table, Cancel and records.

    It goes wherever one is asked for and does what one does: ``submit``, ``map``,
    ``shutdown``, waiting, cancelling, exceptions. All its calls are the tasks of one
    run, which is shown from the first call on.

    What it does beyond that:

    - A task that waits for the result of another one of the same executor carries it
      out, where no worker has begun it. So none waits for ever for want of a worker.
    - Cancelling a future wakes those who wait for it at once.
    - ``run.cancel``, or the button, cancels what has not begun; what goes on has the
      ``grace``, then its future raises `TaskCancelled`, and its thread is left behind.
      No call is taken after that. An interrupt while ``shutdown`` waits, or one that
      leaves the ``with`` block, does the same.
    - With ``timeout``, `TaskTimeout` is raised by the future of a call that lasts too
      long, and another worker takes the place of its own.
    - With ``retries``, a future tells how the last attempt has ended.
    - Each call has a copy of the context in which the executor was made, with what the
      initializer has set.

    When the interpreter exits, it first carries out what was submitted, as the standard
    library does; but a call that hangs does not hold it up. Once all calls have begun,
    and none has ended for ``patience`` seconds (or twice the ``timeout``, or twice what
    the longest of the last calls took, whichever is more), those that go on are named
    in a warning and left behind. Calls that have not begun are waited for. A script
    that ends by Ctrl-C, and a kernel that is shut down, cancel what is left. To wait
    however long it takes, call ``shutdown``.

    The rows keep numbers and short texts. All other arguments are let go once the call
    has ended; all other results are in the rows while somebody holds the future, so
    that they live no longer than with the standard library. ``keep_results=True`` keeps
    everything, and ``keep_results=False`` not even the rows.

    Parameters
    ----------
    max_workers
        How many calls are made at the same time, or ``"auto"``; ``workers`` says the
        same. None: as many as ``ThreadPoolExecutor`` has; with other backends, their
        usual number.
    thread_name_prefix
        What the names of the threads begin with.
    initializer
        What each worker calls before its first call. If it raises, that is logged, and
        every call that has not begun fails with ``BrokenThreadPool``.
    initargs
        Its arguments.
    **options
        Any other option of a run. Backends are threads, processes or an executor of
        yours; over there, calls and results are pickled, and a future tells that its
        call goes on only when that has ended.

    Attributes
    ----------
    patience
        How many seconds at least the exit of the interpreter waits for calls that go on
        while none ends; ``float("inf")`` waits for ever.

    Raises
    ------
    BadType, BadValue
        An option cannot be used; nothing was started.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> with nbp.Executor(4, progress=False) as executor:
    ...     future = executor.submit(pow, 2, 10)
    ...     lengths = list(executor.map(len, ["a", "bc"]))
    >>> future.result(), lengths
    (1024, [1, 2])
    >>> executor.run.df[["item", "status", "result"]]
             item status  result
    0  pow(2, 10)     ok    1024
    1    len('a')     ok       1
    2   len('bc')     ok       2
    """

    patience: float = 5.0

    def __init__(
        self,
        max_workers: int | Literal["auto"] | None = None,
        thread_name_prefix: str = "",
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        **options: Unpack[ExecutorOptions],
    ) -> None:
        if max_workers not in (None, AUTO):
            max_workers = whole("max_workers", max_workers)
        if not isinstance(initargs, Iterable):
            message = f"initargs={initargs!r}: must be a tuple, as in initargs=(1, 2)"
            raise BadType(message)
        threads = None if max_workers == AUTO else max_workers
        super().__init__(threads, thread_name_prefix, initializer, tuple(initargs))
        # The base class does not keep them from Python 3.14 on.
        self._begins: tuple[Any, Any] = initializer, tuple(initargs)
        self._options = options_of(
            Executor, max_workers, self._max_workers, {**options}
        )
        self._keeps = options.get("keep_results") is True
        self._name = str(thread_name_prefix or type(self).__name__)
        self._open()
        self._max_workers = self._run.snapshot().workers  # others look at it
        _executors.add(self)

    @property
    def run(self) -> OpenRun[Any]:
        """The run that all calls are tasks of: its table, its panel, its Cancel.

        Examples
        --------
        >>> import nbparallel as nbp
        >>> executor = nbp.Executor(progress=False)
        >>> executor.submit(int, "x").exception()
        ValueError("invalid literal for int() with base 10: 'x'")
        >>> executor.shutdown()
        >>> executor.run
        <Run Executor: done, 1 error>
        """
        return self._run

    def submit(
        self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs
    ) -> Future[T]:
        """Have ``fn(*args, **kwargs)`` called by a worker; return its future.

        Raises
        ------
        RuntimeError
            The executor has been shut down or cancelled, or the interpreter exits.
        BrokenThreadPool
            An initializer has failed.
        """
        calls, future = self._calls, TaskFuture[T]()
        item = Submitted(future, fn, args, kwargs)
        with calls.lock:
            if calls.broken:
                raise BrokenThreadPool(calls.broken)
            if self._shutdown:
                raise RuntimeError(_AFTER_SHUTDOWN)
            if not self._started:
                self._start()
            try:
                task = self._run.add(item)
            except UsageError:
                raise RuntimeError(self._why_not()) from None
            calls.pending[task] = item
        future.is_task(self._run, task)
        return future

    def map(
        self,
        fn: Callable[..., T],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,  # noqa: ARG002 # as in the standard library
        buffersize: int | None = None,
    ) -> Iterator[T]:
        """Return an iterator over what *fn* returns for the items, in their order.

        Parameters
        ----------
        fn
            Takes as many arguments as there are iterables.
        *iterables
            Read to the end at once, unless there is a *buffersize*.
        timeout
            Seconds from now on after which the iterator raises `TimeoutError`.
        chunksize
            Of no effect.
        buffersize
            How many calls are submitted whose results have not been given; None: all.
            Then the input may be endless.

        Raises
        ------
        TypeError, ValueError
            The *buffersize* is no whole number of at least 1.
        """
        if buffersize is not None:
            if not isinstance(buffersize, int):
                message = "buffersize must be an integer or None"
                raise TypeError(message)
            if buffersize < 1:
                message = "buffersize must be None or > 0"
                raise ValueError(message)
        end = None if timeout is None else monotonic() + timeout
        inputs = zip(*iterables, strict=False)
        first = islice(inputs, buffersize)
        futures = deque(self.submit(fn, *each) for each in first)
        more = None if buffersize is None else inputs
        return results(futures, fn, more, ref(self), end)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 # as there
        """Take no further call; it is safe to say so several times.

        Parameters
        ----------
        wait
            Return once every call has ended.
        cancel_futures
            Cancel every call that has not begun.

        Raises
        ------
        RuntimeError
            A call of this executor would wait for its own end.
        KeyboardInterrupt
            An interrupt has cancelled what was left.
        """
        run, calls = self._run, self._calls
        with calls.lock:
            self._shutdown = True
            waiting = list(calls.pending.values()) if cancel_futures else []
        for item in reversed(waiting):
            if (future := item.future) is not None:
                future.cancel()
        run.close()
        if not wait or not self._started:
            return
        if run.has_calling_task():
            message = "cannot join current thread: a call would wait for its own end"
            raise RuntimeError(message)
        run.wait()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            self._run.cancel()
        self.shutdown(wait=True)

    def __repr__(self) -> str:
        told = repr(self._run).removeprefix("<Run ")
        return f"<{told}" if told.startswith("Executor:") else f"<Executor {told}"

    # -- Inside -----------------------------------------------------------------------

    @property  # type: ignore[override] # a text, as it is there at run time
    def _broken(self) -> bool | str:
        return self._calls.broken or False

    @_broken.setter
    def _broken(self, why: bool | str) -> None:
        """Hear what the base class thinks of it at first."""

    def _open(self) -> None:
        """Make the run; it starts with the first call."""
        options = self._options
        is_ours = options.backend in (None, "threads")
        calls = self._calls = Calls(
            *(*self._begins, str(self._thread_name_prefix or "")),
            tries_again=bool(options.retries),
            keep=self._keeps,
        )
        self._threads = calls.threads
        singly = not is_ours or bool(options.retries)
        work = Work(
            *(self._name, calls, [], None, None), open=True, once=True, singly=singly
        )

        def make() -> ExecutorRun:
            current.set(None)  # it is nobody's: its workers are there for its own calls
            return ExecutorRun(work, options, calls.tell)

        self._run = copy_context().run(make)
        self._started = False
        self._finalizer = finalize(self, self._run.close_soon)
        self._finalizer.atexit = False

    def _start(self) -> None:
        if at_exit.has_begun():
            raise RuntimeError(_AT_EXIT)
        self._started = True
        at_exit.mind(self._run, self.patience)
        self._run.start()

    def _why_not(self) -> str:
        """Return why the run takes no call, though the executor was not shut down."""
        return _AT_EXIT if at_exit.has_begun() else _AFTER_CANCEL

    def _ipython_display_(self) -> None:
        self._run._ipython_display_()  # it is shown as its run

    def _repr_html_(self) -> str | None:
        return self._run._repr_html_()


#: All that there are.
_executors: WeakSet[Executor] = WeakSet()


def _in_a_child() -> None:
    """Have each executor begin anew in a forked child: its workers are the parent's."""
    for executor in list(_executors):
        executor._finalizer.detach()  # noqa: SLF001 # of this module
        executor._open()  # noqa: SLF001


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_a_child)
