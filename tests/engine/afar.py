"""Worker processes whose tasks share objects with the tests that start them.

What is sent to a worker process is a `Courier`. It is begun there, streamed, given back
and killed as any task is; only what the test's function does, it has a thread of this
process do, and waits for what comes of it. That thread sees the scope of the task over
there: it looks at the same page.

    driver ──piece──▶ worker process: Courier ──call──▶ thread over here: the function
       ▲◀───page─────                         ◀─answer──
"""

from __future__ import annotations

import atexit
import os
import pickle
import socket
import sys
import tempfile
import threading
from contextlib import suppress
from contextvars import Context
from itertools import count
from pathlib import Path
from threading import get_ident
from types import SimpleNamespace
from weakref import WeakValueDictionary

from nbparallel.errors import without_the_call
from nbparallel.options import defaults
from nbparallel.workers.packing import NOTHING, Packed, pack
from nbparallel.workers.printed import Printed, printing
from nbparallel.workers.processes import Processes
from nbparallel.workers.processes.channel import Channel
from nbparallel.workers.processes.piece import Halt
from nbparallel.workers.scope import Scope, current

#: From over there: who is calling, and a call.
HELLO, CALL = range(2)
#: From here: what the function has printed, returned and raised.
TEXT, VALUE, ERROR = range(3)
#: The word that they go under, and where they live, as in `nbparallel.kinds.KINDS`.
AFAR = {"processes": f"{__name__}:Afar"}
#: What is sent as it is; all else that tasks return stays here.
PLAIN = (bool, bytes, float, int, str, type(None))


class Afar(Processes):
    """The worker processes, to which couriers are sent."""

    def prepare(self, call):
        """Note *call*, which stays here."""
        self.call = call
        number = next(_numbers)
        _callers[number] = self
        super().prepare(Courier(_address(), number))

    def task_of(self, pid, line):
        """Return the task that a process carries out; None if it has just died."""
        for claim, driver in list(self._busy.items()):
            if driver.process.number == pid:
                return Task(line, claim.items, Halt(driver.process.page))
        return None


# -- Over there -----------------------------------------------------------------------


class Courier:
    """Has the function with that *number* called where *address* leads."""

    def __init__(self, address, number):
        self.address, self.number = address, number

    def __call__(self, item):
        try:
            kind, data = self._answer_to(item)
        except BaseException:  # the task is struck: nobody is to read its answer
            _leave(self.address)
            raise
        if kind == ERROR:
            raise KeptError(pickle.loads(data))
        return pickle.loads(data)

    def _answer_to(self, item):
        line = _line(self.address)
        line.send(CALL, pack((self.number, item)))
        while True:
            kind, _, data, _ = line.receive()
            if kind != TEXT:
                return kind, data
            sys.stdout.write(pickle.loads(data))


_lines = {}


def _leave(address):
    if address in _lines:
        _lines.pop(address)[1].close()


def _line(address):
    if address not in _lines:
        end = socket.socket(socket.AF_UNIX)
        end.connect(address)
        atexit.register(end.close)
        _lines[address] = Channel(end), end
        _lines[address][0].send(HELLO, NOTHING, os.getpid())
    return _lines[address][0]


# -- Over here ------------------------------------------------------------------------

#: The tasks whose function is being called; it goes on though their process is killed.
going = set()

_numbers = count()
_callers = WeakValueDictionary()
_lock = threading.Lock()
_listening = []


def _address():
    """Return where couriers find this process."""
    with _lock:
        if not _listening:
            folder = tempfile.mkdtemp(prefix="nbparallel-afar-")
            address, ear = str(Path(folder, "ear")), socket.socket(socket.AF_UNIX)
            ear.bind(address)
            ear.listen(64)
            threading.Thread(target=_listen, args=(ear,), daemon=True).start()
            _listening.append(address)
        return _listening[0]


def _listen(ear):
    while True:
        end, _ = ear.accept()
        threading.Thread(target=_serve, args=(end,), name="afar", daemon=True).start()


def _serve(end):
    """Call what one worker process asks for, until that is gone."""
    line, pid = Channel(end), 0
    with end, suppress(EOFError, OSError):
        while True:
            kind, number, data, buffers = line.receive()
            if kind == HELLO:
                pid = number
                continue
            number, item = pickle.loads(data, buffers=buffers)
            _call(_callers.get(number), item, pid, line, end)
            del item


def _call(caller, item, pid, line, end):
    task = caller and caller.task_of(pid, line)
    if task is None or _is_gone(end):
        return
    call = caller.call
    del caller
    going.add(task)
    try:
        Context().run(_answer, call, item, task)
    finally:
        going.discard(task)


def _is_gone(end):
    """Whether the process has been killed: what it was about to begin never begins."""
    with suppress(BlockingIOError):
        return not end.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    return False


def _answer(call, item, task):
    """Call, as a worker process would, and tell what comes of it."""
    current.set(Scope(task.claim))
    printing.set(task)
    try:
        with defaults(backend="inline", progress=False):
            value = call(item)
    except BaseException as error:
        kind, told = ERROR, _keep(without_the_call(error))
    else:
        kind, told = VALUE, value if _is_plain(value) else Kept(_keep(value))
    task.line_ended()
    task.line.send(kind, Packed(pickle.dumps(told), []))


class Task(Printed):
    """A task over there, as its function sees it: its scope, and where it prints."""

    __slots__ = ("claim", "line")

    def __init__(self, line, items, halt):
        super().__init__(0, (), id, echoes=False)
        self.line = line
        self.claim = SimpleNamespace(
            owner=None, halt=halt, thread=get_ident(), items=items, worker=0
        )

    def line_ended(self):
        text = "".join(self.pieces)
        self.pieces.clear()
        if text:
            self.line.send(TEXT, Packed(pickle.dumps(text), []))

    def switch(self, through):
        self.through = through


# -- What stays here ------------------------------------------------------------------

_kept = {}


def _keep(value):
    number = next(_numbers)
    _kept[number] = value
    return number


def _is_plain(value):
    if type(value) in (list, tuple):
        return all(map(_is_plain, value))
    return type(value) in PLAIN


class Kept:
    """Stands for a value over there, and is that value when it comes home."""

    def __init__(self, number):
        self.number = number

    def __reduce__(self):
        return _fetch, (type(self), self.number)


class KeptError(Kept, BaseException):
    """Stands for what a function has raised."""


def _fetch(kind, number):
    return _kept.pop(number) if number in _kept else kind(number)
