"""The pictures, by comparison with ones that somebody has looked at.

After a change that is meant, look at new ones and keep them::

    python -m pytest tests/timing --mpl-generate-path=tests/timing/baseline
"""

from __future__ import annotations

import io
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from time import process_time

import numpy as np
import pytest
from matplotlib import rcParams, style
from matplotlib.axes import Axes
from matplotlib.figure import Figure

import nbparallel as nbp
from nbparallel.timing.plots import figures, showing
from nbparallel.timing.plots.throughput import busy
from nbparallel.timing.results import Comparison, Sweep
from nbparallel.types import Status
from tests.timing import examples

PLOTS = {
    "speedup": (nbp.plot_speedup, examples.comparison()),
    "speedup-failed": (nbp.plot_speedup, examples.comparison(failed=7)),
    "sweep": (nbp.plot_sweep, examples.sweep()),
    "sweep-failed": (nbp.plot_sweep, examples.sweep(failed=(16, 32))),
    "timeline": (nbp.plot_timeline, examples.columns()),
    "durations": (nbp.plot_durations, examples.columns(1500)),
    "throughput": (nbp.plot_throughput, examples.columns(1500)),
}
SUBJECTS = pytest.mark.parametrize("name", PLOTS)

image_test = pytest.mark.mpl_image_compare(
    baseline_dir="baseline",
    # Text is drawn a little differently by each version of FreeType.
    tolerance=12,
    savefig_kwargs={"dpi": 50, "metadata": {"Software": None}},
    style="default",
)


def drawn(name, ax=None):
    plot, subject = PLOTS[name]
    return plot(subject, ax=ax)


@image_test
@SUBJECTS
def test_on_white(name):
    return drawn(name).figure


@image_test
@SUBJECTS
def test_on_black(name):
    with style.context("dark_background"):
        return drawn(name).figure


@image_test
def test_a_hundred_thousand_tasks():
    return nbp.plot_timeline(examples.columns(100_000, 16)).figure


@SUBJECTS
def test_axes_that_are_given_are_used_and_returned(name):
    figure = Figure()
    above, below = figure.subplots(2)

    assert drawn(name, below) is below
    assert not above.has_data()
    figure.savefig(io.BytesIO(), format="png")


@SUBJECTS
def test_jupyter_shows_axes_on_a_figure_of_their_own(name):
    ax = drawn(name)
    picture, size = ax._repr_png_()

    assert isinstance(ax, Axes)
    assert picture.startswith(b"\x89PNG")
    assert size["width"] == 640


@SUBJECTS
def test_the_picture_is_sharp_at_any_size_and_has_no_page_of_its_own(name):
    ax = drawn(name)
    picture = ax._repr_svg_()

    assert "<svg" in picture
    assert len(picture) <= figures.MOST_DRAWN
    assert ax.figure.get_facecolor()[3] == ax.get_facecolor()[3] == 0
    assert ax.xaxis.label.get_color() == figures.INK
    assert picture == drawn(name)._repr_svg_()


def test_who_has_chosen_a_style_gets_it():
    with style.context("dark_background"):
        ax = drawn("sweep")

    assert ax.figure.get_facecolor() == (0, 0, 0, 1)
    assert ax.xaxis.label.get_color() == "white"


def test_a_picture_of_very_many_bars_is_one_of_dots():
    ax = nbp.plot_timeline(examples.columns(100_000, 16))

    assert ax._repr_svg_() is None
    assert ax._repr_png_()


def test_lines_have_their_names_beside_them():
    words = [text.get_text() for text in drawn("sweep").texts]

    assert words == [
        "ideal",
        "Universal Scalability Law",
        "predicted best: 15",
        "fastest: 16",
    ]
    assert drawn("sweep").get_legend() is None
    assert "tasks failed" in [text.get_text() for text in drawn("sweep-failed").texts]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("timeline", "8 workers, 1.59 s: busy 96 % of the time"),
        ("durations", "half took at most 45.2 ms, the longest 0.18 s"),
        ("throughput", "1,495 tasks, 155/s on average"),
        ("sweep", "fetch\n16 workers: 5.9 times as fast, then no gain"),
    ],
)
def test_the_title_says_what_is_to_be_seen(name, words):
    assert drawn(name).get_title(loc="left") == words


