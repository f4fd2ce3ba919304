"""Where this code runs: in a kernel, for whom, in which cell.

Relied upon: IPython's `get_ipython`, the ``kernel`` attribute that every kernel's shell
carries, and `get_parent`, the request being carried out, which some shells have and
some kernels. Where one of them is missing or fails, the answer is the one that takes
nothing away from a person at a notebook.
Nothing is imported: a kernel without IPython loaded does not exist.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any


def in_kernel() -> bool:
    """Whether this process is a Jupyter kernel."""
    return getattr(_shell(), "kernel", None) is not None


def in_voila() -> bool:
    """Whether the notebook is being shown as a Voila page."""
    return os.environ.get("SERVER_SOFTWARE", "").startswith("voila/")


def interactive() -> bool:
    """Whether somebody may be there to press a button.

    Programs that run notebooks (nbclient, papermill, nbconvert) say that they cannot
    answer `input`; so does Voila, which has a person in front of it all the same.
    """
    if not in_kernel():
        return False
    answers = _request().get("content", {}).get("allow_stdin", True)
    return bool(answers) or in_voila()


def cell_id() -> str | None:
    """Tell one execution of a cell from another; None where there is no such thing."""
    found = _request().get("header", {}).get("msg_id")
    if isinstance(found, str):
        return found
    count = getattr(_shell(), "execution_count", None) if in_kernel() else None
    return f"execution {count}" if isinstance(count, int) else None


def on_next_cell(call: Callable[[], None]) -> None:
    """Call *call* before each cell that is run from now on."""
    shell = _shell()
    if shell is not None:
        shell.events.register("pre_run_cell", lambda _info: call())


def after_each_cell(call: Callable[[Any], None]) -> None:
    """Call *call* with IPython's shell after each cell, the current one first."""
    shell = _shell()
    if shell is not None:
        shell.events.register("post_run_cell", lambda _result: call(shell))


def _shell() -> Any:
    ipython = sys.modules.get("IPython")
    get_ipython = getattr(ipython, "get_ipython", None)
    return get_ipython() if get_ipython else None


def _request() -> dict[str, Any]:
    """Return the request being carried out in this context, or an empty one."""
    shell = _shell()
    for holder in (shell, getattr(shell, "kernel", None)):
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
