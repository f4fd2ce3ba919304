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
from collections.abc import Callable, Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet
from contextlib import ContextDecorator, contextmanager
from contextvars import ContextVar, Token
from dataclasses import fields
from difflib import get_close_matches
from functools import lru_cache, wraps
from threading import Lock
from typing import Any, Final, Generic, NamedTuple, Self, TypeVar, cast

from nbparallel.coroutines import is_coroutine_function, is_generator_function
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
Given = TypeVar("Given")
Function = TypeVar("Function", bound=Callable[..., Any])


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
        self._twice: Layer = {}  # what other names of the same settings have said
        self._changing = Lock()
        # The text of a variable seldom changes, and runs may be many.
        self._checked_text = lru_cache(maxsize=256)(self._check_text)

    def in_force(self, names: Collection[str]) -> dict[str, Any]:
        """Return those of the settings *names* that some source speaks of.

        Raises
        ------
        BadType, BadValue
            One of them cannot be used; the message names its source.
        """
        return {name: said.value for name, said in self.said(names).items()}

    def said(self, names: Collection[str]) -> dict[str, Said]:
        """Return the same, each with its source."""
        layer = {**self._session, **self._block.get({})}
        near = {name: layer[name] for name in names if name in layer}
        left = {name for name in names if name not in near}
        texts = self._environment(left)
        files = {k: v for k, v in self._files.items() if k in left - {*texts}}
        return {
            **{name: self._check_file(name, said) for name, said in files.items()},
            **{name: self._checked_text(name, said) for name, said in texts.items()},
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
            self._session, self._files, self._twice = dict(said), {}, {}

    def configure(self, said: Layer) -> None:
        """Note what IPython's configuration says; nothing is checked."""
        with self._changing:
            twice = {
                name: there
                for name, there in self._files.items()
                if name in said and _are_two(there, said[name])
            }
            self._twice = {**self._twice, **twice}
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
            self._twice = _without(self._twice, owner)

    def block(self, said: Layer, given: Given) -> Block[Given]:
        """Return what lets *said*, which was checked, hold; it gives *given*."""
        return Block(self._block, said, given)

    @contextmanager
    def named(self) -> Iterator[None]:
        """Have a refusal that begins with ``name=value`` say who else than a call does.

        For what is found out only where all is known that belongs together.
        """
        try:
            yield
        except UsageError as error:
            error.args = (self._with_source(str(error)),)
            raise

    def _with_source(self, message: str) -> str:
        name = message.partition("=")[0]
        said = self.said([name]).get(name) if name in self._types else None
        value = "" if said is None else f"{name}={said.value!r}"
        if said is None or not message.startswith((f"{value}:", f"{value} ")):
            return message
        word = said.written.rstrip(" =")
        source = f"settings({word}=…)" if ours(word) in self._types else word
        return f"{value} (from {source}){message.removeprefix(value)}"

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

    def _environment(self, names: AbstractSet[str]) -> dict[str, Said]:
        """Return the texts of our variables that speak of *names*, but empty ones."""
        found: dict[str, Said] = {}
        for variable in os.environ:
            if not variable.upper().startswith(PREFIX):
                continue
            text = os.environ.get(variable, "")
            if variable not in self._variables:
                self._refuse_misspelt(variable, text)
            elif text.strip():
                alias = self._variables[variable]
                name = ours(alias)
                if name not in names:
                    continue
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
        bare, known = variable.upper().removeprefix(PREFIX), list(self._variables)
        near = [each.removeprefix(PREFIX) for each in known]
        if found := get_close_matches(bare, near, n=1, cutoff=0.8):
            right = PREFIX + found[0]
            message = f"{variable}={text}: no such setting. Did you mean {right}?"
            raise BadValue(message)

    def _check_file(self, name: str, said: Said) -> Said:
        other = self._twice.get(name, said)
        if other.value != said.value:
            message = (
                f"{said.written}{said.value!r} and {other.written}{other.value!r} "
                "speak of the same setting: leave one of them out"
            )
            raise BadValue(message)
        return self._check(name, said)

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


class Block(ContextDecorator, Generic[Given]):
    """Lets settings hold inside a ``with`` block, or in each call of a function.

    Parameters
    ----------
    variable
        Where the settings of the innermost block are.
    said
        What they are to be.
    given
        What the block is given by ``as``.
    """

    def __init__(self, variable: ContextVar[Layer], said: Layer, given: Given) -> None:
        self._variable, self._said, self._given = variable, said, given
        self._tokens: list[Token[Layer]] = []

    def __enter__(self) -> Given:
        inner = {**self._variable.get({}), **self._said}
        self._tokens.append(self._variable.set(inner))
        return self._given

    def __exit__(self, *_: object) -> None:
        self._variable.reset(self._tokens.pop())

    def __repr__(self) -> str:
        """Return what to write, for who takes it for something that is done."""
        given = ", ".join(
            f"{said.written.rstrip(' =')}={said.value!r}"
            for said in self._said.values()
        )
        return f"<changes nothing by itself: with nbp.settings({given}): ...>"

    def __call__(self, fn: Function) -> Function:
        """Return *fn* so that they hold in each call of it, awaited or not.

        Raises
        ------
        BadType
            It has a ``yield``: what is called then runs later, and bit by bit.
        """
        if is_generator_function(fn):
            message = (
                f"settings cannot stand above {getattr(fn, '__name__', fn)}, which has "
                "a yield. Write the with block inside it, around what starts runs"
            )
            raise BadType(message)
        if not is_coroutine_function(fn):
            return super().__call__(fn)

        @wraps(fn)
        async def call(*args: Any, **keywords: Any) -> Any:
            with self._recreate_cm():
                return await fn(*args, **keywords)

        return cast("Function", call)

    def _recreate_cm(self) -> Self:
        return type(self)(self._variable, self._said, self._given)


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


def _are_two(one: Said, other: Said) -> bool:
    """Whether one class is told the same by two names."""
    owners = [said.written.rpartition(".")[0] for said in (one, other)]
    return owners[0] == owners[1] and one.written != other.written


def _without(layer: Layer, owner: str) -> Layer:
    return {
        name: said for name, said in layer.items() if f"{owner}." not in said.written
    }