@SUBJECTS
def test_a_title_of_the_users_takes_the_place_of_ours(name):
    ax = drawn(name)
    ax.set_title("mine")
    ax.set_title("aside", loc="left")

    assert ax.get_title() == "mine"
    assert ax.get_title(loc="left") == "aside"
    other = drawn(name)
    other.set_title("mine")
    assert not other.get_title(loc="left")


@pytest.mark.parametrize("name", ["timeline", "durations", "throughput"])
def test_axes_of_the_users_have_the_title_that_they_had(name):
    ax = Figure().subplots()
    ax.set_title("mine", loc="left")

    assert drawn(name, ax).get_title(loc="left") == "mine"


@pytest.mark.parametrize(("workers", "all_named"), [(1, True), (24, True), (64, False)])
def test_each_worker_has_its_number_where_there_is_room(workers, all_named):
    ticks = nbp.plot_timeline(examples.columns(600, workers)).get_yticks()

    assert (list(ticks) == list(range(workers))) is all_named


def test_in_a_kernel_a_plot_appears_once_wherever_it_is_in_its_cell(monkeypatch):
    ends, seen = [], []
    monkeypatch.setattr(showing.frontend, "in_kernel", lambda: True)
    monkeypatch.setattr(showing.frontend, "after_each_cell", ends.append)
    monkeypatch.setattr("IPython.display.display", seen.append)
    monkeypatch.setattr(showing, "_listening", [])
    middle, last = drawn("timeline"), drawn("sweep")
    drawn("speedup", Figure().subplots())
    last._repr_png_()
    (end,) = ends
    end(None)
    end(None)

    assert seen == [middle]


def test_outside_a_kernel_no_plot_is_kept():
    drawn("timeline")

    assert not showing._waiting


@SUBJECTS
def test_no_global_setting_is_changed(name):
    before = dict(rcParams)
    drawn(name)._repr_png_()

    assert dict(rcParams) == before


