"""The forms in which a notebook shows a value: as IPython would show it, made here.

Relied upon: the formatters of IPython's shell, which know what libraries have told them
(matplotlib its figures), and the ``_repr_*_`` methods.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from nbparallel.edge.kernel import shell


def form(value: object, kind: str) -> Any:
    """Return *value* in the form of the MIME type *kind*; None if it has none.

    Whatever the value raises, it has none. ``_ipython_display_`` is not called.
    """
    formatter = getattr(shell(), "display_formatter", None)
    with suppress(BaseException):  # the user's method may do anything at all
        return _made(value, formatter.formatters[kind])  # type: ignore[union-attr]
    return None


def _made(value: object, formatter: Any) -> Any:
    from IPython.utils.dir2 import get_real_method

    try:
        make = formatter.lookup(value)
    except KeyError:
        method = get_real_method(value, formatter.print_method)
        made = None if method is None else method()
    else:
        made = make(value)
    return made[0] if isinstance(made, tuple) else made  # or with what is said about it
