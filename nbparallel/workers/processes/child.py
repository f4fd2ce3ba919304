"""What a worker process does: it carries out pieces of runs until its parent is gone.

It has one thread. Everything its parent wants to tell it in the middle of a task is on
the page that they share.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from nbparallel.errors import Abandoned
from nbparallel.workers.carry_out import carry_out
from nbparallel.workers.packing import NOTHING, unpacked
from nbparallel.workers.processes.channel import Channel
from nbparallel.workers.processes.page import Page
from nbparallel.workers.processes.piece import (
    FORGET,
    PIECE,
    RUN,
    SURROUNDINGS,
    Apart,
    Piece,
    Refused,
    Remote,
)
from nbparallel.workers.processes.process import STRIKE
from nbparallel.workers.processes.surroundings import move_to
from nbparallel.workers.processes.telling import (
    DONE,
    READY,
    STALE,
    UNREADABLE,
)
from nbparallel.workers.raising import is_delicate, is_within

#: The modules that were there when that was last asked, and the files of the user's.
_known: set[str] = set()
_own: list[Path] = []


def serve(end: int, page: int, lifeline: int, capture: Callable[[Any], object]) -> None:
    """Work until the parent lets go of the other *end*.

    Parameters
    ----------
    end, page, lifeline
        The descriptors of a socket, of the shared memory, and of a pipe whose other end
        nobody but the parent has.
    capture
        Called with each run; what its tasks print is kept from then on.
    """
    for each in (end, page, lifeline):
        os.set_inheritable(each, False)  # noqa: FBT003 # programs of tasks get none
    die_with_the_parent(lifeline)
    signal.signal(STRIKE, _strike)
    with socket.socket(fileno=end) as ours:
        _serve(Channel(ours), Page(page), capture)


def _serve(channel: Channel, shared: Page, capture: Callable[[Any], object]) -> None:
    checked = time.time()
    remote = Remote(None, copy_context())
    while True:
        try:
            kind, number, data, buffers = channel.receive()
        except EOFError:
            return
        if kind == SURROUNDINGS:
            move_to(unpacked(data, buffers))
        elif kind == RUN:
            if _newest_module() > checked:
                channel.send(STALE, NOTHING)
                return
            checked = time.time()
            remote = Remote(_loaded(data, buffers), copy_context())
            capture(remote)
            channel.send(READY, NOTHING)
        elif kind == FORGET:
            remote = Remote(None, copy_context())
            capture(remote)
        elif kind == PIECE:
            try:
                items = unpacked(data, buffers)
            except BaseException:  # whatever the code of an item does
                channel.send(UNREADABLE, NOTHING)
                continue
            _carry_out(Piece(remote, items, shared, channel), apart=bool(number))
            del items
            channel.send(DONE, NOTHING)


def die_with_the_parent(lifeline: int) -> None:
    """Have the system end this process with its parent, whatever it is doing then.

    Where the other end of the pipe closes, it sends SIGIO, which nobody handles. So no
    code of ours has to run, as it could not within a call that keeps the interpreter.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # its parent decides what is cancelled
    fcntl.fcntl(lifeline, fcntl.F_SETOWN, os.getpid())
    flags = fcntl.fcntl(lifeline, fcntl.F_GETFL)
    fcntl.fcntl(lifeline, fcntl.F_SETFL, flags | os.O_ASYNC)
    gone = select.poll()
    gone.register(lifeline, select.POLLIN)
    if gone.poll(0):
        os._exit(1)  # it was gone before


def _strike(_number: int, frame: FrameType | None) -> None:
    """End the running task, unless the signal has come between two, or in our code."""
    loop = carry_out.__code__
    if frame and frame.f_code is not loop and is_within(frame, (loop,), is_delicate):
        raise Abandoned


def _loaded(data: bytes, buffers: list[memoryview]) -> Callable[[Any], Any]:
    try:
        found: Callable[[Any], Any] = unpacked(data, buffers)
    except BaseException as error:  # the user's modules may raise anything
        return _raising(error)
    return found


def _raising(error: BaseException) -> Callable[[Any], Any]:
    def call(_: Any) -> Any:
        message = f"the function can't be loaded in a worker process: {error!r}"
        raise RuntimeError(message) from error

    return call


def _carry_out(piece: Any, *, apart: bool) -> None:
    call = piece.owner.call
    carry_out(piece, partial(_on_its_own, call) if apart else call)
    piece.close()
    vars(piece).clear()  # its parts refer to it: it would stay, with the user's arrays


def _on_its_own(call: Callable[[Any], Any], item: Refused | Apart) -> Any:
    if isinstance(item, Refused):
        raise item.error
    return call(item.item())


def _newest_module() -> float:
    """Return when the newest of the user's own modules was changed, since 1970."""
    new = sys.modules.keys() - _known
    _known.update(new)
    _own.extend(filter(None, map(_own_file, new)))
    newest = 0.0
    for path in _own:
        with suppress(OSError):
            newest = max(newest, path.stat().st_mtime)
    return newest


def _own_file(module: str) -> Path | None:
    """Return its file, unless it is installed, or ours."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if module.partition(".")[0] == "nbparallel" or not isinstance(file, str):
        return None
    installed = (sys.prefix, sys.base_prefix, sys.exec_prefix)
    path = Path(file)
    return None if any(map(path.is_relative_to, installed)) else path
