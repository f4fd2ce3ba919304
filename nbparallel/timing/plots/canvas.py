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
#: Text about what is SKY: that would be too light on white.
BLUE_INK: Final = "#3A8BC2"
#: Seen on white and on black alike: as a line, and as text.
GREY, INK = "#8C8C8C", "#7A7A7A"
#: Half transparent, so that what is written on it is seen as well.
FAINT: Final = "#8C8C8C80"
#: What makes a figure fit any page, where no style has been chosen.
FITS_ANY: Final[dict[Any, Any]] = {
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "savefig.facecolor": "auto",
    **dict.fromkeys(
        (
            "text.color",
            "axes.labelcolor",
            "axes.edgecolor",
            "xtick.color",
            "ytick.color",
        ),
        INK,
    ),
}

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
#: The most characters of a picture that is sharp at any size.
MOST_DRAWN: Final = 400_000
#: So many characters of a name fit above a plot.
LONGEST: Final = 56


def axes_for(ax: Axes | None, size: tuple[float, float] = SIZE) -> Axes:
    """Return *ax*, or Axes on a figure of their own that pyplot does not know of.

    Raises
    ------
    BadType
        *ax* is something else.
    """
    from matplotlib import rc_context
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    if isinstance(ax, Axes):
        return ax
    if ax is not None:
        message = (
            f"ax must be matplotlib Axes, not {type(ax).__name__}: ax=figure.gca()"
        )
        raise BadType(message)
    with rc_context(FITS_ANY if _has_no_style() else {}):
        figure = Figure(figsize=size, layout="constrained")
        made: Axes = figure.add_subplot(axes_class=_shown_axes())
    return made


def _has_no_style() -> bool:
    """Whether matplotlib's own black on white is in force."""
    from matplotlib import rcParams, rcParamsDefault

    return all(rcParams[name] == rcParamsDefault[name] for name in FITS_ANY)


@cache
def _shown_axes() -> type[Axes]:
    from matplotlib import rc_context
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    class ShownAxes(Axes):
        """Axes that Jupyter shows: without pyplot nobody else would.

        Sharp at any size where it can; pages that take that out have the other picture.
        """

        def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
            assert isinstance(self.figure, Figure)  # it was made for these Axes alone
            dots, (width, height) = self.figure.dpi, self.figure.get_size_inches()
            picture = io.BytesIO()
            self.figure.savefig(picture, format="png", dpi=SHARPNESS * dots)
            size = {"width": round(width * dots), "height": round(height * dots)}
            return picture.getvalue(), size

        def _repr_svg_(self) -> str | None:
            assert isinstance(self.figure, Figure)
            picture = io.StringIO()
            with rc_context({"svg.hashsalt": "nbparallel"}):
                self.figure.savefig(picture, format="svg", metadata={"Date": None})
            drawn = picture.getvalue()
            return drawn if len(drawn) <= MOST_DRAWN else None

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
    ax.set_title(
        text.strip(), loc="left", fontsize="medium", color=ink(ax), parse_math=False
    )


def write_finding(ax: Axes, finding: str, *, above_legend: bool = False) -> None:
    """Write above what the picture shows."""
    pad = 22 if above_legend else 6
    ax.set_title(finding, loc="left", fontsize="medium", color=ink(ax), pad=pad)


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
