"""What tasks raised, by task, as a dict that a notebook shows in groups."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar

from nbparallel.short_text import type_name


class Errors(dict[int, BaseException]):
    """What tasks raised, by task.

    Parameters
    ----------
    errors
        The failures by task.
    inputs
        The items of the first of these tasks, by task, to name them in a notebook.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> run = nbp.pmap(int, ["1", "two", None], progress=False)
    >>> run.errors[1]
    ValueError("invalid literal for int() with base 10: 'two'")
    >>> {kind: [*failed] for kind, failed in run.errors.by_type.items()}
    {'ValueError': [1], 'TypeError': [2]}
    """

    #: What makes HTML of them; set by who has views.
    to_html: ClassVar[Callable[[Errors], str] | None] = None

    def __init__(
        self,
        errors: Mapping[int, BaseException] | Iterable[tuple[int, BaseException]] = (),
        inputs: Mapping[int, Any] | Iterable[tuple[int, Any]] = (),
    ) -> None:
        super().__init__(errors)
        self.inputs: dict[int, Any] = dict(inputs)

    @property
    def by_type(self) -> dict[str, dict[int, BaseException]]:
        """The failures by the name of their type, and by task.

        Examples
        --------
        >>> Errors({3: ValueError("no"), 5: OSError("gone")}).by_type
        {'ValueError': {3: ValueError('no')}, 'OSError': {5: OSError('gone')}}
        """
        found: dict[str, dict[int, BaseException]] = {}
        for task, error in self.items():
            found.setdefault(type_name(error), {})[task] = error
        return found

    def _repr_html_(self) -> str | None:
        made = Errors.to_html(self) if Errors.to_html is not None else ""
        return made or None
