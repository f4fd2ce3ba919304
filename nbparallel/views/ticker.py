"""The one timer of a run: it takes snapshots and hands them to the view.

Guarantees:

- A view is called from the ticker's thread only, one call at a time, under a copy of
  the context in which `Ticker.start` was called. In a notebook that is what puts every
  update in the cell that started the run.
- At most one drawing per interval, and none while nothing moves.
- A view that takes long is called less often: it never uses more than a tenth of the
  time, so that it never disturbs the run.
- `View.finish` is called exactly once, after the last drawing, also when drawing has
  failed: the saved notebook must tell the end. Whoever stops the ticker waits for it,
  not for what it leaves for later.
- A view that raises is reported in the log once and drawn no more.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import threading
import time
from collections.abc import Callable, Iterator

from nbparallel.records.snapshot import Snapshot
from nbparallel.types import State, Status
from nbparallel.views.actions import View

log = logging.getLogger(__name__)

#: Seconds that `Ticker.stop` waits for the view to show the end.
PATIENCE = 2.0
#: Seconds from the end to what a view leaves for later: the cell ends as well.
LATER = 0.3


class Ticker:
    """Draw a run again and again until it is told to stop.

    Parameters
    ----------
    view
        What shows the run.
    snapshot
        Returns the run as it is now; called from the ticker's thread.
    interval
        Seconds between two drawings.
    thread
        Makes the thread of its own, as `threading.Thread` does.
    """

    def __init__(
        self,
        view: View,
        snapshot: Callable[[], Snapshot],
        interval: float = 0.2,
        thread: Callable[..., threading.Thread] = threading.Thread,
    ) -> None:
        self._view = view
        self._snapshot = snapshot
        self._interval = interval
        self._make = thread
        self._stopping = threading.Event()
        self._once = threading.Lock()
        self._thread: threading.Thread | None = None
        self._finished = threading.Event()
        self._broken = False

    def start(self) -> None:
        """Begin to draw, in a thread of its own."""
        thread = self._make(
            target=contextvars.copy_context().run,
            args=(self._work,),
            name="nbparallel-ticker",
            daemon=True,
        )
        try:
            thread.start()
        except RuntimeError:
            # No thread is to be had (Pyodide, a process at its limit): the view then
            # shows the beginning and, from `stop`, the end.
            log.debug("no thread for the view", exc_info=True)
        else:
            self._thread = thread

    def stop(self) -> None:
        """Draw no more, and have the view show the end; any number of calls is one.

        Returns when the end has been shown. A view that hangs is left behind after two
        seconds.
        """
        self._stopping.set()
        if self._thread is None:
            self._finish()
        elif self._thread is not threading.current_thread():
            self._finished.wait(PATIENCE)

    def _work(self) -> None:
        shown: object = None
        pause = self._interval
        while not self._stopping.wait(pause) and not self._broken:
            before = time.thread_time()
            shown = self._tick(shown)
            pause = max(self._interval, 10 * (time.thread_time() - before))
        self._stopping.wait()
        self._finish()

    def _tick(self, shown: object) -> object:
        try:
            snapshot = self._snapshot()
            looks = _looks(snapshot)
            if looks != shown:
                self._view.draw(snapshot)
        except Exception as failure:
            self._report(failure)
            return None
        return looks

    @contextlib.contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except Exception as failure:
            self._report(failure)

    def _finish(self) -> None:
        if not self._once.acquire(blocking=False):
            return
        rest: Callable[[], None] | None = None
        with self._reported():
            rest = self._view.finish(self._snapshot())
        self._finished.set()
        if rest is not None:
            if self._thread is not None:
                time.sleep(LATER)
            with self._reported():
                rest()

    def _report(self, failure: Exception) -> None:
        """Say once what the view raised; the run itself never hears of it."""
        if not self._broken:
            self._broken = True
            log.error("The view of a run failed; the run goes on.", exc_info=failure)


def _looks(snapshot: Snapshot) -> object:
    """Return what differs between two snapshots that do not look the same.

    User values stay out of it: comparing those can be slow, wrong or an error.
    """
    still = snapshot.state is State.PAUSED and not snapshot.counts[Status.RUNNING]
    return (
        snapshot.state,
        snapshot.name,
        snapshot.postfix,
        tuple(snapshot.counts.values()),
        snapshot.total,
        None if still else snapshot.elapsed,
    )
