"""`World`: agents that act in steps, all at once or one after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, Unpack

from nbparallel.engine.run import Run
from nbparallel.errors import BadType
from nbparallel.options import Options, whole
from nbparallel.short_text import brief
from nbparallel.signatures import with_options
from nbparallel.types import Status
from nbparallel.world.agents import Agent, Population
from nbparallel.world.conductor import Conductor
from nbparallel.world.history import History
from nbparallel.world.settings import Settings, WorldKeywords, WorldOptions, read
from nbparallel.world.stepping import Stepping

if TYPE_CHECKING:
    import pandas as pd


class World:
    """Agents that act in steps.

    In each step every agent acts once, all at the same time or one after another. Once
    the last has ended, or the step's time is over, `handle_actions` is called for each
    agent that has acted, one after another in the order in which they were added: so
    parallel steps do what sequential ones do.

    What an agent raises, and that it has not ended in time, is noted; the others go
    on. One whose act goes on after its step is left out of later steps until that call
    has come back: no agent ever acts twice at a time.

    Parameters
    ----------
    name
        What its runs are called.
    **keywords
        ``max_workers``, ``parallel_execution_timeout``, ``collect_parallel_metrics``,
        ``parallel_agent_actions``: see `nbparallel.world.settings.Settings`. And most
        options of a run, such as ``timeout=20`` for each act, ``rate="10/s"``,
        ``retries=2`` or ``progress=False``.

    Examples
    --------
    >>> from nbparallel.world import World
    >>> class Counter:
    ...     def __init__(self, name):
    ...         self.name, self.count = name, 0
    ...     def act(self):
    ...         self.count += 1
    ...         return self.count
    >>> world = World("Numbers", max_workers=2, progress=False)
    >>> world.add_agent(Counter("Ann")).add_agent(Counter("Bob"))
    <World Numbers: 2 agents, step 0>
    >>> world.step()
    {'Ann': 1, 'Bob': 1}
    >>> world.run(2)
    <Run Numbers: done, 4 ok>
    >>> world.history[["step", "agent", "status", "actions"]].tail(2)
       step agent status actions
    4     3   Ann     ok       3
    5     3   Bob     ok       3
    """

    @with_options(Settings, WorldKeywords)
    @with_options(Options, WorldOptions)
    def __init__(self, name: str, **keywords: Unpack[WorldKeywords]) -> None:
        if not isinstance(name, str):
            message = (
                f'name={brief(name)}: must be a string, as in World("Village"); agents '
                "are added by world.add_agent(agent)"
            )
            raise BadType(message)
        self.name = name
        said, options = read({**keywords})
        self._population = Population(name)
        self._history = History()
        self._conductor = Conductor(
            name, self._population, self._history, said, options
        )

    @property
    def agents(self) -> list[Any]:
        """The agents, in the order in which they were added."""
        return [member.agent for member in self._population.members]

    def add_agent(self, agent: Agent) -> Self:
        """Add an agent; during a step, for the next one. Return the world.

        An agent is anything with a *name* and a method *act*, which may be an ``async
        def``. If it takes an argument ``return_actions``, it gets True.

        Raises
        ------
        BadType, BadValue
            It is no agent; or there is one of this name.
        """
        self._population.add(agent)
        return self

    def remove_agent(self, agent: Agent | str) -> None:
        """Remove an agent, given itself or its name; it ends the step that goes on.

        If it is not there, that is a `BadValue`.
        """
        self._population.remove(agent)

    def handle_actions(self, agent: Any, actions: Any) -> None:
        """Apply what an agent has done; override it, for here it does nothing.

        Called in the thread that makes the step, for one agent after another, once all
        have acted, with what the *act* of each returned. What it raises ends the run,
        and is raised to who makes it.
        """

    def run(self, steps: int, parallelize: bool | None = None) -> Run[Any]:  # noqa: FBT001 # as others call it
        """Make some steps, shown as one run.

        Parameters
        ----------
        steps
            How many.
        parallelize
            Whether the agents of a step act at the same time. None: as the setting
            ``parallel_agent_actions`` says.

        Returns
        -------
        Run
            The run, which has ended: its tasks are the acts. After a cancel it has what
            came before; the actions of the step that was cut short are not applied.

        Raises
        ------
        BadType, BadValue
            A parameter cannot be used; nothing was started.
        KeyboardInterrupt
            An interrupt cancelled the run; it is `nbparallel.last`.
        StillRunning
            The world is in the middle of a step: its agents cannot make another.
        """
        __tracebackhide__ = True
        return self._make(whole("steps", steps, 0), parallelize).run

    def step(self, parallelize: bool | None = None) -> dict[str, Any]:  # noqa: FBT001 # as `run`
        """Make one step, as `run` does; return what agents did, by name.

        Agents that have failed or were left out are not in it.
        """
        __tracebackhide__ = True
        made = self._make(1, parallelize).last
        turns = made.turns if made is not None else ()
        done = [turn for turn in turns if turn.status == Status.OK.word]
        return {turn.member.name: turn.actions for turn in done}

    @property
    def history(self) -> pd.DataFrame:
        """A row per step and agent: ``step``, ``agent``, ``status``, ``actions``, ….

        The status is that of a task, or ``"left out"`` where the last act of the agent
        had not come back; ``actions`` is what its *act* returned, ``error`` why it
        failed, ``seconds`` how long it acted in this step.
        """
        return self._history.turns()

    @property
    def steps(self) -> pd.DataFrame:
        """A row per step: ``step``, ``parallel``, ``agents``, ``ok``, ``wall``, ….

        ``wall`` is how long all acts took together, ``busy`` the sum of what each took,
        and ``speedup`` is busy time / wall time: how many agents acted at the same time
        on average. Sequential steps are measured alike. How many times as fast parallel
        steps are is told by the ``wall`` of both, since acts may hinder each other.
        """
        return self._history.steps()

    def get_parallel_metrics(self) -> dict[str, int | float]:
        """Return what steps came to, as a dict of your own.

        ``total_parallel_steps``, ``total_sequential_steps``; ``avg_parallel_speedup``,
        busy time / wall time on average over the parallel steps in which somebody acted
        (0.0 before the first); ``parallel_errors``, ``parallel_timeouts``: how many
        acts of parallel steps failed, or were not done in time. A later step that an
        agent is left out of is no other timeout. All of it stays 0 with
        ``collect_parallel_metrics=False``.
        """
        return self._history.metrics()

    def __repr__(self) -> str:
        agents, steps = len(self._population), len(self._history)
        return f"<World {self.name}: {agents} agents, step {steps}>"

    def _make(self, planned: int, parallelize: object) -> Stepping:
        __tracebackhide__ = True
        return self._conductor.go(planned, parallelize, self.handle_actions)
