"""Where the parts are put together: which view a run gets, and what its buttons do."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from contextvars import Context, copy_context
from dataclasses import dataclass
from functools import partial
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet, ref

from nbparallel.edge.frontend import (
    cell_id,
    in_cell,
    in_kernel,
    in_marimo,
    interactive,
    on_next_cell,
)
from nbparallel.edge.outputs import StandIn, replace_in_out
from nbparallel.engine import hooks
from nbparallel.engine.run import Run
from nbparallel.records import summary
from nbparallel.records.errors import Errors
from nbparallel.workers import load

if TYPE_CHECKING:
    from nbparallel.records.queries import Detail, Page, Query
    from nbparallel.views.actions import Actions
    from nbparallel.views.panel import Panel
    from nbparallel.views.ticker import Ticker

#: What is told who asks ``Out`` for a run that nothing refers to any more.
GONE = (
    "this run was let go with its results, because no name referred to it. Give the "
    "next one a name: run = nbp.pmap(...)"
)

_connected = False
_connecting = Lock()

#: What a picture says of a run under way that has this name.
MOMENT = "This is a picture of one moment. {}.cancel() cancels the run."


def connect() -> None:
    """Have every run shown from now on; more calls change nothing."""
    global _connected  # noqa: PLW0603 # once per process
    with _connecting:
        if not _connected:
            _connected = True
            hooks.add_late(_views)
            hooks.add_late(LightOut)
            hooks.add(Pictures())
            summary.shown_by(_metrics)
            Errors.to_html = _errors_html


def _views() -> hooks.Hook:
    """Return what shows runs where this is."""
    if in_kernel():
        return NotebookViews()
    return MarimoViews() if in_marimo() else TerminalViews()


def _errors_html(errors: Errors) -> str:
    from nbparallel.views.groups import errors_html

    return errors_html(errors)


class TerminalViews(hooks.Hook):
    """One bar per outermost run where somebody sees it; elsewhere nothing."""

    def __init__(self) -> None:
        self._tickers: WeakKeyDictionary[Run, Ticker] = WeakKeyDictionary()
        self._read: WeakSet[Run] = WeakSet()  # the loop over it is over

    def shows_output(self, run: Run) -> bool:
        """Say that printed text goes above the bar, where there is one."""
        wanted = run.options.progress and not run.nested
        return wanted and sys.stderr is not None and sys.stderr.isatty()

    def run_started(self, run: Run) -> None:
        """Draw the bar, if there is a terminal."""
        self._leave(run)
        if self.shows_output(run):
            from nbparallel.views.terminal import TerminalBar
            from nbparallel.views.ticker import Ticker

            ticker = self._tickers[run] = Ticker(TerminalBar(), run.snapshot)
            ticker.start()

    def run_finished(self, run: Run) -> None:
        """Leave the finished line standing, unless a loop is to have the last word."""
        if run.work.caption is None or run in self._read:
            self._leave(run)

    def run_waited(self, run: Run) -> None:
        """Leave the finished line standing."""
        self._read.add(run)
        self._leave(run)

    def _leave(self, run: Run) -> None:
        if ticker := self._tickers.pop(run, None):
            ticker.stop()

    def run_shown(self, run: Run) -> None:
        """Print the run in one line, as IPython in a terminal displays it."""
        sys.stdout.write(f"{run!r}\n")


class MarimoViews(hooks.Hook):
    """One page per outermost run, in the output of the cell that started it."""

    def __init__(self) -> None:
        self._tickers: WeakKeyDictionary[Run, Ticker] = WeakKeyDictionary()

    def run_started(self, run: Run) -> None:
        """Show the run, and keep that up to date."""
        self._leave(run)
        if run.options.progress and not run.nested:
            from nbparallel.edge.marimo import thread
            from nbparallel.views.marimo import PULSE, MarimoPage
            from nbparallel.views.ticker import Ticker

            view = MarimoPage(run.snapshot())
            ticker = Ticker(view, run.snapshot, PULSE, thread)
            self._tickers[run] = ticker
            ticker.start()

    def run_finished(self, run: Run) -> None:
        """Show how it ended."""
        self._leave(run)

    def _leave(self, run: Run) -> None:
        if ticker := self._tickers.pop(run, None):
            ticker.stop()


class NotebookViews(hooks.Hook):
    """One panel per outermost run, wherever the run is displayed."""

    def __init__(self) -> None:
        self._shown: WeakKeyDictionary[Run, _Shown] = WeakKeyDictionary()
        on_next_cell(self._settle)

    def shows_output(self, run: Run) -> bool:  # noqa: ARG002 # the same for all
        """Say yes: text never goes to whatever cell happens to be the current one."""
        return True

    def pump(self) -> Callable[[], None] | None:
        """Return what lets an ipykernel 6 hear clicks while a cell blocks."""
        from nbparallel.edge.router import router

        found = router()
        return found.pump if found is not None and found.needs_pump else None

    def run_started(self, run: Run) -> None:
        """Show the panel in the current cell and keep it up to date."""
        if run.nested:
            return
        from nbparallel.edge.idle_interrupt import watch_idle_interrupts

        shown = self._of(run)
        shown.started_in = cell_id()
        if shown.cell is None or in_cell():  # else a click has started it again
            shown.cell = copy_context()
        shown.heard = run.options.block or interactive()
        shown.unwatch = watch_idle_interrupts(run.cancel)
        if run.options.progress:
            shown.the_panel(run).show(run.snapshot())
        shown.follow(run)

    def run_finished(self, run: Run) -> None:
        """Replace the panel by what remains in the saved notebook."""
        shown = self._of(run)
        shown.unwatch()
        shown.leave(run)
        shown.show_displays(run)
        shown.unheard |= not shown.heard

    def run_waited(self, run: Run) -> None:
        """Send the end once more, for runners that only hear the waiting cell."""
        shown = self._of(run)
        if run.work.caption is not None and shown.panel is not None:
            shown.panel.reword(run.snapshot())
        shown.republish(run)

    def run_shown(self, run: Run) -> None:
        """Show the panel in the current cell, unless it is there already.

        A run that was to be silent stays so in the cell that started it.
        """
        shown = self._of(run)
        if shown.panel is None and shown.started_in == cell_id():
            sys.stdout.write(f"{run!r}\n")
        else:
            shot = run.snapshot()
            shown.the_panel(run).show(shot)
            if not shot.state.ended:
                shown.follow(run)
            if run.state.ended:  # perhaps while it was being shown
                shown.leave(run)

    def _of(self, run: Run) -> _Shown:
        return self._shown.setdefault(run, _Shown())

    def _settle(self) -> None:
        """Leave no widget in the notebook once the user has gone on."""
        # Another thread may start a run meanwhile: no view of what is there, a list.
        for key in self._shown.keyrefs():
            if (run := key()) is None:
                continue
            shown = self._of(run)
            shown.republish(run)
            if shown.panel is not None:
                shown.panel.retire()


class LightOut(hooks.Hook):
    """What IPython's ``Out`` keeps of a run is how it ended, not its results."""

    def __init__(self) -> None:
        self._stand_ins: WeakKeyDictionary[Run, StandIn] = WeakKeyDictionary()
        replace_in_out(Run, self._stand_in)

    def run_finished(self, run: Run) -> None:
        """Note the end of a run that goes on after its cell."""
        if (found := self._stand_ins.get(run)) is not None:
            found.settle(_end(run))

    def _stand_in(self, run: Run) -> StandIn:
        found = self._stand_ins.setdefault(run, StandIn(run, GONE))
        if run.state.ended:
            found.settle(_end(run))
        return found


