"""The flags of the magics, one for each field of `Options`, whatever they are."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass, field, fields
from keyword import iskeyword
from typing import Any, Final, NoReturn

from nbparallel.errors import UsageError, nearest
from nbparallel.magics.cell import Line
from nbparallel.options import NAMES, Options, resolve
from nbparallel.workers import load

#: The short forms.
SHORT: Final = {"workers": "-w", "out": "-o"}
#: What the magics give besides the run's own options: names to bind.
OUTPUTS: Final = {
    "out": "The name to bind the run to.",
    "df": "The name to bind the run's DataFrame to, one row per task.",
}
#: Options that the text of the magic itself answers.
ANSWERED: Final = {
    "unpack": "the names behind `for` say how an item is taken apart: leave it out"
}
#: A run of characters without a space, but for those in quotes.
WORD: Final = re.compile(r"""(?:"[^"]*"|'[^']*'|[^\s"'])+|["']""")
DASHES: Final = "-\u2010\u2011\u2012\u2013\u2014\u2212"


@dataclass(frozen=True, slots=True)
class Word:
    """A piece of the line, and the columns it stands in."""

    text: str
    start: int
    stop: int


@dataclass(slots=True)
class Given:
    """What the flags of one line say.

    Attributes
    ----------
    options
        Fields of `Options`.
    names
        Names to bind, by the keys of `OUTPUTS`.
    rest
        The column where the flags end.
    """

    options: dict[str, Any] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    rest: int = 0
    flags: dict[str, Word] = field(default_factory=dict)


def words() -> dict[str, str]:
    """Return every flag and the option that it sets.

    Examples
    --------
    >>> words()["--on-error"], words()["-w"], words()["--no-block"]
    ('on_error', 'workers', 'block')
    """
    found = {}
    for name in (*NAMES, *OUTPUTS):
        if name in ANSWERED:
            continue
        if name in SHORT:
            found[SHORT[name]] = name
        found[f"--{_dashed(name)}"] = name
        if _is_switch(name):
            found[f"--no-{_dashed(name)}"] = name
    return found


def parse(line: Line, namespace: dict[str, Any]) -> Given:
    """Read the flags at the start of what the magic was given.

    Raises
    ------
    BadCell
        A flag is unknown, or its value cannot be used.
    """
    given, at = Given(), line.start
    while (word := _word(line, at)) and word.text[0] in DASHES:
        at = _read(line, word, given, namespace)
    given.rest = word.start if word else len(line.text)
    _check_together(line, given)
    return given


def usage() -> str:
    """Return the list of flags, as the help of the magics shows it."""
    about = {**documented(), **OUTPUTS}
    lines = []
    for name in (*NAMES, *OUTPUTS):
        forms = [word for word, option in words().items() if option == name]
        if forms:
            value = "" if _is_switch(name) else f" {name.upper()}"
            lines += [f"{', '.join(forms)}{value}", f"    {about[name]}"]
    return "\n".join(lines)


def _read(line: Line, word: Word, given: Given, namespace: dict[str, Any]) -> int:
    """Take one flag, and its value, into *given*; return the column behind them."""
    text, equals, attached = word.text.partition("=")
    known = words()
    is_short = text[:2] in SHORT.values() and f"-{text}" not in known
    if text not in known and is_short and not equals:
        text, equals, attached = text[:2], "=", text[2:]
    name = known.get(text)
    flag = Word(text, word.start, word.start + len(text))
    if name is None:
        _refuse_unknown(line, flag)
    if name in given.flags:
        line.refuse(f"{text}: {name} is given twice", word.start, word.stop)
    if _is_switch(name):
        if equals:
            message = f"{text} takes no value: write {text}, or --no-{_dashed(name)}"
            line.refuse(message, word.start, word.stop)
        given.options[name] = not text.startswith("--no-")
        given.flags[name] = word
        return word.stop
    begun = word.stop - len(attached)
    value = Word(attached, begun, word.stop) if equals else _word(line, word.stop)
    if value is None or not value.text or _is_no_value(value.text):
        message = f"{text} needs a value, as in {text} {_example(name)}"
        line.refuse(message, flag.start, flag.stop)
    given.flags[name] = value
    if name in OUTPUTS:
        given.names[name] = _identifier(line, text, value)
    else:
        given.options[name] = _checked(line, name, value, namespace)
    return value.stop


def _refuse_unknown(line: Line, flag: Word) -> NoReturn:
    bare = flag.text.lstrip(DASHES)
    wanted = f"--{_dashed(bare)}"
    if bare in ANSWERED:
        message = f"--{bare}: {ANSWERED[bare]}"
    elif wanted in words():
        message = f"unknown flag {flag.text!r}: write {wanted}"
    elif wanted.startswith("--no-") and f"--{wanted[5:]}" in words():
        message = f"--{wanted[5:]} takes a value, so there is no {wanted}"
    else:
        message = (
            f"unknown flag {flag.text!r}.{nearest(wanted, words())} "
            f"The flags are {', '.join(words())}."
        )
    line.refuse(message, flag.start, flag.stop)


def _check_together(line: Line, given: Given) -> None:
    if given.names.get("out", "") == given.names.get("df"):
        at = given.flags["df"]
        message = f"-o and --df would both bind {at.text}: give two names"
        line.refuse(message, at.start, at.stop)
    if "df" in given.names and given.options.get("block") is False:
        at = given.flags["block"]
        message = "--df needs the run's end: leave --no-block out, or take -o and .df"
        line.refuse(message, at.start, at.stop)


def _word(line: Line, at: int) -> Word | None:
    found = WORD.search(line.text, at)
    if found is None:
        return None
    if found[0] in {'"', "'"}:
        line.refuse(f"this quote is not closed: {found[0]}", found.start())
    return Word(found[0], found.start(), found.end())


def _checked(line: Line, name: str, value: Word, namespace: dict[str, Any]) -> Any:
    """Return what *value* means for the option, if the engine takes it."""
    try:
        meant = _meant(name, value.text, namespace)
        options = resolve({name: meant})
        if name == "backend":
            load(options.backend)
    except UsageError as error:
        raise line.mistake(str(error), value.start, value.stop) from None
    return meant


def _meant(name: str, text: str, namespace: dict[str, Any]) -> Any:
    kind = _kind(name)
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    if text.lower() == "none" and "None" in kind:
        return None
    if kind.replace(" | None", "") == "str":
        return text
    try:
        # The user's own expression in the user's own cell: -w n, --grace 60*2.
        return eval(text, dict(namespace))  # noqa: S307
    except Exception:  # a bare word; the option's own check says what is wrong with it
        return text


def _identifier(line: Line, flag: str, value: Word) -> str:
    if not value.text.isidentifier() or iskeyword(value.text):
        message = f"{flag} {value.text}: must be a name, as in {flag} pages"
        line.refuse(message, value.start, value.stop)
    return value.text


def _is_no_value(text: str) -> bool:
    return text in {"for", "async"} or text in words() or text.startswith("--")


def _example(name: str) -> str:
    return {"workers": "8", "out": "pages", "df": "table"}.get(
        name, "'text'" if "str" in _kind(name) else "1"
    )


def _is_switch(name: str) -> bool:
    return _kind(name) == "bool"


def _kind(name: str) -> str:
    return next((str(each.type) for each in fields(Options) if each.name == name), "")


def _dashed(name: str) -> str:
    return name.replace("_", "-")


def documented() -> dict[str, str]:
    """Return what the docstring of `Options` says of each field, on one line each."""
    text = inspect.cleandoc(Options.__doc__ or "")
    found = re.findall(r"^(\w+)\n((?:    .*\n?)+)", text, re.MULTILINE)
    return {name: " ".join(about.split()) for name, about in found}
