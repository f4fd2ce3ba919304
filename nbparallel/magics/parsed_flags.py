"""What the flags on the line of a magic say."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from keyword import iskeyword
from typing import Any, Final, NoReturn

from nbparallel.errors import UsageError, nearest
from nbparallel.magics.cell import Line
from nbparallel.magics.flags import (
    ANSWERED,
    OUTPUTS,
    SHORT,
    all_flags,
    dashed,
    is_switch,
    kind,
    words,
)
from nbparallel.options import resolve
from nbparallel.peers import ours_for

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
class ParsedFlags:
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


def parse_flags(line: Line, namespace: dict[str, Any]) -> ParsedFlags:
    """Read the flags at the start of what the magic was given.

    Raises
    ------
    BadCell
        A flag is unknown, or its value cannot be used.
    """
    parsed, at = ParsedFlags(), line.start
    while (word := _word(line, at)) and word.text[0] in DASHES:
        at = _read(line, word, parsed, namespace)
    parsed.rest = word.start if word else len(line.text)
    _check_together(line, parsed)
    return parsed


def _read(
    line: Line, word: Word, parsed: ParsedFlags, namespace: dict[str, Any]
) -> int:
    """Take one flag, and its value, into *parsed*; return the column behind them."""
    text, equals, attached = word.text.partition("=")
    known = all_flags()
    is_short = text[:2] in SHORT.values() and not _resembles_a_flag(text)
    if text not in known and is_short and not equals:
        text, equals, attached = text[:2], "=", text[2:]
    name = known.get(text)
    flag = Word(text, word.start, word.start + len(text))
    if name is None:
        _refuse_unknown(line, flag)
    if name in parsed.flags:
        line.refuse(f"{text}: {name} is given twice", word.start, word.stop)
    if is_switch(name):
        if equals:
            message = f"{text} takes no value: write {text}, or --no-{dashed(name)}"
            line.refuse(message, word.start, word.stop)
        parsed.options[name] = not text.startswith("--no-")
        parsed.flags[name] = word
        return word.stop
    begun = word.stop - len(attached)
    value = Word(attached, begun, word.stop) if equals else _word(line, word.stop)
    if value is None or not value.text or _is_no_value(value.text):
        message = f"{text} needs a value, as in {text} {_example(name)}"
        line.refuse(message, flag.start, flag.stop)
    parsed.flags[name] = value
    if name in OUTPUTS:
        parsed.names[name] = _identifier(line, text, value)
    else:
        parsed.options[name] = _checked(line, name, value, namespace)
    return value.stop


def _resembles_a_flag(text: str) -> bool:
    """Whether ``-wrokers`` is a slip of the pen rather than ``-w`` with a value."""
    return f"-{text}" in all_flags() or bool(nearest(f"-{text}", all_flags()))


def _refuse_unknown(line: Line, flag: Word) -> NoReturn:
    bare = flag.text.lstrip(DASHES)
    wanted = f"--{dashed(bare)}"
    if bare in ANSWERED:
        message = f"--{bare}: {ANSWERED[bare]}"
    elif (ours := f"--{dashed(ours_for(bare.replace('-', '_')))}") in all_flags():
        message = f"unknown flag {flag.text!r}: it is called {ours} here"
    elif wanted in all_flags():
        message = f"unknown flag {flag.text!r}: write {wanted}"
    elif wanted.startswith("--no-") and f"--{wanted[5:]}" in all_flags():
        message = f"--{wanted[5:]} takes a value, so there is no {wanted}"
    else:
        message = (
            f"unknown flag {flag.text!r}.{nearest(wanted, all_flags())} "
            f"The flags are {', '.join(all_flags())}."
        )
    line.refuse(message, flag.start, flag.stop)


def _check_together(line: Line, parsed: ParsedFlags) -> None:
    if parsed.names.get("out", "") == parsed.names.get("df"):
        at = parsed.flags["df"]
        message = f"-o and --df would both bind {at.text}: give two names"
        line.refuse(message, at.start, at.stop)
    if "df" in parsed.names and parsed.options.get("block") is False:
        at = parsed.flags["block"]
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
        resolve({name: meant})
    except UsageError as error:
        raise line.mistake(str(error), value.start, value.stop) from None
    return meant


def _meant(name: str, text: str, namespace: dict[str, Any]) -> Any:
    accepted = kind(name)
    if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
        return text[1:-1]
    if text.lower() == "none" and "None" in accepted:
        return None
    if accepted.replace(" | None", "") == "str" or text in words(name):
        return text
    if accepted.startswith("str") and "/" in text:  # a rate, also where there is an s
        return text
    try:
        # The user's own expression in the user's own cell: -w n, --backend pool.
        return eval(text, dict(namespace))  # noqa: S307
    except Exception:  # a bare word; the option's own check says what is wrong with it
        return text


def _identifier(line: Line, flag: str, value: Word) -> str:
    if not value.text.isidentifier() or iskeyword(value.text):
        message = f"{flag} {value.text}: must be a name, as in {flag} pages"
        line.refuse(message, value.start, value.stop)
    return value.text


def _is_no_value(text: str) -> bool:
    return text in {"for", "async"} or text in all_flags() or text.startswith("--")


def _example(name: str) -> str:
    return {"workers": "8", "out": "pages", "df": "table"}.get(
        name, "'text'" if "str" in kind(name) else "1"
    )
