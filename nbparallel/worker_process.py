"""Where the parts of a worker process are put together; see `workers.processes`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from nbparallel.engine import capture
from nbparallel.options import configure
from nbparallel.workers.processes.child import serve


def main() -> None:
    """Serve the parent, over the descriptors that the command line names."""
    end, page, lifeline = map(int, sys.argv[1:4])
    sys.argv[:] = [""]
    # A run that a task starts has this process for itself, and nobody watches it.
    configure(backend="inline", progress=False)
    stop: list[Callable[[], None]] = []

    def keep_printed(run: Any) -> None:
        stop.append(capture.start(run))
        if len(stop) > 1:
            stop.pop(0)()

    serve(end, page, lifeline, keep_printed)
