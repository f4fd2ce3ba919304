"""What a loop over a run says of it, in the words of a tqdm bar."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Integral, Real
from typing import Any, TextIO

from nbparallel.records.caption import Caption
from nbparallel.short_text import brief, type_name


class Progress:
    """What a loop sees of its run's bar: the ``pbar`` of `nbparallel.Parallelized`.

    What is set here shows in the panel and in the terminal bar with their next drawing,
    which comes a few times a second, and stays when the run has ended. The bar itself
    moves with the run.

    Attributes
    ----------
    n
        How many tasks the loop has had, and what `update` has added.
    total
        How many there will be; None while nobody knows. Both can be set.
    desc
        What `set_description` has set, or ``""``.
    postfix
        What `set_postfix` has set, as text.

    Examples
    --------
    >>> import nbparallel as nbp
    >>> calls = [{"number": number} for number in range(3)]
    >>> with nbp.Parallelized(lambda number: number, calls, progress=False) as par:
    ...     for kwargs, result, error in par:
    ...         par.pbar.set_postfix(failed=0, loss=0.12345)
    >>> par.pbar.postfix
    'failed=0, loss=0.123'
    >>> par.pbar.n, par.pbar.total
    (3, 3)
    """

    def __init__(self, total: int | None) -> None:
        self.n: float = 0
        self.total: float | None = total
        self.desc = self.postfix = ""
        self._counts = False

    def set_description(self, desc: str | None = None, refresh: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002 # as tqdm has it
        """Call the run *desc*; without one it has the name again that it began with."""
        self.desc = "" if desc is None else _shown(desc)

    def set_postfix(
        self,
        ordered_dict: Mapping[str, Any] | None = None,
        refresh: bool = True,  # noqa: ARG002, FBT001, FBT002 # as tqdm has it
        **values: Any,
    ) -> None:
        """Show names with their values behind the counts of the run.

        Parameters
        ----------
        ordered_dict, **values
            They; all that were shown before are gone.
        refresh
            Without effect, for calls written for tqdm.
        """
        pairs = {**(ordered_dict or {}), **dict(sorted(values.items()))}
        self.postfix = ", ".join(f"{name}={_shown(pairs[name])}" for name in pairs)

    def set_postfix_str(self, s: str = "", refresh: bool = True) -> None:  # noqa: ARG002, FBT001, FBT002 # as tqdm has it
        """Show *s* behind the counts of the run."""
        self.postfix = _shown(s)

    def update(self, n: float = 1) -> None:
        """Add to a count of your own, `n`, which then shows behind those of the run."""
        self.n += n
        self._counts = True

    def reset(self, total: float | None = None) -> None:
        """Count from 0 again, up to *total* where it is given."""
        self.n = 0
        if total is not None:
            self.total = total

    def refresh(self, nolock: bool = False, lock_args: object = None) -> None:  # noqa: FBT001, FBT002 # as tqdm has it
        """Do nothing: what was set is drawn with the next drawing, as ever."""

    def clear(self, nolock: bool = False) -> None:  # noqa: FBT001, FBT002 # as tqdm has it
        """Do nothing: the bar is the run's."""

    def close(self) -> None:
        """Do nothing: the bar ends with the run."""

    def write(
        self,
        s: str,
        file: TextIO | None = None,
        end: str = "\n",
        nolock: bool = False,  # noqa: FBT001, FBT002 # as tqdm has it
    ) -> None:
        """Print a line: above the bar of a terminal, in a notebook below the panel."""
        from tqdm import tqdm  # the terminal's bar is one of its bars

        tqdm.write(s, file=file, end=end, nolock=nolock)

    def caption(self) -> Caption:
        """Return what is to be shown now, for the run."""
        return Caption(self.desc, ", ".join(filter(None, [self.postfix, self._told()])))

    def _told(self) -> str:
        if not self._counts:
            return ""
        n, total = _shown(self.n), self.total
        return f"{n} counted" if total is None else f"{n} of {_shown(total)} counted"


def _shown(value: Any) -> str:
    """Return a value as a postfix has it: numbers in three digits, text as it is."""
    try:
        if isinstance(value, str):
            return str.__str__(value).strip()
        if isinstance(value, Real) and not isinstance(value, Integral):
            return f"{float(value):.3g}"
        return str.__str__(str(value))
    except Exception:  # the user's __str__ may do anything; the loop goes on
        return brief(value) or type_name(value)
