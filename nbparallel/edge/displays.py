"""Show something in a cell, and replace it later, as far as the kernel can do that.

Relied upon: IPython's `display` with a ``display_id``, and ``register_hook`` of its
publisher, which tells what would be sent. A kernel without such hooks is believed to
send the right thing.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextvars import copy_context
from typing import Any, Final

from nbparallel.edge.kernel import per_kernel

_NONE: Final[Mapping[str, Any]] = {}


def show(bundle: dict[str, Any]) -> Any:
    """Display *bundle* in the current cell; ``update`` of the answer replaces it."""
    from IPython.display import display

    return display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]


def publish(
    data: Mapping[str, Any],
    metadata: Mapping[str, Any] = _NONE,
    transient: Mapping[str, Any] = _NONE,
) -> None:
    """Display in the current cell what has been formatted already."""
    from IPython.display import publish_display_data

    # By keyword, and only if there is one: some publishers know no transient data.
    more = {"transient": transient} if transient else {}
    publish_display_data(data, metadata, **more)  # type: ignore[no-untyped-call]


def replaceable() -> bool:
    """Whether a display can be replaced here.

    async-kernel up to 0.23.1 sends its updates under a name that no front end knows.
    """
    return per_kernel("replaceable", _replaces) is not False


def comms_work(widget: Any) -> bool:
    """Whether a front end hears of *widget*: kernels without comms give it a dummy.

    xeus-python 0.19 has a ``comm`` of its own that knows no dummies: not relied on.
    """
    import comm

    dummy = getattr(comm, "DummyComm", None)
    return dummy is not None and not isinstance(widget.comm, dummy)


class Later:
    """A place in the current cell for what will be shown once, in its final form."""

    def __init__(self) -> None:
        self._context = copy_context()
        self._shown = False

    def update(self, bundle: dict[str, Any], *, raw: bool) -> None:  # noqa: ARG002 # as the handles of IPython
        """Show *bundle*, unless something has been shown."""
        if not self._shown:
            self._shown = True
            self._context.copy().run(show, bundle)


def _replaces(kernel: Any) -> bool:
    """Look at the name by which an update would go; nothing is sent."""
    publisher = kernel.shell.display_pub
    mine = uuid.uuid4().hex
    kinds = []

    def look(message: Any) -> Any:
        if message["content"].get("transient", {}).get("display_id") != mine:
            return message  # of another thread
        kinds.append(message["header"]["msg_type"])
        return None

    publisher.register_hook(look)
    try:
        publisher.publish({}, transient={"display_id": mine}, update=True)
    finally:
        publisher.unregister_hook(look)
    return "update_display_data" in kinds
