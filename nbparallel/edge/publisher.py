"""Stand before what a kernel's shell displays with, for a while.

Relied upon: the shell's ``display_pub``, its ``publish`` and its ``clear_output``. What
lacks one of them is left alone.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from nbparallel.edge.kernel import shell

#: Takes the arguments of a ``publish`` or a ``clear_output``; whether it has dealt with
#: them, so that nothing is sent.
Takes = Callable[..., bool]


def tap(**takes: Takes) -> Callable[[], None]:
    """Let each function of *takes* stand before the method of its name.

    Returns
    -------
    callable
        Gives the methods back; may be called from any thread.
    """
    publisher = getattr(shell(), "display_pub", None)
    ours = {}
    for name, take in takes.items():
        with suppress(Exception):  # whatever a foreign publisher allows
            ours[name] = _before(getattr(publisher, name), take)
            setattr(publisher, name, ours[name])

    def give_back() -> None:
        for name, made in ours.items():
            if vars(publisher).get(name) is made:  # else somebody came after us
                delattr(publisher, name)

    return give_back


def _before(method: Callable[..., Any], take: Takes) -> Callable[..., Any]:
    def tapped(*args: Any, **named: Any) -> Any:
        return None if take(*args, **named) else method(*args, **named)

    return tapped
