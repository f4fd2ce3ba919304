"""Where settings come from, and which source outranks which: that is said here alone.

What a call says outranks all that is here. Here, from the strongest to the weakest:

1. a ``with`` block, for what runs in its context;
2. the session: code and ``%config``, whichever spoke last;
3. the environment, as ``NBPARALLEL_MAX_WORKERS=16``;
4. IPython's configuration: its files and its command line.

What no source speaks of is as usual. Code hears of a bad value where it gives it. The
environment and IPython's files were written long before: theirs are checked whenever
a setting is asked for, unless a stronger source speaks of it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import fields
from difflib import get_close_matches
from functools import lru_cache
from threading import Lock
from typing import Any, Final, NamedTuple

from nbparallel.errors import BadType, BadValue, UsageError
from nbparallel.peers import ALIASES

#: How the names of environment variables begin.
PREFIX: Final = "NBPARALLEL_"
#: What text says of a switch.
SAYS: Final = {
    **dict.fromkeys(("1", "true", "yes", "on"), True),
    **dict.fromkeys(("0", "false", "no", "off"), False),
}
#: Settings that no text can say, each with a value.
BEYOND_TEXT: Final = {"retry_on": "OSError"}


class Said(NamedTuple):
    """What one source says of a setting.

    Attributes
    ----------
    value
        What it is to be.
    written
        How the source writes it, up to the value: ``"settings.max_workers = "``.
    """

    value: Any
    written: str


Layer = Mapping[str, Said]


class Sources:
    """What the sources say of the fields of one dataclass, which checks them.

    A layer is never changed, only replaced, so that threads which read see the old one
    or the new one.
    """

    def __init__(self, declared: type) -> None:
        self._declared = declared
        self._types = {field.name: str(field.type) for field in fields(declared)}
        names = (*self._types, *ALIASES)
        self._variables = {PREFIX + name.upper(): name for name in names}
        self._block: ContextVar[Layer] = ContextVar("nbparallel_settings")
        self._session: Layer = {}
        self._files: Layer = {}
        self._changing = Lock()
        # The text of a variable seldom changes, and runs may be many.
        self._checked_text = lru_cache(maxsize=256)(self._check_text)

    def in_force(self) -> dict[str, Any]:
        """Return the settings that some source speaks of.

        Raises
        ------
        BadType, BadValue
            One of them cannot be used; the message names its source.
        """
        return {name: said.value for name, said in self.said().items()}

    def said(self) -> dict[str, Said]:
        """Return the same, each with its source."""
        near = {**self._session, **self._block.get({})}
        texts = self._environment()
        files = {k: v for k, v in self._files.items() if k not in {*near, *texts}}
        return {
            **{name: self._check(name, said) for name, said in files.items()},
            **{
                name: self._checked_text(name, said)
                for name, said in texts.items()
                if name not in near
            },
            **near,
        }

    def check(self, name: str, value: Any, written: str) -> Said:
        """Return what a source says, if the engine would take it.

        Raises
        ------
        BadType, BadValue
            It would not.
        """
        return self._check(name, Said(value, written))

    def say(self, said: Layer) -> None:
        """Make what was checked hold for the session, besides what was said before."""
        with self._changing:
            self._session = {**self._session, **said}

    def begin_anew(self, said: Layer) -> None:
        """Forget the session and IPython's configuration for what was checked."""
        with self._changing:
            self._session, self._files = dict(said), {}

    def configure(self, said: Layer) -> None:
        """Note what IPython's configuration says; nothing is checked."""
        with self._changing:
            self._files = {**self._files, **said}

    def drop(self, name: str) -> None:
        """Forget what the session says of a setting."""
        with self._changing:
            self._session = {k: v for k, v in self._session.items() if k != name}

    def forget(self, owner: str) -> None:
        """Forget what was said to *owner*, a class that IPython configures."""
        with self._changing:
            self._session = _without(self._session, owner)
            self._files = _without(self._files, owner)

    @contextmanager
    def block(self, said: Layer) -> Iterator[None]:
        """Let what was checked hold inside the ``with`` block."""
        token = self._block.set({**self._block.get({}), **said})
        try:
            yield
        finally:
            self._block.reset(token)

    def read(self, name: str, text: str) -> Any:
        """Return what *text* means for a setting; what it cannot mean is left as it is.

        A number is read as one where the setting takes numbers, a switch takes ``1``,
        ``true``, ``yes``, ``on`` and their contraries.
        """
        text, kinds = text.strip(), set(re.findall(r"\w+", self._types[name]))
        if text.lower() == "none" and "None" in kinds:
            return None
        if kinds == {"bool"}:
            return SAYS.get(text.lower(), text)
        return _number(text) if kinds & {"int", "float"} else text

    def _environment(self) -> dict[str, Said]:
        """Return the texts of our variables; an empty one says nothing."""
        found: dict[str, Said] = {}
        for variable in os.environ:
            if not variable.startswith(PREFIX):
                continue
            text = os.environ.get(variable, "")
            if variable not in self._variables:
                self._refuse_misspelt(variable, text)
            elif text.strip():
                alias = self._variables[variable]
                name = ALIASES.get(alias, alias)
                if name in found and found[name].value != text:
                    message = (
                        f"{variable}={text} and {''.join(reversed(found[name]))} speak "
                        "of the same setting: unset one of them"
                    )
                    raise BadValue(message)
                found[name] = Said(text, f"{variable}=")
        return found

    def _refuse_misspelt(self, variable: str, text: str) -> None:
        """Refuse what is nearly ours; what is not may be somebody's own."""
        bare, known = variable.removeprefix(PREFIX), list(self._variables)
        near = [each.removeprefix(PREFIX) for each in known]
        if found := get_close_matches(bare, near, n=1, cutoff=0.8):
            right = PREFIX + found[0]
            message = f"{variable}={text}: no such setting. Did you mean {right}?"
            raise BadValue(message)

    def _check_text(self, name: str, said: Said) -> Said:
        if name in BEYOND_TEXT:
            message = (
                f"{said.written}{said.value}: no text can say it. Write "
                f"nbp.settings.{name} = {BEYOND_TEXT[name]} in code, or set it in "
                "IPython's configuration"
            )
            raise BadType(message)
        return self._check(name, Said(self.read(name, said.value), said.written))

    def _check(self, name: str, said: Said) -> Said:
        try:
            checked = self._declared(**{name: said.value})
        except UsageError as error:
            told = re.sub(rf"\b{name}=", lambda _: said.written, str(error))
            raise type(error)(told) from None
        return said._replace(value=getattr(checked, name))


def ours(name: str) -> str:
    """Return the setting that *name* means, which may be another word for it.

    Examples
    --------
    >>> ours("max_workers"), ours("rows")
    ('workers', 'rows')
    """
    return ALIASES.get(name, name)


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


def _without(layer: Layer, owner: str) -> Layer:
    return {
        name: said for name, said in layer.items() if f"{owner}." not in said.written
    }
