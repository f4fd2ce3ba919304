"""Values that nothing can change, or that are made to be shared."""

from __future__ import annotations

import datetime as dt
import logging
import re
import sys
import threading
import types
import uuid
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from pathlib import PurePath
from typing import Any, Final

_ATOMS: Final = frozenset(
    {
        *(bool, bytes, complex, float, int, range, str, type(None)),
        *(type(...), type(NotImplemented), types.CodeType, types.ModuleType),
        *(dt.date, dt.datetime, dt.time, dt.timedelta, dt.timezone),
        *(Decimal, Fraction, re.Pattern, re.Match, uuid.UUID),
        *(type(threading.Lock()), type(threading.RLock()), threading.Event),
        *(threading.Condition, threading.Semaphore, threading.Barrier),
        *(types.GetSetDescriptorType, types.MemberDescriptorType),
        *(types.MethodDescriptorType, types.WrapperDescriptorType),
        *(types.ClassMethodDescriptorType, types.MethodWrapperType),
    }
)
_FAMILIES: Final = (Enum, PurePath, logging.Logger, threading.Thread)


def makes_frozen(kind: Any) -> bool:
    """Whether calling *kind* always gives a value that is frozen."""
    return isinstance(kind, type) and (kind in _ATOMS or issubclass(kind, _FAMILIES))


def is_frozen(value: Any) -> bool:
    """Whether *value* cannot change, nor lead to anything that can."""
    if type(value) in _ATOMS or isinstance(value, _FAMILIES):
        return True
    numpy, pandas = sys.modules.get("numpy"), sys.modules.get("pandas")
    if numpy is not None and isinstance(
        value, (numpy.generic, numpy.dtype, numpy.ufunc)
    ):
        return True
    return pandas is not None and _is_part_of_frame(value, pandas)


def _is_part_of_frame(value: Any, pandas: Any) -> bool:
    """Whether *value* is what frames that are independent may have in common."""
    extensions = pandas.api.extensions
    kinds = (
        *(extensions.ExtensionArray, extensions.ExtensionDtype, pandas.Index),
        *(pandas.Timestamp, pandas.Timedelta, pandas.Period, pandas.Flags),
    )
    return (
        isinstance(value, kinds) or type(value).__module__ == "pandas._libs.internals"
    )
