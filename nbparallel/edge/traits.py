"""The settings as IPython has them: for ``%config`` and for configuration files.

Nothing is kept here. Each trait reads and writes what `nbparallel.settings` has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, Final

from traitlets import TraitType
from traitlets.config import Configurable

from nbparallel.configuration import NAMES, settings
from nbparallel.options import AllOptions, sources
from nbparallel.signatures import documented
from nbparallel.sources import Said, ours


class Option(TraitType[Any, Any]):
    """One setting."""

    def get(self, obj: Any, cls: Any = None) -> Any:  # noqa: ARG002 # traitlets' own
        """Return the value that is in force, whatever source it has."""
        return getattr(settings, str(self.name))

    def set(self, obj: Any, value: Any) -> None:
        """Say a new value for the session, or what the configuration has."""
        assert self.name is not None
        obj.take(self.name, value)

    def from_string(self, s: str) -> Any:
        """Return what text of a command line means."""
        return sources.read(ours(str(self.name)), s)


class Configured(Configurable):
    """What has settings for traits.

    What it is made with comes from files and the command line; what it is told later,
    from the user's cells.
    """

    _made = False

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords)
        self._made = True

    def take(self, name: str, value: Any) -> None:
        """Hand a value on to where all are kept."""
        written = f"{type(self).__name__}.{name}="
        if self._made:
            sources.say({ours(name): sources.check(ours(name), value, written)})
        else:
            sources.configure({ours(name): Said(value, f"c.{written}")})


def traits(names: Iterable[str]) -> dict[str, Any]:
    """Return a trait for each of these settings, as the body of a class has them."""
    about = documented(AllOptions)  # nothing in Python without docstrings: -OO
    known = {field.name: field for field in fields(AllOptions)}
    return {
        name: _kind_of(str(known[ours(name)].type))(
            known[ours(name)].default,
            allow_none=True,
            help=" ".join(about.get(ours(name), "").replace("``", "").split()),
        ).tag(config=True)
        for name in names
    }


def _kind_of(annotation: str) -> type[Option]:
    """Return a class with the name that ``%config`` is to show as the type."""
    return type(annotation, (Option,), {})


#: ``%config Settings.max_workers = 16``, and ``c.Settings`` in files.
Settings: Final[type[Any]] = type("Settings", (Configured,), traits(NAMES))


def register(shell: Any) -> None:
    """Have IPython's shell configure the settings; more calls change nothing.

    A shell that configures nothing, such as one that only looks like IPython's, is left
    as it is.
    """
    found = getattr(shell, "configurables", None)
    if found is not None and not any(type(each) is Settings for each in found):
        found.append(Settings(parent=shell))
