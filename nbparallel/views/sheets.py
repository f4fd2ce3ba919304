"""Small tables in the look of the panel, of HTML as `views.html` makes it.

What they are given is text; it is escaped here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from nbparallel.views.style import STYLE


@dataclass(frozen=True, slots=True)
class Share:
    """A cell that is a bar, *value* of *most* long; *label* is for those who listen."""

    value: float
    most: float
    label: str


#: A cell of a sheet.
Cell = str | Share


def page(sentence: str, sheet: str = "") -> str:
    """Return a sentence and a sheet below it, with their style."""
    words = f"<p>{escape(sentence)}</p>" if sentence else ""
    return f'{STYLE}<div class="nbp">{words}{sheet}</div>'


def sheet(caption: str, head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> str:
    """Return a table, in which the first cell of each row says what the row is of."""
    names = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    return (
        f'<table class="nbp-tasks nbp-facts"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{names}</tr></thead><tbody>{''.join(map(_row, rows))}</tbody>"
        "</table>"
    )


def _row(cells: Sequence[Cell]) -> str:
    first, *rest = map(_inside, cells)
    others = "".join(f"<td>{cell}</td>" for cell in rest)
    return f'<tr><th scope="row">{first}</th>{others}</tr>'


def _inside(cell: Cell) -> str:
    if isinstance(cell, str):
        return escape(cell)
    return (
        f'<progress aria-label="{escape(cell.label)}" value="{cell.value:.4g}" '
        f'max="{cell.most:.4g}">{escape(cell.label)}</progress>'
    )
