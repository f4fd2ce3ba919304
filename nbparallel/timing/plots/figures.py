"""Figures of our own: Axes that Jupyter shows, on light and dark pages alike."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from nbparallel.errors import BadType
from nbparallel.timing.plots import showing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Inches, and dots for each of them that a screen may have.
SIZE: Final = (6.4, 3.6)
SHARPNESS: Final = 2
#: The most characters of a picture that is sharp at any size.
MOST_DRAWN: Final = 400_000
#: Text that is seen on white and on black alike.
INK: Final = "#7A7A7A"
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
        made: Axes = figure.add_subplot(axes_class=shown_axes())
    showing.show_later(made)
    return made


def _has_no_style() -> bool:
    """Whether matplotlib's own black on white is in force."""
    from matplotlib import rcParams, rcParamsDefault

    return all(rcParams[name] == rcParamsDefault[name] for name in FITS_ANY)


@cache
def shown_axes() -> type[Axes]:
    """Return the class of the Axes of our own figures."""
    from matplotlib import rc_context
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    class ShownAxes(Axes):
        """Axes that Jupyter shows: without pyplot nobody else would.

        Sharp at any size where it can; pages that take that out have the other picture.
        """

        finding = ""

        def set_title(self, *args: Any, **options: Any) -> Any:
            """Write a title, in the place of what is said of the picture by itself."""
            if self.finding and self.get_title(loc="left") == self.finding:
                self.finding = ""
                super().set_title("", loc="left")
            return super().set_title(*args, **options)

        def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
            assert isinstance(self.figure, Figure)  # it was made for these Axes alone
            showing.is_shown(self)
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
