"""The seconds of a run."""

from __future__ import annotations

from time import perf_counter


class Stopwatch:
    """Seconds of a run: all of them, and those in which it was not paused."""

    def __init__(self) -> None:
        self._elapsed = self._active = 0.0
        self._elapsed_since: float | None = None
        self._active_since: float | None = None

    @property
    def elapsed(self) -> float:
        """Seconds between the starts and the ends so far."""
        return self._elapsed + _since(self._elapsed_since)

    @property
    def active(self) -> float:
        """The seconds of `elapsed` that were not paused."""
        return self._active + _since(self._active_since)

    def at(self, instant: float) -> float:
        """Return what `elapsed` was at an instant since the latest start."""
        since = self._elapsed_since
        return self._elapsed + (0.0 if since is None else instant - since)

    def start(self) -> None:
        """Go on, from a stop or from a pause."""
        now = perf_counter()
        self._elapsed_since = self._elapsed_since or now
        self._active_since = self._active_since or now

    def pause(self) -> None:
        """Stop counting active seconds."""
        self._active, self._active_since = self.active, None

    def stop(self) -> None:
        """Stop counting."""
        self.pause()
        self._elapsed, self._elapsed_since = self.elapsed, None


def _since(instant: float | None) -> float:
    return 0.0 if instant is None else perf_counter() - instant
