"""Drive a real kernel as a front end does.

Everything waits for a message, with a deadline; nothing sleeps.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty
from typing import Any

from jupyter_client import KernelManager
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.session import Session

from tests.support.kernels import KERNELSPECS, install

Message = dict[str, Any]


@dataclass
class Outcome:
    """What one executed cell came to."""

    reply: Message
    outputs: list[Message] = field(default_factory=list)

    @property
    def status(self) -> str:
        return self.reply["content"]["status"]

    @property
    def error(self) -> str | None:
        return self.reply["content"].get("ename")

    @property
    def text(self) -> str:
        return "".join(text_of(message) for message in self.outputs)


class Kernel:
    """One running kernel, and everything it has said on iopub so far.

    With *subshells* it is sent the messages of widgets as JupyterLab sends them from
    version 4.4 on; without, as any other front end does.
    """

    def __init__(
        self, version: str, directory: str, *, subshells: bool = False
    ) -> None:
        self.version = version
        self._subshells = subshells
        # Its ports are chosen here and bound there; in between anybody may take one.
        for tries_left in (2, 1, 0):
            self._start(directory)
            try:
                self._connect()
                break
            except RuntimeError:
                if self.manager.is_alive() or not tries_left:
                    raise
                self.stop()

    def _start(self, directory: str) -> None:
        specs = KernelSpecManager(kernel_dirs=[str(KERNELSPECS)])
        self.manager = KernelManager(
            kernel_name=install(self.version),
            kernel_spec_manager=specs,
            connection_file=f"{directory}/kernel-{time.monotonic_ns()}.json",
        )
        self.manager.start_kernel(cwd=directory)

    def _connect(self) -> None:
        self.said: list[Message] = []
        self._replies: dict[str, Message] = {}
        self.client = self.manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=30)
        self.subshell = self._create_subshell() if self._subshells else None

    def stop(self) -> None:
        self.client.stop_channels()
        self.manager.shutdown_kernel(now=True)
        self.manager.cleanup_resources()

    def restart(self, *, now: bool = True) -> None:
        """Start it anew, once it has been killed or, if not *now*, asked to end."""
        self.client.stop_channels()
        self.manager.restart_kernel(now=now)
        self._connect()

    def is_well(self) -> bool:
        """Whether the kernel executes a cell, be it the one after a failed test."""
        try:
            return self.run("", timeout=5).status == "ok"
        except TimeoutError:
            return False

    def interrupt(self) -> None:
        """Do what the toolbar's stop button does."""
        self.manager.interrupt_kernel()

    def execute(
        self, code: str, metadata: dict[str, Any] | None = None, **options: Any
    ) -> str:
        """Queue a cell, and tell of it as notebooks do; return its message id."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {},
            "allow_stdin": True,
            "stop_on_error": True,
            **options,
        }
        if metadata is None:
            metadata = {"cellId": str(uuid.uuid4())}
        return self.ask("execute_request", content, metadata=metadata)

    def run(self, code: str, timeout: float = 20) -> Outcome:
        """Execute a cell to its end."""
        return self.outcome(self.execute(code), timeout)

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression of literals."""
        reply = self.client.execute("", user_expressions={"value": expression})
        value = self.reply(reply)["content"]["user_expressions"]["value"]
        assert value["status"] == "ok", value
        return eval(value["data"]["text/plain"])

    def outcome(self, cell: str, timeout: float = 20) -> Outcome:
        """Wait for the end of a queued cell."""
        reply = self.reply(cell, timeout)
        self.wait_idle(cell, timeout)
        return Outcome(reply, self._said_in(cell))

    def reply(self, request: str, timeout: float = 20) -> Message:
        """Wait for the reply to a request on the shell channel."""
        deadline = time.monotonic() + timeout
        while request not in self._replies:
            message = self._next(self.client.get_shell_msg, deadline)
            self._replies[parent_of(message)] = message
        return self._replies[request]

    def wait_idle(self, request: str, timeout: float = 20) -> None:
        """Wait until the kernel says that it is done with a request."""
        self.wait_for(lambda said: state_of(said) == (request, "idle"), timeout)

    def wait_for_text(self, cell: str, text: str) -> None:
        """Wait until a cell has printed this text, in however many messages."""
        self.wait_for(lambda said: parent_of(said) == cell and text in self._text(cell))

    def wait_for(
        self, wanted: Callable[[Message], bool], timeout: float = 20
    ) -> Message:
        """Wait for an iopub message, among those that came and those to come."""
        deadline = time.monotonic() + timeout
        for message in self.said:
            if wanted(message):
                return message
        while True:
            message = self._next(self.client.get_iopub_msg, deadline)
            self.said.append(message)
            if wanted(message):
                return message

    def answer_input(self, text: str) -> str:
        """Wait until the kernel asks for input, answer; return its prompt."""
        request = self._next(self.client.get_stdin_msg, time.monotonic() + 20)
        self.client.input(text)
        return request["content"]["prompt"]

    def ask(self, kind: str, content: Message, **more: Message) -> str:
        """Send a request on the shell channel; return its message id."""
        message = self.message(kind, content, **more)
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def message(self, kind: str, content: Message, **more: Message) -> Message:
        """Return a message to send, named as this front end does."""
        return self.client.session.msg(kind, content, **more)

    def send_comm(self, comm: str, data: Message) -> str:
        """Send the message of a widget."""
        message = self.message("comm_msg", {"comm_id": comm, "data": data})
        if self.subshell is not None:
            message["header"]["subshell_id"] = self.subshell
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def click(self, comm: str) -> str:
        """Click the button of this comm."""
        click = {"method": "custom", "content": {"event": "click"}}
        return self.send_comm(comm, click)

    def forge(self, kind: str, content: Message) -> None:
        """Send a message that is signed with a wrong key."""
        forger = Session(key=b"not the key of this kernel")
        forger.send(self.client.shell_channel.socket, kind, content)

    def _create_subshell(self) -> str:
        message = self.client.session.msg("create_subshell_request", {})
        self.client.control_channel.send(message)
        reply = self._next(self.client.get_control_msg, time.monotonic() + 20)
        return reply["content"]["subshell_id"]

    def _said_in(self, cell: str) -> list[Message]:
        return [said for said in self.said if parent_of(said) == cell]

    def _text(self, cell: str) -> str:
        return "".join(map(text_of, self._said_in(cell)))

    def _next(self, receive: Callable[..., Message], deadline: float) -> Message:
        try:
            return receive(timeout=max(0, deadline - time.monotonic()))
        except Empty:
            message = f"ipykernel {self.version} kept silent: {self._recent()}"
            raise TimeoutError(message) from None

    def _recent(self) -> str:
        return "; ".join(f"{m['msg_type']} {m['content']}" for m in self.said[-5:])


def parent_of(message: Message) -> str:
    """The id of the request that a message belongs to."""
    return message["parent_header"].get("msg_id", "")


def state_of(message: Message) -> tuple[str, str] | None:
    """The request and the state, if this tells of the start or end of a request."""
    if message["msg_type"] != "status":
        return None
    return parent_of(message), message["content"]["execution_state"]


def text_of(message: Message) -> str:
    """What was printed, shown as plain text, or raised."""
    content = message["content"]
    if message["msg_type"] == "error":
        return f"{content['ename']}: {content['evalue']}"
    data = content.get("data")
    shown = data.get("text/plain", "") if isinstance(data, dict) else ""
    return content.get("text", shown)
