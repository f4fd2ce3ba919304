"""What a task has printed, as one line."""

from __future__ import annotations

import re
from typing import Final

from nbparallel.short_text import cut, printable

#: How much of the end of an output is looked at, in characters.
TAIL: Final = 1_000

#: A warning as Python prints it: place and category, message, the line that warned.
_WARNING: Final = re.compile(r".*:\d+: ([^\W\d]\w*: .*)\n {2}\S.*")


def last_line(output: str, limit: int) -> str:
    r"""Return the end of what a task printed, on one line of at most *limit*.

    Of a warning it is the message: the source that Python prints below it tells less.

    Examples
    --------
    >>> last_line("one\ntwo\n", 80)
    'two'
    >>> last_line("cell.py:3: UserWarning: too hot\n  warnings.warn(text)\n", 80)
    'UserWarning: too hot'
    """
    lines = printable(output[-TAIL:]).rstrip().split("\n")
    if warned := _WARNING.fullmatch("\n".join(lines[-2:])):
        return cut(warned[1].strip(), limit)
    return cut(lines[-1].strip(), limit)
