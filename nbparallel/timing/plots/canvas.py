"""What the plots share: colours, titles, and names beside lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from nbparallel.engine.run import Run
from nbparallel.errors import BadType
from nbparallel.records.columns import Columns
from nbparallel.short_text import one_line
from nbparallel.timing.plots import figures
from nbparallel.types import Status

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BLUE: Final = "#0072B2"
SKY: Final = "#56B4E9"
GREEN: Final = "#009E73"
ORANGE: Final = "#E69F00"
VERMILLION: Final = "#D55E00"
PURPLE: Final = "#CC79A7"
#: Text about what is SKY: that would be too light on white.
BLUE_INK: Final = "#3A8BC2"
#: Seen on white and on black alike.
GREY: Final = "#8C8C8C"
#: Half transparent, so that what is written on it is seen as well.
FAINT: Final = "#8C8C8C80"

COLOURS: Final = {
    Status.OK: GREEN,
    Status.ERROR: VERMILLION,
    Status.TIMEOUT: ORANGE,
    Status.CANCELLED: GREY,
    Status.CRASHED: PURPLE,
}

#: So many characters of a name fit above a plot.
LONGEST: Final = 56


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
    _write_above(ax, f"{one_line(name, LONGEST)}\n{finding}".strip(), 6)


def write_finding(ax: Axes, finding: str, *, above_legend: bool = False) -> None:
    """Write above what the picture shows; Axes of the user's have their own titles."""
    if isinstance(ax, figures.shown_axes()):
        _write_above(ax, finding, 22 if above_legend else 6)


def _write_above(ax: Any, text: str, pad: float) -> None:
    ax.set_title(
        text, loc="left", fontsize="medium", color=ink(ax), pad=pad, parse_math=False
    )
    if isinstance(ax, figures.shown_axes()):
        ax.finding = text  # type: ignore[attr-defined] # those have it


def ink_in(ax: Any, colour: Any) -> None:
    """Write and draw axes that come on top of others in one colour."""
    ax.yaxis.label.set_color(colour)
    ax.tick_params(axis="y", colors=colour)
    ax.spines["right"].set_edgecolor(colour)


def write_beside(
    ax: Axes,
    text: str,
    point: tuple[float, float],
    colour: str,
    *,
    away: tuple[int, int],
    coordinates: Any = "data",
) -> None:
    """Write what a line or a point is next to it, instead of in a legend.

    The text begins or ends so many points *away* to the right and up, or is centred.
    """
    right, up = away
    ax.annotate(
        text,
        point,
        xycoords=coordinates,
        xytext=away,
        textcoords="offset points",
        ha="left" if right > 0 else "right" if right < 0 else "center",
        va="bottom" if up > 0 else "top" if up < 0 else "center",
        color=colour,
        fontsize="small",
        annotation_clip=False,
    )


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
            labelcolor=ink(ax),
            borderaxespad=0.3,
            handlelength=1.2,
            handletextpad=0.5,
            columnspacing=1.2,
            **options,
        )


def say_empty(ax: Axes, words: str = "no task was carried out") -> Axes:
    """Say in the middle of the plot why there is nothing in it."""
    middle = {"ha": "center", "va": "center", "color": ink(ax)}
    ax.text(0.5, 0.5, words, transform=ax.transAxes, **middle)
    ax.set_xticks([])
    ax.set_yticks([])
    return ax
