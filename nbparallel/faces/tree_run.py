"""The run of a tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

from nbparallel.engine.outcomes import FORGOTTEN
from nbparallel.engine.run import Run
from nbparallel.errors import StillRunning, UsageError
from nbparallel.faces.export import Export
from nbparallel.faces.harvest import Harvest
from nbparallel.options import Options
from nbparallel.types import MISSING, Result_co, State, Status
from nbparallel.work.tree import Tree
from nbparallel.work.work import Work

if TYPE_CHECKING:
    import pandas as pd


class TreeRun(Run[Result_co]):
    """The run of a tree: a `nbparallel.Run` that knows where in the tree its tasks are.

    With *combine* its calls are tasks, too: they come after those of the leaves, and
    have the branch as their item. `df` and `results` are of the leaves alone.
    """

    def __init__(
        self,
        work: Work,
        options: Options,
        tree: Tree,
        harvest: Harvest,
        saver: Export | None,
    ) -> None:
        super().__init__(work, options)
        self._tree, self._harvest = tree, harvest
        self._life.scheduler.intake.observers.append(harvest)
        if saver is not None:
            self._life.announcer.add(saver)

    @property
    def df(self) -> pd.DataFrame:
        """One row per leaf, with its path as index, at any moment."""
        from nbparallel.records.frame import frame, paths_index

        tree = self._tree
        columns = replace(self.columns().first(len(tree.items)), items=tree.items)
        index = paths_index(tree.paths, tree.levels)
        return frame(columns, index, None)

    @property
    def results(self) -> list[Result_co]:
        """The results of the leaves in tree order; raises as those of any run."""
        __tracebackhide__ = True
        return super().results[: len(self._tree.items)]

    @property
    def tree(self) -> Any:
        """The results as dicts and lists, in the shape of the tree; as `results`."""
        __tracebackhide__ = True
        return self._tree.root.filled(self.results)

    @property
    def branches(self) -> dict[tuple[Any, ...], Any]:
        """What *combine* has returned so far, by path; that of the whole is at ``()``.

        Branches whose call has failed are left out.

        Raises
        ------
        UsageError
            `nbparallel.Run.forget` has let them go.
        """
        self.snapshot()  # what has ended is taken in
        tree, states = self._tree, self._harvest.states
        found = {
            branch.path: tree.outcomes[branch.task]
            for branch in tree.root.inner()
            if branch.task in tree.made and states[branch.task] == Status.OK
        }
        if any(value is MISSING for value in found.values()):
            raise UsageError(FORGOTTEN)
        return found

    def retry(
        self, tasks: Iterable[int] | None = None, *, block: bool | None = None
    ) -> Self:
        """Run again what is not ok, and *combine* for the branches around it.

        Raises
        ------
        StillRunning
            Branches are combined, and the run has not ended.
        """
        __tracebackhide__ = True
        if self._tree.made and not self._life.is_over():
            message = (
                "a tree that is combined can be retried once it has ended: run.wait(), "
                "then run.retry()"
            )
            raise StillRunning(message)
        if self.state is not State.CANCELLING:  # else it is refused
            with self._life.scheduler.crew.lock:
                self._harvest.renew()
        return super().retry(tasks, block=block)

    def forget(self) -> None:
        """Let go of all results and tracebacks; as any run does."""
        super().forget()
        self._harvest.let_go(range(len(self._tree.outcomes)))
