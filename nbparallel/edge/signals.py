"""Keep the handlers of signals out of our own code while a thread waits for a run.

Python calls the handler of a signal in the main thread, between any two instructions.
What it raises there (``KeyboardInterrupt``, a test's time-out) can strike inside a
lock of ours or of the standard library, and leave it locked for ever. So each handler
that is a Python function is wrapped during a wait, and called at a place of the wait's
own choosing. Signals that are ignored, or handled outside Python, stay as they are.
"""

from __future__ import annotations

# What `signal` calls: that makes an enum of each number, 0.1 ms of them in every wait.
import _signal  # type: ignore[import-not-found] # it carries no types
import math
import signal
import threading
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from time import perf_counter
from types import FrameType, TracebackType
from typing import Any, Final, Self

from nbparallel.errors import without_our_frames

#: The interrupt that is raised after all: the way out if nobody reacts to the others.
LAST: Final = 3

MESSAGE: Final = "the run was cancelled by an interrupt; see nbparallel.last"

#: Modules whose handlers only tell an event loop, which cannot hear it while we wait.
#: For them an interrupt is what it is in a program without a loop.
LOOPS: Final = ("asyncio.runners", "ipykernel.ipkernel")

_NUMBERS: Final = tuple(map(int, signal.valid_signals()))

Handler = Callable[[int, FrameType | None], object]
_Call = tuple[Handler, int, FrameType | None, float]


class Signals:
    """Within it, handlers are called by `deliver`, or at once in the user's code.

    What a handler raises is kept. Leaving raises the first of it, in the wait that
    this one is nested in as well. Three interrupts (SIGINT, where its handler is
    Python's) are one too many: the third raises ``KeyboardInterrupt`` where it strikes.

    Handlers are called in the main thread only; in any other this does nothing.
    Afterwards each signal has the handler that it had before, or the one that it was
    given meanwhile.

    Wait for what *notify* passes on with a timeout, in a loop: Python notices a signal
    that arrives in the instant before a wait begins only after that wait.

    Parameters
    ----------
    notify
        Called when a handler was put off, hence between any two instructions of the
        main thread. ``queue.SimpleQueue.put`` may be called there; ``Event.set`` and
        ``Queue.put`` may not, they can deadlock.
    in_users_code
        Says of the frame that a signal struck whether the user's code is running, for
        which that signal is meant.

    Attributes
    ----------
    raised
        What handlers have raised so far, each once.
    struck
        When the signal struck that the last of it is for, by `perf_counter`.
    """

    def __init__(
        self,
        notify: Callable[[], object],
        in_users_code: Callable[[FrameType | None], bool] = lambda _: False,
    ) -> None:
        self.raised: list[BaseException] = []
        self.struck = math.inf
        self._notify = notify
        self._in_users_code = in_users_code
        self._put_off: deque[_Call] = deque()
        self._interrupts = 0
        self._live = False
        self._outer: Signals | None = None
        self._old: dict[int, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            try:
                self._install()
            except BaseException:  # struck by a handler that was not wrapped yet
                self._restore()
                raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        __tracebackhide__ = True
        try:
            self._restore()
        except BaseException as struck:  # by a handler that is in its place again
            self._restore()
            self.note(struck)
        self.deliver()
        if not self.raised:
            return
        if self._outer is not None:
            self._outer.note(self.raised[0], self.struck)
        if not self.has_raised(error):
            first = self.raised[0]
            raise BaseException.with_traceback(first, without_our_frames(first))

    def deliver(self) -> None:
        """Call the handlers that were put off, at a place where they may raise."""
        while self._put_off:
            with suppress(BaseException):  # it is kept, and raised on leaving
                self._call(*self._put_off.popleft())

    def note(self, error: BaseException, struck: float | None = None) -> None:
        """Keep *error* as raised by the handler of a signal that *struck* then."""
        if not self.has_raised(error):
            self.struck = perf_counter() if struck is None else struck
            self.raised.append(error)

    def has_raised(self, error: BaseException | None) -> bool:
        """Whether *error* is what a handler has raised."""
        return any(error is known for known in self.raised)

    # -- Inside, in the main thread ---------------------------------------------------

    def _install(self) -> None:
        global _innermost  # one main thread has one stack of waits
        for number in _NUMBERS:
            handler = _signal.getsignal(number)
            if callable(handler):
                self._old[number] = handler
                _signal.signal(number, self._on_signal)
        self._outer, _innermost = _innermost, self
        self._live = True  # from here on, nothing strikes our own code
        if self._outer is not None:
            self._outer._hand_over(self)  # noqa: SLF001 # of this class

    def _hand_over(self, inner: Signals) -> None:
        """Leave what was put off to *inner*, whose wait may last."""
        while self._put_off:
            inner._put_off.append(self._put_off.popleft())  # as above
            inner._notify()  # as above

    def _restore(self) -> None:
        """Put the handlers back. If one of them strikes meanwhile, call it again."""
        global _innermost  # noqa: PLW0603 # as above
        if _innermost is self:
            _innermost = self._outer
        for number, handler in self._old.items():
            if _wrapped_by(_signal.getsignal(number)) is self:
                _signal.signal(number, handler)
        self._live = False

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        now = perf_counter()
        if not self._live:  # not yet; or somebody has put it back late
            self._old[number](number, frame)  # a wait around this one knows better
            return
        handler = _unwrapped(self._old[number], number)
        if number == signal.SIGINT and _is_interrupt(handler):
            handler = _interrupt
            self._interrupts += 1
        last = handler is _interrupt and self._interrupts >= LAST
        if last or self._in_users_code(frame):
            self._call(handler, number, frame, now)
        else:
            self._put_off.append((handler, number, frame, now))
            self._notify()

    def _call(
        self, handler: Handler, number: int, frame: FrameType | None, struck: float
    ) -> None:
        __tracebackhide__ = True
        try:
            handler(number, frame)
        except BaseException as error:
            self.note(error, struck)
            raise


#: What calls handlers: further signals may strike those.
HANDLING: Final = Signals._call.__code__  # noqa: SLF001 # of this very module

#: The wait of the main thread that no other is nested in.
_innermost: Signals | None = None


def is_waiting() -> bool:
    """Whether the main thread is within a `Signals`."""
    return _innermost is not None


def has_struck(error: BaseException | None) -> bool:
    """Whether a handler has raised *error* during a wait that has not been left."""
    wait = _innermost
    while wait is not None:
        if wait.has_raised(error):
            return True
        wait = wait._outer  # noqa: SLF001 # as above
    return False


def _wrapped_by(handler: Any) -> Signals | None:
    owner = getattr(handler, "__self__", None)
    return owner if isinstance(owner, Signals) else None


def _unwrapped(handler: Any, number: int) -> Handler:
    """Return what *handler* stands for if a wait around this one has wrapped it."""
    while (wait := _wrapped_by(handler)) is not None:
        handler = wait._old[number]  # noqa: SLF001 # as above
    found: Handler = handler
    return found


def _is_interrupt(handler: Any) -> bool:
    """Whether SIGINT means what it means to Python, not what the user makes of it."""
    function = getattr(handler, "func", handler)  # of a `functools.partial`
    if function is signal.default_int_handler:
        return True
    return getattr(function, "__module__", None) in LOOPS


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    __tracebackhide__ = True
    raise KeyboardInterrupt(MESSAGE)
