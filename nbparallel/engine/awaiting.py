"""How a coroutine waits for a run."""

from __future__ import annotations

from contextlib import suppress

from nbparallel.engine import stopping
from nbparallel.engine.feed import unbounded
from nbparallel.engine.lifecycle import Lifecycle
from nbparallel.engine.waiting import Waiter

#: Seconds between two looks of an awaiting coroutine: a kernel's interrupt cancels the
#: coroutine without waking its event loop.
HEARTBEAT = 0.05


async def until_over(life: Lifecycle, waiter: Waiter) -> None:
    """Return when the run has ended; being cancelled cancels it."""
    import asyncio

    loop, woken = asyncio.get_running_loop(), asyncio.Event()

    def wake() -> None:
        with suppress(RuntimeError):  # the loop was closed while we waited
            loop.call_soon_threadsafe(woken.set)

    crew = life.scheduler.crew
    crew.watch_ends(wake, tasks=waiter.worker is not None)
    try:
        with unbounded(life.scheduler):
            while not life.is_over():
                woken.clear()
                pause = 0 if waiter.help() else HEARTBEAT
                # Not asyncio.wait_for(): in Python 3.11 it can swallow a cancel.
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await woken.wait()
    except GeneratorExit:  # whoever waited was forgotten
        raise
    except BaseException:
        stopping.cancel(life.scheduler)
        raise
    finally:
        crew.unwatch(wake)