def test_pyplot_is_not_touched():
    code = (
        "import sys, nbparallel as nbp\n"
        "run = nbp.pmap(abs, [1, 2], progress=False)\n"
        "for plot in nbp.plot_timeline, nbp.plot_durations, nbp.plot_throughput:\n"
        "    plot(run)._repr_png_()\n"
        "nbp.compare(run).plot()._repr_png_()\n"
        "nbp.sweep(run, workers=(1, 2)).plot()._repr_png_()\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_a_hundred_thousand_tasks_are_drawn_in_two_seconds():
    columns = examples.columns(100_000, 16)
    nbp.plot_timeline(examples.columns())._repr_png_()  # fonts are looked for once
    begin = process_time()  # of our own: others may be at work on this machine
    nbp.plot_timeline(columns)._repr_png_()

    assert process_time() - begin < 2


def test_one_failure_among_many_is_seen():
    columns = examples.columns(100_000, 4, bad=False)
    clean = pixels(nbp.plot_timeline(columns))
    columns.status[50_000] = Status.ERROR
    broken = pixels(nbp.plot_timeline(columns))
    rows = slice(60, None)  # below the legend

    assert (clean[rows] != broken[rows]).any()


def pixels(ax):
    ax.figure.set_dpi(100)
    buffer = io.BytesIO()
    ax.figure.savefig(buffer, format="rgba", dpi=100)
    width, height = (int(n) for n in ax.figure.get_size_inches() * 100)
    return np.frombuffer(buffer.getvalue(), np.uint8).reshape(height, width, 4)


@pytest.mark.parametrize(
    "plot", [nbp.plot_timeline, nbp.plot_durations, nbp.plot_throughput]
)
def test_a_run_without_tasks_says_so(plot):
    run = nbp.pmap(abs, [])

    assert [text.get_text() for text in plot(run).texts] == ["no task was carried out"]


@pytest.mark.parametrize(
    "plot", [nbp.plot_timeline, nbp.plot_durations, nbp.plot_throughput]
)
def test_a_run_can_be_drawn_while_it_goes_on(plot):
    run = nbp.pmap(nbp.sleep, [0, 30], workers=1, block=False)
    next(iter(run))

    assert plot(run)._repr_png_()
    run.cancel()
    run.wait()
    assert plot(run)._repr_png_()


@pytest.mark.parametrize(
    "plot", [nbp.plot_timeline, nbp.plot_durations, nbp.plot_throughput]
)
def test_what_is_no_run_is_refused(plot):
    with pytest.raises(nbp.BadType, match="draws a run or its columns, not list"):
        plot([1, 2])


@pytest.mark.parametrize("name", ["Comparison", "Sweep"])
def test_what_only_has_the_name_of_a_measurement_is_refused(name):
    plot = {"Comparison": nbp.plot_speedup, "Sweep": nbp.plot_sweep}[name]
    stranger = type(name, (), {})()
    with pytest.raises(nbp.BadType, match=f"this draws a {name}, not {name}"):
        plot(stranger)


def test_what_are_no_axes_is_refused():
    with pytest.raises(nbp.BadType, match="ax must be matplotlib Axes, not Figure"):
        drawn("timeline", Figure())


@pytest.mark.parametrize("took", [0.0, 1e-9, 5.0])
def test_tasks_that_all_took_the_same_can_be_drawn(took):
    columns = examples.columns(20)
    columns.ended[:] = columns.started[:]
    for task in range(20):
        columns.ended[task] += took
    for plot in nbp.plot_timeline, nbp.plot_durations, nbp.plot_throughput:
        plot(columns)._repr_png_()


def test_the_factor_is_in_words_above_however_long_the_name():
    for found in examples.comparison(), examples.sweep((1, 8)):
        title = replace(found, name="x" * 100).plot().get_title(loc="left")
        name, words = title.splitlines()

        assert len(name) == 56
        assert words.startswith("8 workers: ")
        assert "times as fast (" in words


def test_a_single_count_has_its_time_above():
    title = examples.sweep((4,)).plot().get_title(loc="left")

    assert title.splitlines() == ["fetch", "4 workers took 1.20 s"]


def test_numbers_of_workers_have_room_beside_each_other():
    ax = nbp.plot_sweep(examples.sweep(range(1, 33)))
    ax.figure.draw_without_rendering()
    boxes = [label.get_window_extent() for label in ax.get_xticklabels()]

    assert len(boxes) > 8
    for left, right in pairwise(boxes):
        assert left.x1 < right.x0


@pytest.mark.parametrize("name", ["$", "$x^{$", r"\frac", "a\nb" * 100])
def test_any_name_can_be_drawn(name):
    for found in examples.comparison(), examples.sweep():
        replace(found, name=name).plot()._repr_png_()


@pytest.mark.parametrize(
    "found",
    [
        Comparison("x", 2, (), 6),
        Sweep("x", (1, 2), (), 6),
        examples.sweep(failed=(1, 2, 4, 8, 16, 32)),
        examples.sweep((1, 2), law=float),
        examples.sweep((2, 4)),
        examples.sweep((1,)),
        Comparison("x", 8, examples.comparison().legs[:1], 6),
    ],
)
def test_however_little_was_measured_it_can_be_drawn(found):
    assert found.plot()._repr_png_()


def test_busy_workers_are_the_time_that_tasks_took():
    starts, ends = np.array([0.0, 0.5, 2.0]), np.array([1.0, 2.5, 3.0])

    assert busy(starts, ends, np.array([0.0, 1.0, 2.0, 3.0])) == pytest.approx(
        [1.5, 1.0, 1.5]
    )


def test_a_prediction_above_all_measurements_is_in_the_picture():
    nearly_ideal = examples.sweep(
        (1, 2, 4), law=lambda n: n / (1 + 0.004 * n * (n - 1))
    )
    ax = nbp.plot_sweep(nearly_ideal)
    (predicted,) = (
        line for line in ax.lines if line.get_label().startswith("predicted best")
    )
    (x,), (y,) = predicted.get_data()

    assert x > 4
    assert x <= ax.get_xlim()[1]
    assert y <= ax.get_ylim()[1]
