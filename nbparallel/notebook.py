"""Where the parts are put together: which view a run gets, and what its buttons do."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

from nbparallel.edge.frontend import cell_id, in_kernel, on_next_cell
from nbparallel.engine import hooks
from nbparallel.engine.run import Run

if TYPE_CHECKING:
    from nbparallel.views.panel import Panel
    from nbparallel.views.ticker import Ticker

_connected = False


def connect() -> None:
    """Have every run shown from now on; more calls change nothing."""
    global _connected  # noqa: PLW0603 # once per process
    if not _connected:
        _connected = True
        hooks.add_late(lambda: NotebookViews() if in_kernel() else TerminalViews())


class TerminalViews(hooks.Hook):
    """One bar per outermost run where somebody sees it; elsewhere nothing."""

    def __init__(self) -> None:
        self._tickers: WeakKeyDictionary[Run, Ticker] = WeakKeyDictionary()

    def shows_output(self, run: Run) -> bool:
        """Say that printed text goes above the bar, where there is one."""
        return _is_wanted(run) and sys.stderr is not None and sys.stderr.isatty()

    def run_started(self, run: Run) -> None:
        """Draw the bar, if there is a terminal."""
        if self.shows_output(run):
            from nbparallel.views.terminal import TerminalBar
            from nbparallel.views.ticker import Ticker

            ticker = self._tickers[run] = Ticker(TerminalBar(), run.snapshot)
            ticker.start()

    def run_finished(self, run: Run) -> None:
        """Leave the finished line standing."""
        if ticker := self._tickers.pop(run, None):
            ticker.stop()

    def run_shown(self, run: Run) -> None:
        """Print the run in one line, as IPython in a terminal displays it."""
        sys.stdout.write(f"{run!r}\n")


class NotebookViews(hooks.Hook):
    """One panel per outermost run, wherever the run is displayed."""

    def __init__(self) -> None:
        self._panels: WeakKeyDictionary[Run, Panel] = WeakKeyDictionary()
        self._tickers: WeakKeyDictionary[Run, Ticker] = WeakKeyDictionary()
        self._undo: WeakKeyDictionary[Run, Callable[[], None]] = WeakKeyDictionary()
        self._cells: WeakKeyDictionary[Run, str | None] = WeakKeyDictionary()
        on_next_cell(self._retire)

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
        self._cells[run] = cell_id()
        if not run.nested:
            from nbparallel.edge.idle_interrupt import watch_idle_interrupts

            self._undo[run] = watch_idle_interrupts(run.cancel)
        if _is_wanted(run):
            from nbparallel.views.ticker import Ticker

            panel = self._panel(run)
            panel.show(run.snapshot())
            ticker = self._tickers[run] = Ticker(panel, run.snapshot)
            ticker.start()

    def run_finished(self, run: Run) -> None:
        """Replace the panel by what remains in the saved notebook."""
        if undo := self._undo.pop(run, None):
            undo()
        if ticker := self._tickers.pop(run, None):
            ticker.stop()

    def run_waited(self, run: Run) -> None:
        """Send the end once more, for runners that only hear the waiting cell."""
        if not run.options.block and (panel := self._panels.get(run)):
            panel.republish()

    def run_shown(self, run: Run) -> None:
        """Show the panel in the current cell, unless it is there already.

        A run that was to be silent stays so in the cell that started it.
        """
        if run in self._panels or self._cells.get(run) != cell_id():
            self._panel(run).show(run.snapshot())
        else:
            sys.stdout.write(f"{run!r}\n")

    def _retire(self) -> None:
        """Leave no widget in the notebook once the user has gone on."""
        for panel in list(self._panels.values()):
            panel.retire()

    def _panel(self, run: Run) -> Panel:
        if run not in self._panels:
            from nbparallel.views.actions import Actions
            from nbparallel.views.panel import Panel

            # A panel must not keep its run, and all its results, from being freed.
            me = ref(run)
            actions = Actions(
                cancel=lambda: _do(me, Run.cancel),
                pause=lambda: _do(me, Run.pause),
                resume=lambda: _do(me, Run.resume),
                retry=lambda: _do(me, _retry),
            )
            self._panels[run] = Panel(actions, rows=run.options.rows)
        return self._panels[run]


def load_ipython_extension(shell: Any) -> None:
    """Give IPython the magics ``%parallel`` and ``%%parallel``, for `%load_ext`."""
    from nbparallel.faces.magic import NBParallel, complete

    connect()
    unload_ipython_extension(shell)
    shell.register_magics(NBParallel)
    shell.Completer.custom_matchers.append(complete)


def unload_ipython_extension(shell: Any) -> None:
    """Take the magics away again, for `%unload_ext`."""
    from nbparallel.faces.magic import complete

    manager = shell.magics_manager
    found = manager.registry.pop("NBParallel", None)
    if found is not None:
        shell.configurables.remove(found)
        for kind in found.magics:
            manager.magics[kind].pop("parallel", None)
        shell.Completer.custom_matchers.remove(complete)


def _is_wanted(run: Run) -> bool:
    return run.options.progress and not run.nested


def _do(run: ref[Run], what: Callable[[Run], Any]) -> None:
    if (found := run()) is not None:
        what(found)


def _retry(run: Run) -> None:
    run.retry(block=False)
