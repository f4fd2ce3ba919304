"""Which function a journal belongs to: its qualified name, and a hash of its source."""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from types import CodeType
from typing import Any

from nbparallel.journal.keys import key_of


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells a function from others.

    Attributes
    ----------
    name
        Its module and its qualified name.
    source
        A hash of its source, in which comments and line breaks don't count; of its
        bytecode, where there is no source to be had.
    """

    name: str
    source: str


def identity_of(fn: Callable[..., Any], source: str | None = None) -> Identity:
    """Return the identity of *fn*; *source* is its source where only we know it."""
    bound: list[str] = []
    while isinstance(fn, functools.partial):
        bound += _bound(fn)
        fn = fn.func
    fn = getattr(fn, "__func__", fn)  # a method's
    named = fn if hasattr(fn, "__qualname__") else type(fn)
    text = "\n".join([source or _source(fn, named), *bound])
    name = f"{named.__module__}.{named.__qualname__}"
    return Identity(name, sha256(text.encode(errors="replace")).hexdigest())


def _bound(call: functools.partial[Any]) -> list[str]:
    """Return the arguments that are bound, as far as they can be told."""
    found = []
    for name, value in [*enumerate(call.args), *call.keywords.items()]:
        try:
            found.append(f"{name}={key_of(value)}")
        except Exception:  # a session, a lock: nothing by which calls differ
            found.append(f"{name}=…")
    return found


def _source(fn: Any, named: Any) -> str:
    code = getattr(inspect.unwrap(fn), "__code__", None)
    # The source of a lambda is all of the line that it stands in.
    if code is not None and code.co_name in {"<lambda>", "<module>"}:
        return _bytecode(code)
    try:
        text = textwrap.dedent(inspect.getsource(fn if code is not None else named))
    except (OSError, TypeError):
        return "" if code is None else _bytecode(code)
    try:
        return ast.unparse(ast.parse(text))
    except (SyntaxError, ValueError):
        return text


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
