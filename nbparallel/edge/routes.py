"""Which messages of a front end the router takes, and in whose name.

Nothing here knows of kernels: messages are headers and contents, widgets are comms.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Iterable
from typing import Any

#: The kinds of message that may be ours; the content decides.
OF_INTEREST = frozenset(
    {"comm_msg", "comm_open", "kernel_info_request", "comm_info_request"}
)

#: Over a comm of this target a front end asks for the state of every widget.
_CONTROL_TARGET = "jupyter.widget.control"


class Registration:
    """The widgets that one caller has routed, from `Router.add` until `close`."""

    def __init__(self, routes: Routes) -> None:
        self.context = contextvars.copy_context()
        self.closed = False
        self._routes = routes

    def add(self, *widgets: Any) -> None:
        """Route more widgets, with all they are made of; nothing once closed."""
        self._routes.add(self, _comm_ids(widgets))

    def close(self) -> None:
        """Hand the widgets back to the kernel, but for those others have routed too."""
        self._routes.remove(self)


class Routes:
    """Who has registered which comm; written under a lock, read without one."""

    def __init__(self) -> None:
        self._writing = threading.Lock()
        self._table: dict[str, tuple[Registration, ...]] = {}
        self._control: set[str] = set()
        self._latest: Registration | None = None

    def __bool__(self) -> bool:
        return bool(self._table)

    def add(self, registration: Registration, comm_ids: Iterable[str]) -> None:
        """Note that these comms are routed for this registration, unless closed."""
        with self._writing:
            if registration.closed:
                return
            self._latest = registration
            for comm_id in comm_ids:
                others = self._table.get(comm_id, ())
                if registration not in others:
                    self._table[comm_id] = (*others, registration)

    def remove(self, registration: Registration) -> None:
        """Close the registration: forget all that is routed for it alone."""
        with self._writing:
            registration.closed = True
            for comm_id, owners in list(self._table.items()):
                rest = tuple(owner for owner in owners if owner is not registration)
                if rest:
                    self._table[comm_id] = rest
                else:
                    del self._table[comm_id]

    def claimant(self, header: Any, content: Any) -> Registration | None:
        """Return in whose name to handle a message; None if it is not ours."""
        kind, comm_id = header["msg_type"], content.get("comm_id")
        owners = self._table.get(comm_id) if kind == "comm_msg" else None
        if owners:
            return owners[-1]
        if kind == "comm_open" and content.get("target_name") == _CONTROL_TARGET:
            self._control.add(comm_id)
        if kind in {"comm_msg", "comm_open"}:
            ours = comm_id in self._control
        else:
            ours = not header.get("subshell_id")  # a subshell answers by itself
        return self._latest if ours else None


def _comm_ids(widgets: Iterable[Any]) -> set[str]:
    """Return the comms of these widgets, their children, layouts and styles."""
    from ipywidgets import Widget

    found: set[str] = set()
    waiting = list(widgets)
    while waiting:
        value = waiting.pop()
        if isinstance(value, (list, tuple)):
            waiting.extend(value)
        elif isinstance(value, Widget) and value.comm and value.model_id not in found:
            found.add(value.model_id)
            waiting.extend(getattr(value, key, None) for key in value.keys)
    return found
