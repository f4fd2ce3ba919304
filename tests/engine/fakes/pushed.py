"""A loop that must never wait for work: it is told when there may be some."""

from __future__ import annotations

import os
import threading

from nbparallel.workers.base import Backend
from nbparallel.workers.carry_out import carry_out


class Pushed(Backend):
    """Claim without waiting whenever the desk says so, a thread per claim."""

    def __init__(self, desk, workers):
        super().__init__(desk, workers)
        self._news = threading.Event()
        self._free = list(range(min(workers, 1000)))
        self._lock = threading.Lock()
        self._loop = None

    @classmethod
    def default_workers(cls):
        return (os.cpu_count() or 1) + 2

    def start(self, tasks):  # noqa: ARG002 # it has as many as it likes
        with self._lock:
            if self._loop is None:
                self._loop = threading.Thread(
                    target=self._go, name="nbparallel-loop", daemon=True
                )
                self.desk.watch(self._news.set)
                self._loop.start()
        self._news.set()

    def _go(self):
        while True:
            self._news.wait()
            self._news.clear()
            while self._free and (claim := self.desk.try_claim(self._free[0])):
                with self._lock:
                    number = self._free.pop(0)
                threading.Thread(
                    target=self._carry,
                    args=(claim, number),
                    name=f"nbparallel-{number}",
                    daemon=True,
                ).start()
            with self._lock:
                if not self.desk.members and not self._news.is_set():
                    self.desk.unwatch(self._news.set)
                    self._loop = None
                    return

    def _carry(self, claim, number):
        carry_out(claim, claim.owner.call)
        with self._lock:
            self._free.append(number)
        self.desk.settle(claim)
        self._news.set()
