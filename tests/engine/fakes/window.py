"""A window of futures of somebody's executor, refilled as they end."""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future

from nbparallel.workers.base import Backend
from nbparallel.workers.carry_out import carry_out


class Window(Backend):
    """Submit a batch per free place; each that ends settles its claim and frees one.

    The executor starts a thread per batch, and has no idea of claims.
    """

    def __init__(self, desk, workers):
        super().__init__(desk, workers)
        self._places = threading.Semaphore(workers)
        self._numbers = list(range(min(workers, 1000)))
        self._feeding = False
        self._lock = threading.Lock()

    @classmethod
    def default_workers(cls):
        return (os.cpu_count() or 1) + 2

    def start(self, tasks):  # noqa: ARG002 # it has as many as it likes
        with self._lock:
            if not self._feeding:
                self._feeding = True
                self._thread(self._feed, "nbparallel-feeder")

    def _feed(self):
        while True:
            self._places.acquire()
            with self._lock:
                number = self._numbers.pop(0)
            claim = self.desk.claim(number)
            if claim is None:
                self._free(number)
                with self._lock:
                    self._feeding = False
                if self.desk.members:  # a run has begun on the way out
                    self.start(None)
                return
            self._submit(claim, number)

    def _settle(self, claim, number):
        self._free(number)
        self.desk.settle(claim)

    def _free(self, number):
        with self._lock:
            self._numbers.append(number)
        self._places.release()

    def _submit(self, claim, number):
        future = Future()
        future.add_done_callback(lambda _: self._settle(claim, number))

        def run():
            carry_out(claim, claim.owner.call)
            future.set_result(None)

        self._thread(run, "nbparallel-0")

    def _thread(self, target, name):
        threading.Thread(target=target, name=name, daemon=True).start()
