"""Which flags the magics have: one for each field of `Options`, whatever they are."""

from __future__ import annotations

from dataclasses import asdict
from textwrap import fill, indent
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from nbparallel import signatures
from nbparallel.options import NAMES, Options

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
_TYPES: Final = get_type_hints(Options)


def all_flags() -> dict[str, str]:
    """Return every flag and the option that it sets.

    Examples
    --------
    >>> all_flags()["--on-error"], all_flags()["-w"], all_flags()["--no-block"]
    ('on_error', 'workers', 'block')
    """
    found = {}
    for name in (*NAMES, *OUTPUTS):
        if name in ANSWERED:
            continue
        if name in SHORT:
            found[SHORT[name]] = name
        found[f"--{dashed(name)}"] = name
        if is_switch(name):
            found[f"--no-{dashed(name)}"] = name
    return found


def usage() -> str:
    """Return the list of flags, as the help of the magics shows it."""
    about = {**documented(), **OUTPUTS}
    usual = asdict(Options())
    lines = []
    for name in (*NAMES, *OUTPUTS):
        forms = ", ".join(
            word for word, option in all_flags().items() if option == name
        )
        if not forms:
            continue
        if not is_switch(name):
            forms = f"{forms} {_metavar(name)}"
        text = about[name].replace("``", "")
        if usual.get(name) is not None:
            text = f"{text} Usually {usual[name]}."
        lines += [forms, indent(fill(text, 76), " " * 4)]
    return "\n".join(lines)


def documented() -> dict[str, str]:
    """Return what the docstring of `Options` says of each field, on one line each."""
    entries = signatures.documented(Options)
    return {name: " ".join(about.split()) for name, about in entries.items()}


def is_switch(name: str) -> bool:
    """Whether the option's flag takes no value."""
    return kind(name) == "bool"


def kind(name: str) -> str:
    """Return the type that `Options` declares, or ``""``; a choice of words is ``str``.

    Examples
    --------
    >>> kind("workers"), kind("on_error"), kind("df")
    ('int | str | None', 'str', '')
    """
    declared = _TYPES.get(name)
    is_union = get_origin(declared) in (Union, UnionType)
    arms = get_args(declared) if is_union else (declared,)
    return " | ".join(map(_spelt, arms)) if declared else ""


def words(name: str) -> tuple[str, ...]:
    """Return the words that can be the option's value, if it is one of some words.

    Examples
    --------
    >>> words("on_error"), words("workers")
    (('collect', 'raise'), ('auto',))
    """
    declared = _TYPES.get(name)
    found = (declared, *get_args(declared))
    return sum((get_args(arm) for arm in found if get_origin(arm) is Literal), ())


def dashed(name: str) -> str:
    """Return the name of an option as flags spell it."""
    return name.replace("_", "-")


def _metavar(name: str) -> str:
    if name in OUTPUTS:
        return "NAME"
    return {"int": "N", "float": "SECONDS"}.get(kind(name).split(" |")[0], "WORD")


def _spelt(arm: Any) -> str:
    if get_origin(arm) is Literal:
        return "str"
    return "None" if arm is NoneType else getattr(arm, "__name__", str(arm))