class Pictures(hooks.Hook):
    """A run for tools that ask for HTML and display that themselves, such as marimo."""

    def html(self, run: Run) -> str:
        """Return the run as it is now; there are no buttons to be had."""
        from nbparallel.views import page

        shot = run.snapshot()
        going = not (shot.state.ended or run.work.open)  # an open run has no name
        note = MOMENT.format(shot.handle) if going else ""
        return page.static(shot, note, buttons=None)


def _end(run: Run) -> dict[str, str]:
    from nbparallel.views import page, text

    shot = run.snapshot()
    return {"text/html": page.static(shot), "text/plain": text.plain(shot)}


@dataclass(slots=True)
class _Shown:
    """What the notebook has of one run.

    Attributes
    ----------
    started_in, cell
        The cell that started it last, and what makes that the current one.
    panel, ticker
        How it is shown, and what keeps that up to date while it goes on.
    unwatch
        Ends the watch for interrupts between cells.
    heard
        Whoever runs the notebook hears of the cell that started it, to its end.
    unheard
        It has ended in the background: a program that runs the notebook heard of it
        only if it was running that cell.
    """

    started_in: str | None = None
    cell: Context | None = None
    panel: Panel | None = None
    ticker: Ticker | None = None
    unwatch: Callable[[], None] = lambda: None
    heard: bool = True
    unheard: bool = False

    def the_panel(self, run: Run) -> Panel:
        if self.panel is None:
            from nbparallel.views.panel import Panel

            self.panel = Panel(_actions(run), rows=run.options.rows)
        return self.panel

    def follow(self, run: Run) -> None:
        """Keep the panel, if there is one, up to date while the run goes on.

        That of a run which was to be silent has been displayed.
        """
        if self.ticker is None and self.panel is not None:
            from nbparallel.views.below import WithDisplays
            from nbparallel.views.ticker import Ticker

            view = WithDisplays(self.panel, partial(self.show_displays, run))
            self.ticker = Ticker(view, run.snapshot)
            self.ticker.start()

    def leave(self, run: Run) -> None:
        """Have the panel show the end."""
        ticker, self.ticker = self.ticker, None
        if ticker is not None:
            ticker.stop()
            self.unheard = not run.options.block

    def republish(self, run: Run) -> None:
        """Send the end of a run in the background again, from a cell being run."""
        if self.unheard:
            self.unheard, self.heard, self.cell = False, True, None
            if self.panel is not None:
                self.panel.republish()
            self.show_displays(run)

    def show_displays(self, run: Run) -> None:
        """Show what tasks have displayed, in the cell of the run if it is known."""
        if self.heard and (taken := run.take_displays()):
            from nbparallel.views import below

            cell = self.cell or copy_context()
            # Statements are the cell's own: it looks as if run from top to bottom.
            named = run.work.reasons is None
            cell.copy().run(partial(below.show, taken, run.detail, named=named))


