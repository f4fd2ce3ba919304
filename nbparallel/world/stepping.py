"""Steps as parts of one run: every act is a task, and a step waits for its own.

Guarantees
----------
- A step ends when each of its acts has ended, or at its timeout. Acts that have not
  begun by then don't begin any more; those that go on are left behind with their
  workers, in whose places others come.
- What is noted of a turn is noted before its step ends, and not changed later.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from time import perf_counter
from typing import Any

from nbparallel.engine.open_run import End, OpenRun
from nbparallel.errors import TaskCancelled, TaskTimeout, UsageError
from nbparallel.options import Options
from nbparallel.records.exhibits import Exhibit
from nbparallel.types import State, Status
from nbparallel.work.work import Work
from nbparallel.world.agents import Member, Population
from nbparallel.world.history import History, Step
from nbparallel.world.shown import Tally, shown
from nbparallel.world.turns import LEFT_OUT, Turn, act

#: Seconds between two looks for acts that would not end with their step.
AGAIN = 0.05


class Stepping:
    """Makes some steps of a world.

    Parameters
    ----------
    name
        That of the world.
    planned
        How many steps there are to be.
    options
        Of the run; with one worker agents act one after another.
    limit
        Seconds that a step may last; None: any time.
    history
        Is given each step once it has ended, also by a cancel or an interrupt.

    Attributes
    ----------
    run
        The run of all acts.
    last
        The last step that was made, or None.
    """

    def __init__(
        self,
        name: str,
        planned: int,
        options: Options,
        limit: float | None,
        history: History,
    ) -> None:
        call = partial(act, awaits=options.backend == "threads")
        work = Work(
            *(name, call, [], None, None),
            open=True,
            once=True,
            near=True,
            exhibits=self._exhibits,
        )
        self.run: OpenRun[Any] = OpenRun(work, options, tell=self._tell)
        self.last: Step | None = None
        self._planned, self._limit, self._history = planned, limit, history
        self._after = f"not done after parallel_execution_timeout={limit} seconds"
        self._done = self._added = 0
        self._is_late = False
        self._going: dict[int, Turn] = {}  # by task
        self._tallies: dict[Member, Tally] = {}

    def go(
        self,
        population: Population,
        apply: Callable[[Any, Any], None],
        *,
        parallel: bool,
    ) -> None:
        """Make the steps, and apply what comes of each in the order of the agents.

        Raises
        ------
        Exception
            *apply* has raised it, which cancelled the run.
        KeyboardInterrupt
            It has cancelled the run; the step was kept as far as it came.
        """
        __tracebackhide__ = True
        try:
            self.run.start()
            while self._done < self._planned and not self._is_cancelled:
                self.last = self._make(population.members, parallel=parallel)
                if not self.last.count(Status.CANCELLED.word):
                    for turn in self.last.turns:
                        if turn.status == Status.OK.word:
                            apply(turn.member.agent, turn.actions)
            self.run.close()
        except BaseException:
            self.run.cancel()
            raise
        self.run.wait()

    @property
    def _is_cancelled(self) -> bool:
        return self.run.state in (State.CANCELLING, State.CANCELLED)

    def _make(self, members: list[Member], *, parallel: bool) -> Step:
        """Have each of *members* act once; return what came of it."""
        turns = [Turn(member, len(self._history) + 1) for member in members]
        for member in members:
            if member not in self._tallies:
                self._tallies[member] = Tally(member)
        begun = perf_counter()
        self._is_late = False
        with self.run.attended(hangs=True) as until:
            try:
                for turn in turns:
                    self._begin(turn)
                seconds = self._limit
                while not until(self._has_ended, seconds):
                    self._is_late, seconds = True, AGAIN
                    self.run.expire(list(self._going), self._after)
            finally:  # whatever an interrupt does, it is kept
                step = self._end(turns, begun, parallel=parallel)
        return step

    def _begin(self, turn: Turn) -> None:
        if turn.member.acting.locked():
            turn.end(LEFT_OUT)
            self._tallies[turn.member].take(turn)
        else:
            self._going[self._added] = turn  # before it can end
            with suppress(UsageError):  # the run has been cancelled, and will be over
                self.run.add(turn)
                self._added += 1

    def _has_ended(self) -> bool:
        return not self._going

    def _tell(self, ends: list[End]) -> None:
        """Hear of acts that have ended."""
        for task, actions, error, _ in ends:
            turn = self._going[task]
            if error is None:
                turn.end(Status.OK.word, actions)
            else:
                turn.end(*self._failed(error))
            self._tallies[turn.member].take(turn)
            del self._going[task]

    def _failed(self, error: BaseException) -> tuple[str, None, BaseException]:
        """Return how a turn has ended; whatever the agent raised is only looked at."""
        kind = type(error)
        ours = kind is TaskTimeout or kind is TaskCancelled
        # An agent may raise these, too, from a run of its own: then it has a traceback.
        if ours and error.__traceback__ is None:
            if kind is TaskTimeout:
                return Status.TIMEOUT.word, None, error
            if self._is_late:  # it had not begun
                return Status.TIMEOUT.word, None, TaskTimeout(self._after)
            return Status.CANCELLED.word, None, error
        stops = kind is TaskCancelled or not issubclass(kind, Exception)
        if stops and self._is_cancelled:
            return Status.CANCELLED.word, None, error
        return Status.ERROR.word, None, error

    def _end(self, turns: list[Turn], begun: float, *, parallel: bool) -> Step:
        wall = perf_counter() - begun
        for turn in turns:
            if turn.status is None:  # the run has ended before it was told of
                turn.end(Status.CANCELLED.word, error=TaskCancelled())
        step = Step(len(self._history) + 1, parallel, wall, tuple(turns))
        self._done += 1
        self._history.keep(step)
        return step

    def _exhibits(self) -> list[Exhibit]:
        tallies = list(self._tallies.values())
        return shown(self._done, self._planned, tallies, self.run.options.rows)
