"""One call that was given to an executor: as the item of a task, and as its future."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from functools import partial
from logging import getLogger
from threading import Condition, RLock
from typing import TYPE_CHECKING, Any, Final, TypeVar
from weakref import ref

from nbparallel.errors import TaskCancelled
from nbparallel.short_text import brief, type_name
from nbparallel.workers.scope import calling_scope

if TYPE_CHECKING:
    from nbparallel.engine.open_run import OpenRun

T = TypeVar("T")

#: What a row keeps as it is: anything else belongs to whoever holds the future.
_SMALL: Final = frozenset({bool, complex, float, int, type(None)})
_TEXTS: Final = frozenset({bytes, str})
MOST_TEXT: Final = 200
#: The most characters of an argument: tables cut at the end, and ends tell calls apart.
ROOM: Final = 30

#: As the base class calls them.
_ENDED: Final = frozenset({"CANCELLED", "CANCELLED_AND_NOTIFIED", "FINISHED"})

#: Where the standard library says what is wrong with its executors.
LOG: Final = getLogger("concurrent.futures")


class _Change(Condition):
    """A condition with a lock that can be nested, for one of many futures.

    It keeps no bound methods, and no queue as long as nobody waits: of what is made for
    each call, that would be more than half, and garbage collection looks at all of it.
    """

    def __init__(self) -> None:
        self._lock: Any = RLock()
        self._waiters: Any = ()

    def acquire(self, *how: Any) -> Any:
        """Do as the lock does."""
        return self._lock.acquire(*how)

    def release(self) -> None:
        """Do as the lock does."""
        self._lock.release()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is notified."""
        if not self._waiters:
            self._waiters = deque()
        return super().wait(timeout)

    def _release_save(self) -> Any:
        return self._lock._release_save()  # noqa: SLF001 # as the base class does

    def _acquire_restore(self, state: Any) -> None:
        self._lock._acquire_restore(state)  # noqa: SLF001

    def _is_owned(self) -> Any:
        return self._lock._is_owned()  # noqa: SLF001


