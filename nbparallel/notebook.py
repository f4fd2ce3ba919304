"""Where the parts are put together: which views a run gets, and when."""

from __future__ import annotations

_connected = False


def connect() -> None:
    """Have runs shown from now on; more calls change nothing."""
    global _connected
    if not _connected:
        _connected = True
