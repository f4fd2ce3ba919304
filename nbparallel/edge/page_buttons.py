"""Buttons in the pages that a notebook keeps, heard as long as the kernel lives.

A widget would stay in the file as a dead one. The page has buttons that nobody sees,
and one widget of the kernel without a view, which is in no output and so in no file,
shows them and hears them::

    page_buttons.js, once per browser page       PageButtons, once per kernel
      {"ready"}                            -->
                                           <--     {"offered": names of runs}
      {"run": name, "act": value}          -->     offer(name, on_click)
                                           <--     {"run": name, "page": HTML}

Nothing is shown before the kernel has answered: not without a kernel, not after its
restart, not where the front end lacks anywidget's part. Such pages say what to write.
"""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from nbparallel import daemons
from nbparallel.edge.kernel import made, per_kernel

#: How many runs have buttons: those that ended last.
OFFERED: Final = 200


def page_buttons() -> PageButtons | None:
    """Return this kernel's page buttons if they have been made."""
    found: PageButtons | None = made("page_buttons")
    return found


def with_page_buttons(call: Callable[[PageButtons], None]) -> None:
    """Call *call* with this kernel's page buttons: now, or when they have been made.

    To make them takes long where tasks keep the interpreter busy: nobody waits for it.
    It is not called where there can be none: outside of a kernel, without anywidget,
    and in Colab, where each output is a page of its own, and another manager of widgets
    would replace the user's.
    """
    if (found := page_buttons()) is not None:
        call(found)
    elif "google.colab" not in sys.modules:
        daemons.start("nbparallel-page", copy_context().run, _make, call)


def _make(call: Callable[[PageButtons], None]) -> None:
    with suppress(ImportError):  # here, for others wait for what `per_kernel` makes
        import_module("anywidget")
    found = per_kernel("page_buttons", lambda _kernel: PageButtons())
    if found is not None:
        call(found)


class PageButtons:
    """The widget without a view, and what its buttons do.

    Attributes
    ----------
    widget
        What sends and receives, to be routed while a cell blocks.
    alive
        Whether a page has said that it shows the buttons.
    """

    def __init__(self) -> None:
        from anywidget import AnyWidget

        source = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
        self.alive = False
        self._lock = threading.Lock()
        self._offered: OrderedDict[str, Callable[[str], None]] = OrderedDict()
        kind = type("PageButtons", (AnyWidget,), {"_esm": source, "_view_name": None})
        self.widget: Any = kind()
        self.widget.on_msg(self._hear)

    def offer(self, name: str, on_click: Callable[[str], None]) -> None:
        """Show the buttons of a run; *on_click* is called with the one pressed."""
        with self._lock:
            self._offered[name] = on_click
            self._offered.move_to_end(name)
            if len(self._offered) > OFFERED:
                self._offered.popitem(last=False)
            self._tell()

    def withdraw(self, name: str) -> None:
        """Show the buttons of a run no more."""
        with self._lock:
            if self._offered.pop(name, None) is not None:
                self._tell()

    def replace(self, name: str, page: str) -> None:
        """Show *page* where a button was pressed, if that is still to be seen."""
        self.widget.send({"run": name, "page": page})

    def _tell(self) -> None:
        self.widget.send({"offered": list(self._offered)})

    def _hear(self, _widget: Any, content: Any, _buffers: Any) -> None:
        if content.get("ready"):
            self.alive = True
            with self._lock:
                self._tell()
            return
        on_click = self._offered.get(content.get("run"))
        if on_click is not None:
            on_click(str(content.get("act")))