class TaskFuture(Future[T]):
    """A future of `concurrent.futures`, of a task of a run.

    Cancelling it cancels the row of the task as well. A task of the same executor that
    waits for its result carries it out, where nobody has begun it: so tasks never wait
    for each other for want of a worker. A task that waits for itself is told so.
    """

    #: The run, while the task may be waiting for a worker, and its number.
    _run: OpenRun[Any] | None = None
    _task = 0

    def __init__(self) -> None:
        # What the base class sets, with a condition that is made in half the time.
        self._condition = _Change()
        self._state = "PENDING"
        self._result = self._exception = None
        self._waiters: list[Any] = []
        self._done_callbacks: list[Any] = []

    def cancel(self) -> bool:
        """Cancel the task unless it has begun or ended; return whether it is."""
        run = self._run
        if run is not None and not self.running() and run.withdraw(self._task):
            self.call_off()
        return self.cancelled()

    def result(self, timeout: float | None = None) -> T:
        """Return what the call returns, or raise what it raises, once it has ended."""
        __tracebackhide__ = True
        self._get_on_with_it(timeout)
        try:
            return super().result(timeout)
        finally:
            del self  # the traceback of what is raised must not keep it

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return what the call raises, or None, once it has ended."""
        self._get_on_with_it(timeout)
        return super().exception(timeout)

    # -- For executors ----------------------------------------------------------------

    def is_task(self, run: OpenRun[Any], task: int) -> None:
        """Hear which task this is the future of."""
        self._task, self._run = task, run
        if self._state in _ENDED:  # so soon: it needs to know no more
            self._run = None

    def begin(self) -> bool:
        """Note that the call is being made; return False if it must not be."""
        # A glance: a call that is made again was begun before.
        return self._state == "RUNNING" or self.set_running_or_notify_cancel()

    def fulfil(self, result: T) -> None:
        """Set what the call has returned, unless it was given up meanwhile."""
        self._run = None
        try:
            self.set_result(result)
        except InvalidStateError:
            pass
        except BaseException:  # of what hears of the end: it must not become the row's
            LOG.critical("exception in a callback of %r", self, exc_info=True)

    def fail(self, error: BaseException) -> None:
        """Set why there is no result, unless there is one."""
        self._run = None
        try:
            self.set_exception(error)
        except InvalidStateError:
            pass
        except BaseException:
            LOG.critical("exception in a callback of %r", self, exc_info=True)
        finally:
            del error, self

    def call_off(self) -> None:
        """Be cancelled, and tell those who wait, unless the call is being made."""
        self._run = None
        if super().cancel():
            with suppress(RuntimeError), self._condition:
                if self._state == "CANCELLED":  # nobody has told them
                    self.set_running_or_notify_cancel()

    def _get_on_with_it(self, timeout: float | None) -> None:
        """Do what the calling task can for the end that it waits for."""
        run = self._run
        if run is None or calling_scope() is None:
            return
        if self._state == "PENDING":  # a glance
            if timeout is None or timeout > 0:  # else it is a look
                run.carry_out(self._task)
        elif timeout is None and run.is_in(self._task):
            message = "a call cannot wait for its own result: it would wait for ever"
            raise RuntimeError(message)


class Submitted:
    """A call that was submitted: the item of its task.

    It is shown as the call is written. Once the call has ended it lets go of the
    function, the arguments and the future, and keeps what is small enough to show.
    """

    # In the order in which messages look for what cannot be pickled.
    __slots__ = ("fn", "args", "kwargs", "future")  # noqa: RUF023

    def __init__(
        self,
        future: TaskFuture[Any] | None,
        fn: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> None:
        self.future, self.fn, self.args, self.kwargs = future, fn, args, kwargs

    def __repr__(self) -> str:
        fn, args, kwargs = self.fn, self.args, self.kwargs
        shown = [brief(value, ROOM) for value in args]
        shown += [f"{name}={brief(value, ROOM)}" for name, value in kwargs.items()]
        return f"{fn if type(fn) is str else name_of(fn)}({', '.join(shown)})"

    def __reduce__(self) -> tuple[Any, ...]:  # the future stays here
        return Submitted, (None, self.fn, self.args, self.kwargs)

    def end(
        self, result: Any, error: BaseException | None, *, begun: bool, keep: bool
    ) -> None:
        """Settle the future of a task that has ended, unless its worker has done so."""
        future = self.future
        if not keep:
            self.let_go()
        if future is None or future.done():
            return
        if isinstance(error, TaskCancelled) and not begun:
            future.call_off()
        if error is not None:
            future.fail(error)
        elif future.begin():
            future.fulfil(result)

    def let_go(self) -> None:
        """Keep nothing that anybody could wish to see gone."""
        if self.future is not None:
            self.future = None
            self.fn = name_of(self.fn)
            self.args = tuple(map(_small, self.args))
            if self.kwargs:
                self.kwargs = {n: _small(v) for n, v in self.kwargs.items()}


class Held:
    """Stands in the records for a result that belongs to who holds its future."""

    __slots__ = ("_future", "_kind")

    def __init__(self, result: object, future: TaskFuture[Any]) -> None:
        self._kind, self._future = type(result), ref(future)

    def __repr__(self) -> str:
        result = self.look_up()
        return f"<{self._kind.__name__}>" if result is self else brief(result)

    def look_up(self) -> Any:
        """Return the result while somebody holds its future, else this."""
        future = self._future()
        return self if future is None or not future.done() else future.result()


class _Kind:
    """Stands for an argument of this kind."""

    __slots__ = ("_name",)

    def __init__(self, value: object) -> None:
        self._name = type_name(value)

    def __repr__(self) -> str:
        return f"<{self._name}>"


def for_the_row(result: Any, future: TaskFuture[Any]) -> Any:
    """Return what the records keep of *result*."""
    return result if _is_small(result) else Held(result, future)


def name_of(fn: Any) -> str:
    """Return what *fn* is called, whatever it is wrapped in.

    Examples
    --------
    >>> from contextvars import copy_context
    >>> name_of(pow), name_of(partial(copy_context().run, len, [1]))
    ('pow', 'len')
    """
    while isinstance(fn, partial):
        runs = getattr(fn.func, "__name__", "") == "run" and fn.args
        fn = fn.args[0] if runs and callable(fn.args[0]) else fn.func
    name = getattr(fn, "__name__", None)
    return name if type(name) is str else type_name(fn)


def _is_small(value: Any) -> bool:
    kind = type(value)
    return kind in _SMALL or (kind in _TEXTS and len(value) <= MOST_TEXT)


def _small(value: Any) -> Any:
    return value if _is_small(value) else _Kind(value)
