"""Deliver the messages of our own widgets while a cell blocks the kernel.

A kernel handles a click after the running cell, which is too late for a Cancel button.
The router stands in front of the kernel's shell channel and takes out what is ours::

    front end --> shell stream --> Router --> the kernel, untouched and in order
                                     |
                                     +--> "nbparallel-widgets" thread --> callbacks

Guarantees

* Every message that is not ours reaches the kernel as it came, when it came. While no
  registration is open, that is every message.
* Ours are the ``comm_msg`` of registered widgets and, so that a page reloaded during
  a run finds its widgets again, the questions a front end asks on connecting.
* A callback runs in a thread of ours, one at a time, in a copy of the context of
  whoever registered the widget: what it shows goes to that caller's cell.

This is the one file that knows the insides of ipykernel (6.17 to 7.4). A `Router`
touches everything it needs while it is made, so that another kernel is told at once.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import queue
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from nbparallel.edge.arrivals import asked_at
from nbparallel.edge.kernel import per_kernel
from nbparallel.edge.routes import OF_INTEREST, Registration, Routes

_log = logging.getLogger(__name__)


def router() -> Router | None:
    """Return the router of this kernel, installed by the first call; never raises.

    None means that no click is heard while a cell blocks: in a terminal, in a plain
    interpreter, in a kernel whose internals are not those of ipykernel.
    """
    return per_kernel("router", Router)


class Router:
    """The first reader of a kernel's shell channel. See `router`.

    Attributes
    ----------
    needs_pump
        Whether the main thread must call `pump` every 50 ms while it blocks: true of
        ipykernel 6, which reads its channel in the main thread only.
    """

    def __init__(self, kernel: Any) -> None:
        self.needs_pump: bool = getattr(kernel, "shell_channel_thread", None) is None
        self._session = kernel.session
        self._stream = kernel.shell_stream
        self._host = _Host(kernel)
        self._routes = Routes()
        self._requests: queue.SimpleQueue[_Request] = queue.SimpleQueue()
        self._to_kernel = self._stream._recv_callback  # noqa: SLF001 (no public getter)
        self._noticed: float | None = None
        self._copy: bool = self._stream._recv_copy  # noqa: SLF001
        self._start_thread()
        # The stream's own thread may be blocked, so its on_recv() cannot be called
        # there; an attribute can be set from any thread, and it is receiving already.
        self._receive = self._stream._handle_recv  # noqa: SLF001
        self._stream._handle_recv = self._read  # noqa: SLF001
        self._stream._recv_callback = self._on_recv  # noqa: SLF001

    def add(self, *widgets: Any) -> Registration:
        """Route these widgets and all they are made of until the answer is closed."""
        registration = Registration(self._routes)
        registration.add(*widgets)
        return registration

    def pump(self) -> None:
        """Read the channel here and now; does nothing unless it is needed."""
        if not self.needs_pump or not _in_main_thread():
            return
        import zmq

        # Asking is cheap; a look into the channel gives up the turn, each time.
        if self._stream.socket.EVENTS & zmq.POLLIN:
            self._noticed = perf_counter()
            self._stream.flush(zmq.POLLIN)
        self._host.send_replies()
        self._stream.flush(zmq.POLLOUT)

    def _read(self) -> None:
        """Have a message read, and note when: that takes a turn for each part of it."""
        self._noticed = self._noticed or perf_counter()
        try:
            self._receive()
        finally:
            self._noticed = None

    def _on_recv(self, frames: Sequence[Any]) -> Any:
        """Take a message or pass it on; runs in whichever thread reads the channel."""
        arrived = self._noticed or perf_counter()
        request = None
        if self._routes:
            # A forged or broken message is the kernel's: it reports what is wrong.
            with contextlib.suppress(Exception):
                request = self._take(frames, arrived)
        if request is None:
            return self._to_kernel(
                frames
            )  # on ipykernel 7 an awaitable, for the stream
        self._requests.put(request)
        return None

    def _take(self, frames: Sequence[Any], arrived: float) -> _Request | None:
        """Return the message if it is ours; its signature has been checked."""
        idents, parts = self._session.feed_identities(frames, copy=self._copy)
        # Reading with content puts the signature on record, and the kernel would then
        # refuse the message as a repetition: look without, and only then take.
        peek = self._session.deserialize(parts, content=False, copy=self._copy)
        header = peek["header"]
        if header["msg_type"] not in OF_INTEREST:
            return None
        content = self._session.unpack(peek["content"])
        registration = self._routes.claimant(header, content)
        if registration is None:
            return None
        message = self._session.deserialize(parts, content=True, copy=self._copy)
        return _Request(message, idents, registration.context.copy(), arrived)

    def _start_thread(self) -> None:
        thread: Any = threading.Thread(
            target=self._serve, name="nbparallel-widgets", daemon=True
        )
        # A visual debugger that halts every thread must not halt the Cancel button.
        thread.pydev_do_not_trace = thread.is_pydev_daemon_thread = True
        thread.start()

    def _serve(self) -> None:
        while True:
            request = self._requests.get()
            # A front end sends no second change of a widget before it has seen "idle".
            with _logged():
                self._host.publish("busy", request)
            with _logged(), asked_at(request.arrived):
                request.context.run(self._host.handle, request)
            with _logged():
                self._host.publish("idle", request)


@dataclass(frozen=True, slots=True)
class _Request:
    """A message taken off the channel, when, and the context to handle it in."""

    message: Any
    idents: list[bytes]
    context: contextvars.Context
    arrived: float

    @property
    def type(self) -> str:
        return str(self.message["msg_type"])


class _Host:
    """What a kernel does with messages of the kinds that the router takes."""

    def __init__(self, kernel: Any) -> None:
        self._session = kernel.session
        self._stream = kernel.shell_stream
        self._iopub = kernel.iopub_socket
        self._comms = kernel.comm_manager
        self._information = type(kernel).kernel_info.fget(_WithPlainBanner(kernel))
        self._topic: bytes = kernel._topic("status")  # noqa: SLF001 (no public form)
        self._replies: deque[list[bytes]] = deque()

    def publish(self, state: str, request: _Request) -> None:
        """Tell every front end that the request is being handled, or has been."""
        content = {"execution_state": state}
        self._session.send(
            self._iopub, "status", content, parent=request.message, ident=self._topic
        )

    def handle(self, request: _Request) -> None:
        """Do what the request asks for."""
        if request.type == "kernel_info_request":
            self._reply(request, "kernel_info_reply", self._information)
        elif request.type == "comm_info_request":
            target = request.message["content"].get("target_name")
            self._reply(request, "comm_info_reply", {"comms": self._open_comms(target)})
        elif request.type == "comm_open":
            self._comms.comm_open(None, request.idents, request.message)
        else:
            self._call_back(request.message)

    def _open_comms(self, target: str | None) -> dict[str, dict[str, str]]:
        return {
            comm_id: {"target_name": comm.target_name}
            for comm_id, comm in list(self._comms.comms.items())
            if not target or comm.target_name == target
        }

    def _call_back(self, message: Any) -> None:
        comm = self._comms.comms.get(message["content"]["comm_id"])
        # Not comm.handle_msg(): that fires the events of a cell's start and end here.
        callback = getattr(comm, "_msg_callback", None)
        if callback is not None:
            callback(message)

    def _reply(self, request: _Request, kind: str, content: dict[str, Any]) -> None:
        content = {"status": "ok", **content}
        self._session.send(self, kind, content, request.message, request.idents)

    def send_multipart(self, parts: Iterable[Any], **_: Any) -> None:
        """Stand in for the shell channel, which one thread only may use."""
        self._replies.append([bytes(part) for part in parts])
        self._stream.io_loop.add_callback(self.send_replies)

    def send_replies(self) -> None:
        """Send what waits; only in the thread that reads the channel."""
        while self._replies:
            self._stream.send_multipart(self._replies.popleft())


class _WithPlainBanner:
    """A kernel, but for its banner: IPython draws a tip for that with `random`.

    The user may have seeded it: nobody but the user draws from it.
    """

    def __init__(self, kernel: Any) -> None:
        self._kernel = kernel
        self.banner = kernel.shell.banner1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kernel, name)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()


@contextlib.contextmanager
def _logged() -> Iterator[None]:
    """Log whatever is raised: a callback may raise anything, and the next must run."""
    try:
        yield
    except BaseException:
        _log.exception("a widget message could not be handled")
