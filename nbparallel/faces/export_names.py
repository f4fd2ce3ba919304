"""The files that a tree is saved to: a name for each key, made safe."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from string import Formatter
from typing import Any, Final

from nbparallel.errors import BadType, BadValue
from nbparallel.short_text import error_line

#: The most characters of a name.
LONG_NAME: Final = 100
#: What may not stand in a name, on one system or another.
UNSAFE: Final = re.compile(r"[^\w .()+,=@-]+")
#: Names that Windows gives to devices, whatever their ending.
DEVICES: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def files_of(template: Any, keys: Sequence[str]) -> list[Path]:
    """Return a file for each key, no two the same, and have a folder for them.

    Raises
    ------
    BadType, BadValue
        The template cannot be used, or the folder cannot be made.
    """
    right = 'Write export="chapters/{0}.csv"'
    if not isinstance(template, (str, os.PathLike)):
        message = f"export={template!r}: must be the path of a file. {right}"
        raise BadType(message)
    text = os.fspath(template)
    if not isinstance(text, str) or not _has_a_place(text):
        message = (
            f"export={text!r}: must have {{0}} once in the name of its file, where the "
            f"key of each top-level branch goes, and end in .csv. {right}"
        )
        raise BadValue(message)
    target = Path(text).expanduser()
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"export={text!r}: the folder cannot be made: {error_line(error)}"
        raise BadValue(message) from error
    return [target.with_name(target.name.format(name)) for name in _names(keys)]


def _has_a_place(text: str) -> bool:
    try:
        parsed = [list(Formatter().parse(part)) for part in Path(text).parts]
    except ValueError:  # a single brace
        return False
    fields = [each[1:] for part in parsed for each in part if each[1] is not None]
    in_name = any(field == "0" for _, field, _, _ in parsed[-1]) if parsed else False
    return in_name and fields == [("0", "", None)] and text.lower().endswith(".csv")


def _names(keys: Sequence[str]) -> list[str]:
    """Return a name for each key that leads nowhere else, each once.

    Examples
    --------
    >>> _names(["../a b", "a/b", "A_B", ""])
    ['_a b', 'a_b', 'A_B-2', '_']
    """
    names: list[str] = []
    taken: set[str] = set()
    for key in keys:
        safe = (
            UNSAFE.sub("_", key).strip(" ").lstrip(".").rstrip(".")[:LONG_NAME] or "_"
        )
        if DEVICES.match(safe):
            safe = f"_{safe}"
        name, number = safe, 1
        while name.casefold() in taken:
            number += 1
            name = f"{safe}-{number}"
        taken.add(name.casefold())
        names.append(name)
    return names
