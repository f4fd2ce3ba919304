"""One worker process, as its parent sees it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from multiprocessing import spawn

from nbparallel.errors import WorkerDied
from nbparallel.workers.packing import NOTHING, Packed
from nbparallel.workers.processes.channel import Channel
from nbparallel.workers.processes.page import Page, new_file
from nbparallel.workers.processes.piece import FORGET, RUN, SURROUNDINGS
from nbparallel.workers.processes.surroundings import variables
from nbparallel.workers.processes.telling import READY

#: What starts it. It needs the modules that its parent finds.
_SCRIPT = (
    "import sys; sys.path[:] = {path!r}; "
    "from nbparallel.worker_process import main; main()"
)
#: What ends a task in it and leaves it alive.
STRIKE = signal.SIGUSR1
#: Seconds to wait for the system to tell how a process ended.
_PATIENCE = 5.0

#: The ends of pipes that no other process may have: where one closes, a worker ends.
_lifelines: set[int] = set()


class WorkerProcess:
    """A process that carries out pieces; used by one thread at a time, but for `kill`.

    Attributes
    ----------
    channel
        What is said to it and what it answers.
    page
        The memory that it shares.
    killed
        Whether it was ended with `kill`.
    """

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        file = new_file()
        lifeline, keep = os.pipe()
        _lifelines.add(keep)
        self._keep = keep
        self.killed = False
        self.page = Page(file)
        self.channel = Channel(ours)
        self._call: Packed | None = None
        numbers = (theirs.fileno(), file, lifeline)
        flags = subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined] # noqa: SLF001 # multiprocessing takes it as well
        command = [
            os.fsdecode(spawn.get_executable() or sys.executable),
            *flags,
            "-c",
            _SCRIPT.format(path=sys.path),
            *map(str, numbers),
        ]
        try:
            self._process = subprocess.Popen(  # noqa: S603 # it is our own
                command,
                env=variables(),
                pass_fds=numbers,
                stdin=subprocess.DEVNULL,
                process_group=0,  # a terminal's Ctrl-C is its parent's
            )
        finally:
            theirs.close()
            os.close(file)
            os.close(lifeline)

    @property
    def number(self) -> int:
        """The number that the system has given it."""
        return self._process.pid

    def is_alive(self) -> bool:
        """Whether it has not ended yet, and is not about to."""
        return not self.killed and self._process.poll() is None

    def check(self) -> None:
        """See whether it has ended though nothing says so; call it now and then.

        What a task has forked may hold its end of the connection for ever.

        Raises
        ------
        EOFError
            It has died, and all that it had sent has been received.
        """
        if self._process.poll() is not None and not self.channel.is_ready(0):
            raise EOFError

    def learn(self, call: Packed, surroundings: Packed) -> bool:
        """Have it load what is to be called; False if it knows too old a module.

        Raises
        ------
        EOFError, OSError
            It has died.
        """
        if self._call is call:
            return True
        self.channel.send(SURROUNDINGS, surroundings)
        self.channel.send(RUN, call)
        kind, *_ = self.channel.receive()
        self._call = call
        return kind == READY

    def forget(self) -> None:
        """Have it let go of what it was to call, and of the arrays that it uses."""
        self._call = None
        with suppress(OSError):
            self.channel.send(FORGET, NOTHING)

    def strike(self) -> None:
        """Have it end what it is doing, if that is a task, and is in Python."""
        with suppress(OSError):
            if self._process.poll() is None:
                os.kill(self.number, STRIKE)

    def kill(self) -> None:
        """End it at once, whatever it is doing, and the programs that it has started.

        May be called from any thread.
        """
        self.killed = True
        with suppress(OSError):
            if self._process.poll() is None:
                os.killpg(self.number, signal.SIGKILL)

    def close(self) -> None:
        """Let it go: it leaves once it has nothing to do."""
        self.channel.close()
        self._drop_the_lifeline()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)

    def death(self) -> WorkerDied:
        """Return what tells how it ended, once it has."""
        try:
            code: int | None = self._process.wait(_PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            code = None
        self.channel.close()
        self._drop_the_lifeline()
        return WorkerDied(f"worker process {self.number} {_how(code)}")

    def _drop_the_lifeline(self) -> None:
        if self._keep in _lifelines:
            _lifelines.discard(self._keep)
            os.close(self._keep)


def _how(code: int | None) -> str:
    if code is None:
        return "closed its connection"
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "signal"
    hint = ": perhaps the system was out of memory" if -code == signal.SIGKILL else ""
    return f"was killed by {name} ({-code}){hint}"


def _in_a_child() -> None:
    """Let go of the workers in a forked child: they are the parent's."""
    while _lifelines:
        with suppress(OSError):
            os.close(_lifelines.pop())


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_a_child)
