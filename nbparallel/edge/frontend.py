"""Where this code runs: in a kernel, for whom, in which cell.

Relied upon: IPython's `get_ipython`, the ``kernel`` attribute that every kernel's shell
carries, and `get_parent`, the request being carried out, which some shells have and
some kernels; ``running_in_notebook`` of marimo's. Where one of them is missing or
fails, the answer is the one that takes nothing away from a person at a notebook.
Nothing is imported: a kernel without IPython loaded does not exist.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from nbparallel.edge.kernel import shell


def in_kernel() -> bool:
    """Whether this process is a Jupyter kernel."""
    return getattr(shell(), "kernel", None) is not None


def in_voila() -> bool:
    """Whether the notebook is being shown as a Voila page."""
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")


def in_marimo() -> bool:
    """Whether a marimo notebook is shown as a page: a terminal is then its server's.

    A notebook of marimo's that is run as a script is a script.
    """
    running = getattr(sys.modules.get("marimo"), "running_in_notebook", None)
    return running is not None and bool(running())


def interactive() -> bool:
    """Whether somebody may be there to press a button.

    Programs that run notebooks (nbclient, papermill, nbconvert) say that they cannot
    answer `input`; so does Voila, which has a person in front of it all the same.
    """
    if not in_kernel():
        return False
    answers = _request().get("content", {}).get("allow_stdin", True)
    return bool(answers) or in_voila()


def in_text() -> bool:
    """Whether the cell seems to come from a client that shows text and replaces none.

    ``jupyter console``, ``jupyter run`` and the Qt console make their requests with
    jupyter_client, which numbers them within its session, and add nothing to them; the
    requests of pages have random names, or tell of a cell. Other programs may look
    alike: the answer must take nothing away.
    """
    request = _request()
    header, content = request.get("header", {}), request.get("content", {})
    name, session = header.get("msg_id"), header.get("session")
    numbered = isinstance(name, str) and name.startswith(f"{session}_")
    answers = content.get("allow_stdin") is True  # programs do not; some kernels forget
    return numbered and answers and not request.get("metadata") and in_kernel()


def cell_id() -> str | None:
    """Tell one execution of a cell from another; None where there is no such thing."""
    found = _request().get("header", {}).get("msg_id")
    if isinstance(found, str):
        return found
    count = getattr(shell(), "execution_count", None) if in_kernel() else None
    return f"execution {count}" if isinstance(count, int) else None


def in_cell() -> bool:
    """Whether a cell is being carried out in this context, and no message of a page."""
    kind = _request().get("header", {}).get("msg_type", "execute_request")
    return bool(kind == "execute_request")


def on_next_cell(call: Callable[[], None]) -> None:
    """Call *call* before each cell that the user runs from now on.

    Editors run code of their own in between, after each cell or while one is looked at:
    that is left out of the history.
    """

    def of_user(info: Any) -> None:
        if getattr(info, "store_history", True):
            call()

    if (found := shell()) is not None:
        found.events.register("pre_run_cell", of_user)


def after_each_cell(call: Callable[[Any], None]) -> None:
    """Call *call* with IPython's shell after each cell, the current one first."""
    if (found := shell()) is not None:
        found.events.register("post_run_cell", lambda _result: call(found))


def _request() -> dict[str, Any]:
    """Return the request being carried out in this context, or an empty one."""
    found = shell()
    for holder in (found, getattr(found, "kernel", None)):
        get_parent = getattr(holder, "get_parent", None)
        if get_parent is not None:
            return _dictionary(get_parent)
    return {}


def _dictionary(get_parent: Callable[[], Any]) -> dict[str, Any]:
    try:
        found = get_parent()
    except LookupError:  # ipykernel 7.0, from a thread without the cell's context
        return {}
    return found if isinstance(found, dict) else {}
