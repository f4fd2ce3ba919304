"""One place in a notebook where a run is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nbparallel.edge.displays import Later


@dataclass(slots=True)
class Place:
    """A display, and what is known of it.

    Attributes
    ----------
    handle
        Replaces what is shown.
    cell
        Where that is.
    static
        Whether it is no widget.
    last_word
        Tells the end to a client that may replace nothing.
    """

    handle: Any
    cell: str | None
    static: bool
    last_word: Later | None = None

    def publish(self, bundle: dict[str, str], *, ended: bool) -> None:
        """Show *bundle* here, which is no widget."""
        self.handle.update(bundle, raw=True)
        self.static = True
        if ended and self.last_word is not None:
            # Lines of their own: `jupyter run` ends none of what it shows.
            words = {"text/plain": f"\n{bundle['text/plain']}\n"}
            self.last_word.update(words, raw=True)
