"""Which flags the magics have: one for each field of `Options`, whatever they are."""

from __future__ import annotations

import inspect
import re
from dataclasses import asdict, fields
from textwrap import fill, indent
from typing import Final

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
    text = inspect.cleandoc(Options.__doc__ or "")
    found = re.findall(r"^(\w+)\n((?:    .*\n?)+)", text, re.MULTILINE)
    return {name: " ".join(about.split()) for name, about in found}


def is_switch(name: str) -> bool:
    """Whether the option's flag takes no value."""
    return kind(name) == "bool"


def kind(name: str) -> str:
    """Return the type that `Options` declares, as it is written there, or ``""``."""
    return next((str(each.type) for each in fields(Options) if each.name == name), "")


def dashed(name: str) -> str:
    """Return the name of an option as flags spell it."""
    return name.replace("_", "-")


def _metavar(name: str) -> str:
    if name in OUTPUTS:
        return "NAME"
    return {"int": "N", "float": "SECONDS"}.get(kind(name).split(" |")[0], "WORD")
