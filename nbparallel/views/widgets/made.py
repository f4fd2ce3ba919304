"""How widgets are made, kept for a while, and closed."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any, Final

#: Ended panels whose widgets are kept for pages that see nothing else. A kernel never
#: forgets a widget by itself.
KEPT: Final = 200

#: The layout of what takes all the room that there is.
FILL: Final = {"flex": "1 1 auto", "width": "auto", "min_width": "0"}

#: What sends changes, while they are collected.
_held: ContextVar[list[ExitStack] | None] = ContextVar(
    "nbparallel_changes", default=None
)
_ended: deque[Any] = deque()
_ended_lock = threading.Lock()


def button(
    label: str,
    tooltip: str,
    on_click: Callable[[], None],
    *,
    like: Any = None,
    width: str = "6.5em",
) -> Any:
    """Return a button; *like* another one it costs half as much."""
    from ipywidgets import Button

    looks: dict[str, Any] = {
        "layout": {"width": "auto", "min_width": width, "flex": "0 0 auto"}
    }
    if like is not None:
        looks = {"layout": like.layout, "style": like.style}
    made = Button(description=label, tooltip=tooltip, **looks)
    made.on_click(lambda _button: on_click())
    return made


def change(widget: Any, **traits: Any) -> None:
    """Set what differs, in one message; nothing is sent if nothing does."""
    different = {name: v for name, v in traits.items() if getattr(widget, name) != v}
    if different:
        sending, held = ExitStack(), _held.get()
        sending.enter_context(widget.hold_sync())
        try:
            for name, value in different.items():
                setattr(widget, name, value)
        finally:
            if held is None:
                sending.close()
            else:
                held.append(sending)


@contextmanager
def together() -> Iterator[None]:
    """Send what is changed meanwhile in one go: the page is then drawn once, not twice.

    It is sent in the order of the changes. Who uses it holds the lock of the widgets.
    """
    held: list[ExitStack] = []
    before = _held.set(held)
    try:
        yield
    finally:
        _held.reset(before)
        with ExitStack() as sending:
            for each in reversed(held):  # the last in is the first out
                sending.push(each)


def close(widget: Any) -> None:
    """Close a widget and all that it is made of."""
    for child in getattr(widget, "children", ()):
        close(child)
    for part in ("layout", "style"):
        if widget.has_trait(part):
            getattr(widget, part).close()
    widget.close()


def let_go(root: Any) -> None:
    """Keep the widgets of an ended panel for a while; close the oldest of too many."""
    with _ended_lock:
        if root not in _ended:
            _ended.append(root)
        oldest = _ended.popleft() if len(_ended) > KEPT else None
    if oldest is not None:
        close(oldest)


def keep(root: Any) -> None:
    """Take widgets back that are needed again."""
    with _ended_lock:
        if root in _ended:
            _ended.remove(root)
