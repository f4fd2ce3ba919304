"""The source and the name of a function or a class."""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from types import CodeType
from typing import Any


def source_of(fn: Any) -> str:
    """Return the source of a function or a class itself, else its bytecode, or nothing.

    Comments and line breaks don't count.
    """
    code = getattr(fn, "__code__", None)
    # The source of a lambda is all of the line that it stands in.
    if isinstance(code, CodeType) and code.co_name in {"<lambda>", "<module>"}:
        return _bytecode(code)
    try:
        text = textwrap.dedent(inspect.getsource(fn if code is None else code))
    except (OSError, TypeError):
        return _bytecode(code) if isinstance(code, CodeType) else ""
    try:
        return ast.unparse(ast.parse(text))
    except (SyntaxError, ValueError):
        return text


def name_of(thing: Any) -> str:
    """Return the module and the qualified name of a function or a class."""
    owner = getattr(thing, "__objclass__", None)
    module = getattr(thing, "__module__", None) or getattr(owner, "__module__", None)
    name = getattr(thing, "__qualname__", None) or type(thing).__qualname__
    return f"{module or 'builtins'}.{name}"


def is_found_by_name(thing: Any) -> bool:
    """Whether *thing* is what its module has under its qualified name."""
    found: Any = sys.modules.get(getattr(thing, "__module__", None) or "")
    for part in thing.__qualname__.split("."):
        found = getattr(found, part, None)
    return found is thing


def _bytecode(code: CodeType) -> str:
    constants = list(map(_constant, code.co_consts))
    parts = code.co_code.hex(), constants, code.co_names, code.co_varnames
    return repr(parts)


def _constant(value: object) -> str:
    if isinstance(value, CodeType):
        return _bytecode(value)
    if isinstance(value, frozenset):  # its order is another in each process
        return str(sorted(map(repr, value)))
    return repr(value)
