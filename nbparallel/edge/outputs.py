"""Keep IPython's ``Out`` from keeping what is big.

IPython never forgets what the last line of a cell came to: it stays in ``Out[n]`` and
in ``_n``. There big things are replaced by a `StandIn`, after the cell. ``_``, ``__``
and ``___`` keep the things themselves: they move on.

Relied upon: the event ``post_run_cell``, the names ``_oh`` and ``_n`` in the user's
namespace, and ``user_ns_hidden``, where IPython has ``_n`` once more. Where there is no
such thing everything stays as it is.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator
from typing import Any
from weakref import ref

from nbparallel.edge.frontend import after_each_cell

Bundle = dict[str, str]


def replace_in_out(kind: type, stand_in: Callable[[Any], StandIn]) -> None:
    """Have every *kind* in ``Out`` replaced, from the end of the current cell on."""
    after_each_cell(lambda shell: _replace(shell, kind, stand_in))


def _replace(shell: Any, kind: type, stand_in: Callable[[Any], StandIn]) -> None:
    out = shell.user_ns.get("_oh", {})
    for number, value in list(out.items()):
        if type(value) is kind:
            light = out[number] = stand_in(value)
            for names in (shell.user_ns, getattr(shell, "user_ns_hidden", {})):
                if names.get(f"_{number}") is value:
                    names[f"_{number}"] = light


class StandIn:
    """Refers to *value* without keeping it; passes everything on while it is there.

    Parameters
    ----------
    value
        What it stands for.
    advice
        What to tell who asks for anything once that is gone.
    """

    def __init__(self, value: Any, advice: str) -> None:
        self._value = ref(value)
        self._advice = advice
        self._end: Bundle = {}

    def settle(self, end: Bundle) -> None:
        """Note what to show once the value is gone."""
        self._end = end

    def _there(self) -> Any:
        found = self._value()
        if found is None:
            raise AttributeError(self._advice)
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._there(), name)

    def __len__(self) -> int:
        return len(self._there())

    def __iter__(self) -> Iterator[Any]:
        return iter(self._there())

    def __await__(self) -> Generator[Any, None, Any]:
        found: Generator[Any, None, Any] = self._there().__await__()
        return found

    def __repr__(self) -> str:
        found = self._value()
        return f"<{self._advice}>" if found is None else repr(found)

    def _repr_html_(self) -> str | None:
        found = self._value()
        if found is None:
            return self._end.get("text/html")
        html: str | None = found._repr_html_()  # as all who display
        return html

    def _ipython_display_(self) -> None:
        found = self._value()
        if found is not None:
            found._ipython_display_()
        elif self._end:
            from IPython.display import display

            display(self._end, raw=True)  # type: ignore[no-untyped-call]
        else:
            sys.stdout.write(f"{self!r}\n")