def load_ipython_extension(shell: Any) -> None:
    """Give IPython the magics ``%parallel`` and ``%%parallel``, for `%load_ext`."""
    from nbparallel.edge.traits import register
    from nbparallel.magics.magic import NBParallel, complete

    connect()
    register(shell)
    unload_ipython_extension(shell)
    shell.register_magics(NBParallel)
    shell.Completer.custom_matchers.append(complete)


def unload_ipython_extension(shell: Any) -> None:
    """Take the magics and what they were told away again, for `%unload_ext`."""
    from nbparallel.magics.magic import complete
    from nbparallel.options import sources

    manager = shell.magics_manager
    found = manager.registry.pop("NBParallel", None)
    if found is not None:
        sources.forget("NBParallel")
        shell.configurables.remove(found)
        for kind in found.magics:
            manager.magics[kind].pop("parallel", None)
        shell.Completer.custom_matchers.remove(complete)


def _metrics(found: summary.Metrics) -> str:
    from nbparallel.views import metrics

    return metrics.html(found)


def _actions(run: Run) -> Actions:
    """Return what buttons do; they do not keep the run and its results from going."""
    from nbparallel.views.actions import Actions

    me = ref(run)

    def button(act: Callable[[Run], Any]) -> Callable[[], None]:
        def click() -> None:
            if (found := me()) is None:
                message = "the run is gone: no variable holds it any more"
                raise LookupError(message)
            act(found)

        return click

    def browse(query: Query) -> Page | None:
        return None if (found := me()) is None else found.browse(query)

    def detail(task: int) -> Detail | None:
        return None if (found := me()) is None else found.detail(task)

    return Actions(
        cancel=button(Run.cancel),
        pause=button(Run.pause),
        resume=button(Run.resume),
        retry=button(_retry),
        retry_some=lambda tasks: button(partial(_retry, tasks=tasks))(),
        browse=browse,
        detail=detail,
    )


def _retry(run: Run, tasks: Sequence[int] | None = None) -> None:
    """Start *run* again and return; a thread of ours carries an inline run out."""
    if not load(run.options.backend).waits_itself:
        run.retry(tasks, block=False)
        return

    def carry_out() -> None:
        with suppress(Exception):  # the panel shows what went wrong
            run.retry(tasks, block=True)

    work = partial(copy_context().run, carry_out)
    Thread(target=work, name="nbparallel-retry", daemon=True).start()
