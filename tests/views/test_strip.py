"""The timeline as a picture: bounded, inert, and told in words."""

from __future__ import annotations

import re
from base64 import b64decode
from xml.etree import ElementTree as ET

import pytest

from nbparallel.records.strip import Bar, Strip
from nbparallel.records.timeline import Timeline
from nbparallel.types import Status
from nbparallel.views import strip as view
from nbparallel.views.style import STYLE
from tests.records.test_timeline import batch, evenly
from tests.support.payloads import payloads

NS = "{http://www.w3.org/2000/svg}"
SPAN = re.compile(r"(?:M(\d+) [\d.]+|m(-?\d+) 0)h(\d+)")

FEW = Strip(
    lanes=(
        (Bar(0.0, 4.0, "ok", 17), Bar(4.0, 6.0, "error", 18, 1, 1)),
        (Bar(0.0, 8.0, "ok", 19, 12, 3),),
        (Bar(0.0, 2.0, "cancelled", 31), Bar(4.0, 8.0, "running", 32)),
    ),
    since=0.0,
    until=8.0,
    workers=3,
    share=0.94,
    failures=4,
    failing=(3.0, 6.0),
    running=1,
)


def drawn(strip, *, live=False):
    """Return the picture."""
    found = shown(strip, live=live)
    return found if live else found.find(f"{NS}svg")


def shown(strip, *, live=False):
    """Return all that a page has of it."""
    return ET.fromstring(view.svg(strip, live=live))


def spans(strip, kind, *, live=False):
    """Return from where to where there is something of a kind, from the path itself."""
    found = []
    for path in drawn(strip, live=live).iter(f"{NS}path"):
        if path.get("class") == f"nbp-strip-{kind}":
            for start, shift, wide in SPAN.findall(path.get("d")):
                left = int(start) if start else found[-1][1] + int(shift)
                found.append((left, left + int(wide)))
    return found


def titles(strip):
    return [each.get("title") for each in shown(strip).iter("i")]


def test_what_has_no_strip_has_no_picture():
    assert view.svg(None, live=True) == view.svg(None, live=False) == view.image(None)
    assert view.image(None) == ""


def test_the_label_tells_it_in_words():
    assert drawn(FEW).get("role") == "img"
    assert drawn(FEW).get("aria-label") == view.label(FEW)
    assert view.label(FEW) == (
        "3 workers, 8.00 s: busy 94 % of the time, "
        "4 failures between 3.00 s and 6.00 s, 1 task running"
    )


def test_the_label_says_that_only_the_last_minute_is_shown():
    made, end = evenly(1000, 0.5)
    recent = made.strip(end, widths=[(0.0, 1)])

    assert view.label(recent).startswith("1 worker, 8m 20s, the last 60 s shown: busy ")
    assert "shown" not in view.label(made.strip(end, widths=[(0.0, 1)], whole=True))


def test_a_bar_is_where_it_was_and_as_long():
    assert spans(FEW, "good")[0] == (0, 499)
    assert spans(FEW, "bad")[0] == (500, 749)
    assert spans(FEW, "quiet") == [(0, 249)]
    assert spans(FEW, "busy") == [(500, 999)]


def test_the_failed_part_of_several_is_seen_however_small():
    assert spans(FEW, "bad")[1] == (749, 999)
    one = Strip(((Bar(0, 8, "error", 0, 100_000, 1),),), 0, 8, 1, failures=1)
    (bad,) = spans(one, "bad")
    (good,) = spans(one, "good")

    assert bad == (997, 999)
    assert good == (0, 999)


def test_a_bar_too_short_to_see_is_seen():
    brief = Bar(99.9999, 100.0, "ok", 0)

    assert spans(Strip(((brief,),), 0, 100, 1), "good") == [(999, 1000)]
    assert spans(Strip(((Bar(0, 0, "ok", 0),),), 0, 0, 1), "good") == [(0, 1)]


def test_bars_say_what_they_are():
    found = titles(FEW)

    assert found[:2] == ["12 tasks, 3 failed", "task 18: 2.00 s, error"]
    assert "task 17: 4.00 s, ok" in found
    assert "task 31: 2.00 s, cancelled" in found


def test_a_page_without_pictures_has_no_text_of_them():
    assert "".join(shown(FEW).itertext()) == ""


def test_while_it_goes_on_there_are_few_elements_and_no_titles():
    made, end = evenly(2000, 0.05, workers=32, every=7)
    shown = drawn(made.strip(end, widths=[(0.0, 32)]), live=True)

    assert len(list(shown.iter())) <= 5


