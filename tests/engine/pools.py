"""Executors as users bring them, each under a word, since tests hand words on.

`fresh` makes new ones of all: what one test leaves in a pool is not the next one's.
"""

from __future__ import annotations

import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor

from nbparallel.workers import load


class OneEach(Executor):
    """A thread per call and no pool at all; where its workers are it does not say."""

    def submit(self, fn, /, *args, **kwargs):
        future = Future()

        def run():
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(fn(*args, **kwargs))
                except BaseException as error:
                    future.set_exception(error)

        threading.Thread(target=run, name="one-of-each", daemon=True).start()
        return future


_MAKE = {"ThreadPool": lambda: ThreadPoolExecutor(8), "OneEach": OneEach}
_made = {}

#: The word of each, and where it lives, as in `nbparallel.kinds.KINDS`.
POOLS = {f"pool-{name}": f"{__name__}:made_{name}" for name in _MAKE}


def __getattr__(name):
    word = name.removeprefix("made_")
    if word not in _MAKE:
        raise AttributeError(name)
    if word not in _made:
        _made[word] = _MAKE[word]()
    return load(_made[word])


def fresh():
    """Let go of the executors; those that are asked for next are new."""
    while _made:
        _made.popitem()[1].shutdown(wait=False)
