"""What a face shows of its run besides the tasks."""

from __future__ import annotations

from dataclasses import replace

import nbparallel as nbp
from nbparallel.options import resolve
from nbparallel.records.exhibits import Bar, Bars, Sheet
from nbparallel.views import exhibits, html, page, text
from nbparallel.work.work import Work

EVIL = "<script>alert(1)</script>\n& more"
BARS = Bars((Bar("one", 3, 4, failed=1), Bar(EVIL, 7, None, note="so <far>")), more=5)
SHEET = Sheet(
    EVIL, ("Agent", "Actions", "Seconds"), (("Ann", 3, 0.25), (EVIL, None, 12.0)), 1200
)


def test_nothing_is_left_unescaped():
    found = exhibits.html([BARS, SHEET])
    assert "<script" not in found
    assert "<far>" not in found
    assert "&lt;script&gt;" in found


def test_in_html_each_part_has_its_bar_and_its_words():
    found = exhibits.html([BARS])
    assert 'max="4" value="3"' in found
    assert "3 of 4, 1 failed" in found
    assert "7 so far, so &lt;far&gt;" in found
    assert "… 5 more" in found


def test_as_text():
    assert exhibits.lines([Bars((Bar("one", 3, 4, failed=1), Bar("b", 7, None)))]) == [
        "  one  [###############.....] 3 of 4, 1 failed",
        "  b    7 so far",
    ]
    assert exhibits.lines([SHEET])[0].split() == ["Agent", "Actions", "Seconds"]
    assert exhibits.lines([SHEET])[-1] == "  ... 1,200 more"


def test_they_are_asked_for_anew_and_shown_live_at_the_end_and_as_text():
    asked = []

    def shown():
        asked.append(1)
        return [Bars((Bar("part", len(asked), 9),))]

    work = Work("w", abs, [-1, 2], None, 2, exhibits=shown)
    run = nbp.Run(work, resolve({"progress": False})).start()
    first, second = run.snapshot(), run.snapshot()
    assert first.exhibits[0].bars[0].done + 1 == second.exhibits[0].bars[0].done
    assert "part" in page.static(second)
    assert "part" in html.above(second)
    assert "] 2 of 9" in text.plain(
        replace(second, exhibits=(Bars((Bar("p", 2, 9),)),))
    )