def test_bars_do_not_shrink_each_time_that_somebody_looks():
    bar = Bar(0.0, 1.0, "ok", 0)
    places = [
        spans(Strip(((bar,),), 0, until, 1), "good", live=True)[0]
        for until in (2.1, 4.9, 5.1, 60.0)
    ]
    assert places == [(0, 199), (0, 199), (0, 99), (0, 16)]


@pytest.mark.parametrize("workers", [1, 32, 1000])
@pytest.mark.parametrize("every", [0, 1, 3])
def test_a_picture_is_small_however_many_tasks(workers, every):
    made, end = evenly(20_000, 0.05, workers=workers, every=every)
    widths = [(0.0, workers)]
    recent, whole = (
        made.strip(end, widths=widths, whole=each) for each in (False, True)
    )

    assert len(view.svg(recent, live=True).encode()) <= 8_000
    assert len(view.svg(whole, live=False).encode()) <= 20_000
    assert len(view.image(whole)) <= 12_000
    assert float(drawn(whole).get("height")) <= 64


def test_a_million_tasks_are_as_small_a_picture_as_few():
    ends = [(n + 1) / 1000 for n in range(1_000_000)]
    failures = dict.fromkeys(range(0, 1000000, 500), Status.ERROR)
    made = Timeline(lambda instant: instant)
    made.took(batch(0, 0.0, ends, failures=failures))
    whole = made.strip(1000.0, widths=[(0.0, 1)], whole=True)

    assert len(view.svg(whole, live=False).encode()) <= 20_000
    assert len(view.image(whole)) <= 12_000
    assert len(spans(whole, "bad")) == sum(len(lane) for lane in whole.lanes)


def test_failures_have_their_titles_where_there_is_no_room_for_all():
    bars = tuple(
        Bar(n, n + 1, "error" if n % 4 == 0 else "ok", n, 1, int(n % 4 == 0))
        for n in range(400)
    )
    found = titles(Strip((bars,), 0, 400, 1))

    assert len(found) < 400
    assert sum(title.endswith("error") for title in found) == 100


@pytest.mark.parametrize("payload", payloads(["alert(1)"]))
def test_nothing_in_it_can_be_anything_but_text(payload):
    status = payload.translate(dict.fromkeys(range(32)))  # no XML may hold those
    strip = Strip(((Bar(0, 1, status, 0), Bar(1, 2, status, 1, 1, 1)),), 0, 2, 1)
    tags = [each.tag for each in shown(strip).iter()]
    attributes = {name for each in shown(strip).iter() for name in each.attrib}

    assert set(tags) == {"div", "i", f"{NS}svg", f"{NS}path"}
    assert not any(name.startswith("on") or "href" in name for name in attributes)
    assert any(status in title for title in titles(strip))


def test_an_image_is_the_same_picture_with_colours_of_its_own():
    image = ET.fromstring(view.image(FEW).removesuffix(">") + "/>")
    kind, _, data = image.get("src").partition(",")
    picture = ET.fromstring(b64decode(data))

    assert image.tag == "img"
    assert image.get("alt") == view.label(FEW)
    assert kind == "data:image/svg+xml;base64"
    assert all(path.get("stroke") for path in picture.iter(f"{NS}path"))


def test_the_theme_of_the_page_has_a_colour_for_each_kind():
    for kind in view.LOOKS:
        assert f".nbp-strip-{kind} {{ stroke: var(--nbp-{kind}); }}" in STYLE


def test_failures_are_taller_than_what_is_right():
    assert max(view.LOOKS.values()) == view.LOOKS["bad"]


@pytest.mark.parametrize("workers", [1, 3, 5, 7, 16, 24, 32, 64])
def test_lanes_can_be_told_apart_however_many(workers):
    made, end = evenly(2_000, 0.05, workers=workers, every=7)
    picture = drawn(made.strip(end, widths=[(0.0, workers)]), live=True)
    lanes = len(made.strip(end, widths=[(0.0, workers)]).lanes)
    lane = int(picture.get("height")) // lanes
    for path in picture.iter(f"{NS}path"):
        thick = int(path.get("stroke-width"))
        assert thick < lane or path.get("class") == "nbp-strip-bad"
        for middle in re.findall(r"M\d+ ([\d.]+)", path.get("d")):
            top = float(middle) - thick / 2
            assert top.is_integer()
            assert 0 <= top % lane <= lane - thick
