"""What the plots share: Axes to draw on, colours, and numbers on axes."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from nbparallel.engine.run import Run
from nbparallel.errors import BadType
from nbparallel.records.columns import Columns
from nbparallel.short_text import one_line
from nbparallel.types import Status

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE: Final = "#0072B2"
SKY: Final = "#56B4E9"
GREEN: Final = "#009E73"
ORANGE: Final = "#E69F00"
VERMILLION: Final = "#D55E00"
PURPLE: Final = "#CC79A7"
#: Seen on white and on black alike.
GREY: Final = "#8C8C8C"

COLOURS: Final = {
    Status.OK: GREEN,
    Status.ERROR: VERMILLION,
    Status.TIMEOUT: ORANGE,
    Status.CANCELLED: GREY,
    Status.CRASHED: PURPLE,
}

#: Inches, and dots for each of them that a screen may have.
SIZE: Final = (6.4, 3.6)
SHARPNESS: Final = 2
#: So many characters of a name fit above a plot.
LONGEST: Final = 56


def axes_for(ax: Axes | None, size: tuple[float, float] = SIZE) -> Axes:
    """Return *ax*, or Axes on a figure of their own that pyplot does not know of.

    Raises
    ------
    BadType
        *ax* is something else.
    """
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    if isinstance(ax, Axes):
        return ax
    if ax is not None:
        message = (
            f"ax must be matplotlib Axes, not {type(ax).__name__}: ax=figure.gca()"
        )
        raise BadType(message)
    figure = Figure(figsize=size, layout="constrained")
    made: Axes = figure.add_subplot(axes_class=_shown_axes())
    return made


@cache
def _shown_axes() -> type[Axes]:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    class ShownAxes(Axes):
        """Axes that Jupyter shows: without pyplot nobody else would."""

        def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
            assert isinstance(self.figure, Figure)  # it was made for these Axes alone
            dots, (width, height) = self.figure.dpi, self.figure.get_size_inches()
            picture = io.BytesIO()
            self.figure.savefig(picture, format="png", dpi=SHARPNESS * dots)
            size = {"width": round(width * dots), "height": round(height * dots)}
            return picture.getvalue(), size

    return ShownAxes


def columns_of(run: Any) -> Columns:
    """Return the columns of a run, or the columns themselves.

    Tasks of earlier runs, which came from a journal, look as if they had not begun:
    they are no part of what this one did.

    Raises
    ------
    BadType
        It is neither.
    """
    if isinstance(run, Columns):
        return run.without_restored()
    if isinstance(run, Run):
        return run.columns().without_restored()
    message = (
        f"this draws a run or its columns, not {type(run).__name__}: "
        "plot_timeline(run), with run = nbp.pmap(…)"
    )
    raise BadType(message)


def tidy(ax: Axes, grid: str = "both") -> None:
    """Take away lines that say nothing, and add faint ones that help to read."""
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(visible=True, axis=grid, color=GREY, alpha=0.3, linewidth=0.6)  # type: ignore[arg-type] # one of its words
    ax.set_axisbelow(True)


def ink(ax: Axes) -> Any:
    """Return the colour that the style in force writes with: it is seen on its page."""
    return ax.xaxis.label.get_color()


def write_title(ax: Axes, name: str, finding: str) -> None:
    """Write above, in a line each, what was measured and what came of it.

    It is written as it stands: a ``$`` in a name begins no formula.
    """
    text = f"{one_line(name, LONGEST)}\n{finding}"
    ax.set_title(text, loc="left", fontsize="medium", parse_math=False)


def legend_above(ax: Axes, **options: Any) -> None:
    """Explain the colours in one line above the plot."""
    handles, _ = ax.get_legend_handles_labels()
    if handles or "handles" in options:
        ax.legend(
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=6,
            frameon=False,
            fontsize="small",
            borderaxespad=0.3,
            handlelength=1.2,
            handletextpad=0.5,
            columnspacing=1.2,
            **options,
        )


def say_empty(ax: Axes, words: str = "no task was carried out") -> Axes:
    """Say in the middle of the plot why there is nothing in it."""
    ax.text(0.5, 0.5, words, transform=ax.transAxes, ha="center", va="center")
    ax.set_xticks([])
    ax.set_yticks([])
    return ax
