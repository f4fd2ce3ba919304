"""What a task finds around it: folders, variables, and how text about it is kept.

A run's tasks find in a worker process what the process that starts the run has at that
moment, whatever tasks before them have changed there.
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

#: One thread each for libraries of linear algebra, unless the user says otherwise:
#: each process would take all processors.
_ONE_THREAD = (
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


class Surroundings(NamedTuple):
    """What goes along with a run.

    Attributes
    ----------
    path, folder, variables
        `sys.path`, the working folder if there is one, `os.environ`.
    levels
        By logger, what is logged.
    form
        How the root logger writes a record down, and the time; None if it does not.
    filters
        Those of `warnings`, the first first.
    """

    path: list[str]
    folder: str | None
    variables: dict[str, str]
    levels: dict[str, int]
    form: tuple[str | None, str | None] | None
    filters: list[tuple[Any, ...]]


def here() -> Surroundings:
    """Return those of this process."""
    filters = [each for each in warnings.filters if each[2].__module__ != "__main__"]
    return Surroundings(
        list(sys.path), _folder(), variables(), _levels(), _form(), filters
    )


def variables() -> dict[str, str]:
    """Return the environment variables of a worker process."""
    return dict.fromkeys(_ONE_THREAD, "1") | dict(os.environ)


def move_to(those: Surroundings) -> None:
    """Have this process find *those* around it."""
    sys.path[:] = those.path
    if those.variables != dict(os.environ):
        os.environ.clear()
        os.environ.update(those.variables)
    if those.folder is not None and those.folder != _folder():
        with suppress(OSError):  # it has gone meanwhile
            os.chdir(those.folder)
    _log_as(those)
    if those.filters != warnings.filters:
        _warn_as(those)


def _folder() -> str | None:
    try:
        return str(Path.cwd())
    except OSError:  # it has been removed
        return None


def _levels() -> dict[str, int]:
    found = {"": logging.root.level}
    for name, logger in [*logging.root.manager.loggerDict.items()]:
        if isinstance(logger, logging.Logger) and logger.level:
            found[name] = logger.level
    return found


def _form() -> tuple[str | None, str | None] | None:
    for handler in logging.root.handlers:
        if isinstance(handler, logging.StreamHandler):
            form = handler.formatter or logging.Formatter()
            text = form._fmt  # noqa: SLF001 # it has no other name
            return (text if text and "%(" in text else None), form.datefmt
    return None


def _log_as(those: Surroundings) -> None:
    for name in _levels() | those.levels:
        logging.getLogger(name).setLevel(those.levels.get(name, logging.NOTSET))
    if those.form is None:
        logging.root.handlers.clear()
    elif those.form != _form():
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter(*those.form))
        logging.root.handlers[:] = [handler]


def _warn_as(those: Surroundings) -> None:
    warnings.resetwarnings()
    for action, message, category, module, line in those.filters:
        said, where = (
            getattr(each, "pattern", each) or "" for each in (message, module)
        )
        warnings.filterwarnings(action, said, category, where, line, append=True)
