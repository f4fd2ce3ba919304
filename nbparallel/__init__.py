"""Parallel map for notebooks.

>>> import nbparallel as nbp
>>> nbp.pmap(abs, [-1, 2, -3], progress=False).results
[1, 2, 3]

Importing this package loads nothing but this file: names are fetched when used. In
IPython it loads what ``%config Settings`` needs.
"""

from __future__ import annotations

import sys

# Type checkers read it as typing.TYPE_CHECKING, which takes 10 ms to import.
TYPE_CHECKING = False

if TYPE_CHECKING:
    from typing import Any

    from nbparallel.configuration import settings
    from nbparallel.engine.measuring.totals import metrics
    from nbparallel.engine.run import Run
    from nbparallel.engine.runs import runs
    from nbparallel.errors import (
        BackendBroken,
        BadCell,
        BadType,
        BadValue,
        InputError,
        NbparallelError,
        StillRunning,
        TaskCancelled,
        TaskTimeout,
        UsageError,
    )
    from nbparallel.faces.executor import Executor
    from nbparallel.faces.parallelized import Parallelized, error_str
    from nbparallel.faces.pmap import pmap
    from nbparallel.faces.ptree import ptree
    from nbparallel.faces.run_parallel import batch_map, run_parallel
    from nbparallel.faces.task import cancelled, sleep
    from nbparallel.faces.workers import optimal_workers
    from nbparallel.journal.exporting import export_journal
    from nbparallel.journal.tables import read_journal
    from nbparallel.options import Options, defaults
    from nbparallel.rates import Rate
    from nbparallel.timing.comparing import compare
    from nbparallel.timing.plots.durations import plot_durations
    from nbparallel.timing.plots.throughput import plot_throughput
    from nbparallel.timing.plots.timeline import plot_timeline
    from nbparallel.timing.results import Comparison, Sweep, plot_speedup, plot_sweep
    from nbparallel.timing.sweeping import sweep
    from nbparallel.world.world import World

    last: Run[Any] | None

__version__ = "0.1.0"

_WHERE = {
    "BackendBroken": "errors",
    "BadCell": "errors",
    "BadType": "errors",
    "BadValue": "errors",
    "Comparison": "timing.results",
    "Executor": "faces.executor",
    "InputError": "errors",
    "NbparallelError": "errors",
    "Options": "options",
    "Parallelized": "faces.parallelized",
    "Rate": "rates",
    "Run": "engine.run",
    "StillRunning": "errors",
    "Sweep": "timing.results",
    "TaskCancelled": "errors",
    "TaskTimeout": "errors",
    "UsageError": "errors",
    "batch_map": "faces.run_parallel",
    "World": "world.world",
    "cancelled": "faces.task",
    "compare": "timing.comparing",
    "defaults": "options",
    "error_str": "faces.parallelized",
    "export_journal": "journal.exporting",
    "metrics": "engine.measuring.totals",
    "optimal_workers": "faces.workers",
    "plot_durations": "timing.plots.durations",
    "plot_speedup": "timing.results",
    "plot_sweep": "timing.results",
    "plot_throughput": "timing.plots.throughput",
    "plot_timeline": "timing.plots.timeline",
    "pmap": "faces.pmap",
    "ptree": "faces.ptree",
    "read_journal": "journal.tables",
    "run_parallel": "faces.run_parallel",
    "runs": "engine.runs",
    "settings": "configuration",
    "sleep": "faces.task",
    "sweep": "timing.sweeping",
}

__all__ = [
    "BackendBroken",
    "BadCell",
    "BadType",
    "BadValue",
    "Comparison",
    "Executor",
    "InputError",
    "NbparallelError",
    "Options",
    "Parallelized",
    "Rate",
    "Run",
    "StillRunning",
    "Sweep",
    "TaskCancelled",
    "TaskTimeout",
    "UsageError",
    "World",
    "batch_map",
    "cancelled",
    "compare",
    "defaults",
    "error_str",
    "export_journal",
    "last",
    "metrics",
    "optimal_workers",
    "plot_durations",
    "plot_speedup",
    "plot_sweep",
    "plot_throughput",
    "plot_timeline",
    "pmap",
    "ptree",
    "read_journal",
    "run_parallel",
    "runs",
    "settings",
    "sleep",
    "sweep",
]


def _module(path: str) -> Any:
    from importlib import import_module

    return import_module(f"{__name__}.{path}")


def _fetch(name: str) -> Any:
    if name == "last":  # asked for anew each time
        return _module("engine.runs").last()
    if name not in _WHERE:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from nbparallel import notebook

    notebook.connect()
    found = getattr(_module(_WHERE[name]), name)
    globals()[name] = found
    return found


if not TYPE_CHECKING:  # type checkers would take any name for one of ours
    __getattr__ = _fetch


def load_ipython_extension(shell: Any) -> None:
    """Do what ``%load_ext nbparallel`` asks for."""
    _module("notebook").load_ipython_extension(shell)


def unload_ipython_extension(shell: Any) -> None:
    """Do what ``%unload_ext nbparallel`` asks for."""
    _module("notebook").unload_ipython_extension(shell)


def __dir__() -> list[str]:
    return [*globals(), *__all__]


def _be_configurable() -> None:
    """Have the IPython that imports this package know the settings."""
    ipython = sys.modules.get("IPython")
    shell = ipython and getattr(ipython, "get_ipython", lambda: None)()
    if shell is not None:
        _module("edge.traits").register(shell)


_be_configurable()
