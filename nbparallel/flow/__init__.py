"""Flows: routines connected by events and slots, with the live panel of a run."""

from __future__ import annotations

from nbparallel import notebook
from nbparallel.flow.error_handler import ErrorHandler, ErrorStrategy
from nbparallel.flow.flow import Flow
from nbparallel.flow.job import JobState
from nbparallel.flow.ports import Connection, Event, Slot
from nbparallel.flow.routine import Routine

__all__ = [
    "Connection",
    "ErrorHandler",
    "ErrorStrategy",
    "Event",
    "Flow",
    "JobState",
    "Routine",
    "Slot",
]

notebook.connect()
