"""The timeline of a run as a picture: a band with a lane for each worker.

It is stretched to the width of the page, so it has no text in it. What it says is in
its label, in words; and failures are taller than the rest, whatever their colour. What
is said of a bar is the title of a box over it: where pictures are taken out of a page,
the text that is in them stays.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from html import escape
from typing import Final, NamedTuple

from nbparallel.quantities import count, duration, took
from nbparallel.records.strip import Bar, Strip
from nbparallel.records.timeline import WINDOW

#: The width in units of the picture; its height in pixels, and the most and the least
#: of a lane: of less, nobody could tell two of them apart.
WIDE: Final = 1000
HIGH, LANE, LEAST = 48, 12, 2
#: A window of so many seconds stays while the run fills it, so that bars don't shrink
#: each time that somebody looks.
WINDOWS: Final = (2, 5, 10, 20, 30, WINDOW)
#: Units between two bars that have room for it, and how many a failure has at least.
GAP, SEEN = 1, 2
#: The most bytes of a picture and its titles.
ROOM: Final = 20_000


class Look(NamedTuple):
    """How bars of one kind look: their share of a lane, and their colour.

    The colour is seen on white and on black. Where there is a style sheet, the theme of
    the page has its own.
    """

    share: float
    colour: str


#: What is drawn first is covered by what comes later.
LOOKS: Final = {
    "busy": Look(0.4, "#4a90d9"),
    "quiet": Look(0.4, "#8c8c8c"),
    "good": Look(0.75, "#2f9e62"),
    "bad": Look(1.0, "#e5484d"),
}
KINDS: Final = {"running": "busy", "cancelled": "quiet"}


def svg(strip: Strip | None, *, live: bool) -> str:
    """Return the timeline as a picture within a page, or nothing if there is none.

    Parameters
    ----------
    strip
        The timeline, or None.
    live
        Whether it is drawn anew all the time: then bars have no titles.
    """
    if strip is None:
        return ""
    seconds = strip.until - strip.since
    if live:
        window = next((each for each in WINDOWS if each >= seconds), WINDOW)
        return _drawn(strip, window)
    drawn = _drawn(strip, seconds)
    opening, closing = '<div class="nbp-titled">', "</div>"
    room = ROOM - sum(len(part.encode()) for part in (opening, drawn, closing))
    return f"{opening}{drawn}{''.join(_titles(strip, room))}{closing}"


def image(strip: Strip | None) -> str:
    """Return the timeline for pages that take SVG out, or nothing if there is none."""
    if strip is None:
        return ""
    drawn = b64encode(_drawn(strip, strip.until - strip.since).encode()).decode()
    return (
        f'<img alt="{escape(label(strip))}" width="100%" height="{_height(strip)}" '
        f'src="data:image/svg+xml;base64,{drawn}">'
    )


def label(strip: Strip) -> str:
    """Return what the picture says.

    Examples
    --------
    >>> label(Strip(((Bar(0, 52, "ok", 0),),), 0, 52, workers=8, share=0.94))
    '8 workers, 52.0 s: busy 94 % of the time'
    """
    shown = f", the last {WINDOW:g} s shown" if strip.since else ""
    told = []
    if strip.share is not None:
        told.append(f"busy {100 * strip.share:.0f} % of the time")
    if strip.failing is not None:
        first, last = map(duration, strip.failing)
        when = f"after {first}" if first == last else f"between {first} and {last}"
        told.append(f"{_several(strip.failures, 'failure')} {when}")
    if strip.running:
        told.append(f"{_several(strip.running, 'task')} running")
    workers = _several(strip.workers, "worker")
    return f"{workers}, {duration(strip.until)}{shown}: {', '.join(told)}"


def _several(number: int, word: str) -> str:
    return f"{count(number)} {word}{'' if number == 1 else 's'}"


# -- The picture ----------------------------------------------------------------------


def _drawn(strip: Strip, window: float) -> str:
    """Return the picture, *window* seconds wide, in one path per kind of bar."""
    height = _height(strip)
    paths = "".join(
        f'<path class="nbp-strip-{kind}" stroke="{look.colour}" '
        f'stroke-width="{_thick(strip, kind)}" d="{path}"/>'
        for kind, look in LOOKS.items()
        if (path := "".join(_lines(strip, window, kind)))
    )
    return (
        f'<svg class="nbp-strip" role="img" aria-label="{escape(label(strip))}" '
        f'xmlns="http://www.w3.org/2000/svg" width="100%" height="{height}" '
        f'style="height:{height}px" '  # pages have a rule of their own
        f'viewBox="0 0 {WIDE} {height}" preserveAspectRatio="none" fill="none">'
        f"{paths}</svg>"
    )


def _lines(strip: Strip, window: float, kind: str) -> Iterator[str]:
    """Yield a line for each bar of one kind, from where the one before it ended."""
    for lane, bars in enumerate(strip.lanes):
        places = ((bar, *_place(strip, window, bar)) for bar in bars)
        parts = [part for each in places if (part := _part(*each, kind))]
        end = None
        for left, right in parts:
            if end is None:
                yield f"M{left} {_middle(strip, lane, kind):g}h{right - left}"
            else:
                yield f"m{left - end} 0h{right - left}"
            end = right


def _place(strip: Strip, window: float, bar: Bar) -> tuple[int, int]:
    """Return where *bar* begins and ends, in units; it has one at least."""
    begin, end = (
        min(WIDE, max(0, round((second - strip.since) / (window or 1.0) * WIDE)))
        for second in (bar.begin, bar.end)
    )
    left = min(begin, WIDE - 1)
    gap = GAP if end - left > SEEN else 0
    return left, max(left + 1, end - gap)


def _part(bar: Bar, left: int, right: int, kind: str) -> tuple[int, int] | None:
    """Return from where to where *bar* is of one kind, if it is.

    Its failed part is as wide as their share of its tasks, and wide enough to be seen.
    """
    if kind == "bad":
        wide = max(SEEN, round((right - left) * bar.failed / bar.tasks))
        return (max(0, right - wide), right) if bar.failed else None
    is_whole = bar.failed < bar.tasks and KINDS.get(bar.status, "good") == kind
    return (left, right) if is_whole else None


# Whole pixels: what is drawn between two of them is blurred.


def _step(strip: Strip) -> int:
    """Return how high a lane is."""
    return min(LANE, max(LEAST, HIGH // max(1, len(strip.lanes))))


def _height(strip: Strip) -> int:
    return _step(strip) * len(strip.lanes)


def _thick(strip: Strip, kind: str) -> int:
    return max(1, int(_step(strip) * LOOKS[kind].share))


def _middle(strip: Strip, lane: int, kind: str) -> float:
    step, thick = _step(strip), _thick(strip, kind)
    return lane * step + (step - thick) // 2 + thick / 2


# -- Titles ---------------------------------------------------------------------------


def _titles(strip: Strip, room: int) -> Iterator[str]:
    """Yield what is said of bars under the mouse: failures first, then the longest."""
    window, high = strip.until - strip.since, _step(strip)
    bars = [(lane, bar) for lane, bars in enumerate(strip.lanes) for bar in bars]
    bars.sort(key=lambda each: (not each[1].failed, each[1].begin - each[1].end))
    for lane, bar in bars:
        left, right = _place(strip, window, bar)
        place = (
            f"left:{100 * left / WIDE:g}%;width:{100 * (right - left) / WIDE:g}%;"
            f"top:{lane * high}px;height:{high}px"
        )
        title = f'<i style="{place}" title="{escape(_told(bar))}"></i>'
        room -= len(title.encode())
        if room < 0:
            break
        yield title


def _told(bar: Bar) -> str:
    """Return what a bar is, in words."""
    if bar.tasks == 1:
        return f"task {bar.first}: {took(bar.end - bar.begin)}, {bar.status}"
    if bar.status in KINDS:
        return f"{count(bar.tasks)} tasks, {bar.status}"
    failed = f", {count(bar.failed)} failed" if bar.failed else ""
    return f"{count(bar.tasks)} tasks{failed}"
