"""`World`: agents that act in steps, all at once or one after another."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Unpack

from nbparallel.coroutines import is_coroutine_function
from nbparallel.engine.run import Run
from nbparallel.errors import BadType, BadValue, StillRunning, nearest
from nbparallel.options import Options, flag, whole
from nbparallel.signatures import with_options
from nbparallel.types import State, Status
from nbparallel.world import settings
from nbparallel.world.agents import Agent, Member
from nbparallel.world.history import Counts, Step, history_of, steps_of
from nbparallel.world.settings import Settings, WorldKeywords, WorldOptions
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

    Raises
    ------
    BadType, BadValue
        A setting or an option is unknown or cannot be used.

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
    <World Numbers: 2 agents, 0 steps>
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
                f'name={name!r}: must be a string, as in World("Village"); agents '
                "are added by world.add_agent(agent)"
            )
            raise BadType(message)
        self._settings, self._options = settings.read({**keywords})
        self.name = name
        self._members: dict[str, Member] = {}
        self._adding, self._stepping = Lock(), Lock()
        self._steps: list[Step] = []
        self._counts = Counts()

    @property
    def agents(self) -> list[Any]:
        """The agents, in the order in which they were added."""
        return [member.agent for member in list(self._members.values())]

    def add_agent(self, agent: Agent) -> World:
        """Add an agent; during a step, for the next one. Return the world.

        Parameters
        ----------
        agent
            Anything with a `name` and a method `act`, which may be an ``async def``. If
            *act* takes an argument ``return_actions``, it gets True.

        Raises
        ------
        BadType
            It is no agent.
        BadValue
            There is one of this name, or it is there already.
        """
        member = Member(agent)
        with self._adding:
            if member.name in self._members:
                message = (
                    f"there is an agent {member.name!r} in {self.name!r}: names tell "
                    "agents apart. Give this one another name"
                )
                raise BadValue(message)
            for other in self._members.values():
                if other.agent is agent:
                    message = (
                        f"agent {member.name!r} is there already, as {other.name!r}: "
                        "it cannot act twice at a time"
                    )
                    raise BadValue(message)
            self._members[member.name] = member
        return self

    def remove_agent(self, agent: Agent | str) -> None:
        """Remove an agent, given itself or its name; it ends the step that goes on.

        Raises
        ------
        BadValue
            It is not there.
        """
        with self._adding:
            for name, member in self._members.items():
                if member.agent is agent or (isinstance(agent, str) and name == agent):
                    del self._members[name]
                    return
        known = list(self._members)
        hint = nearest(agent, known) if isinstance(agent, str) else ""
        message = f"there is no agent {agent!r} in {self.name!r}.{hint}"
        raise BadValue(message)

    def handle_actions(self, agent: Any, actions: Any) -> None:
        """Apply what an agent has done; override it, for here it does nothing.

        Called in the thread that makes the step, for one agent after another, once all
        have acted. What it raises ends the run, and is raised to who makes it.

        Parameters
        ----------
        agent
            One that has acted.
        actions
            What its `act` returned.
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
            The world is in the middle of a step, whose agents cannot make another.
        """
        __tracebackhide__ = True
        planned = whole("steps", steps, 0)
        return self._go(planned, parallelize)[0]

    def step(self, parallelize: bool | None = None) -> dict[str, Any]:  # noqa: FBT001 # as `run`
        """Make one step; see `run`.

        Returns
        -------
        dict
            What each agent's `act` returned, by its name, in the order in which they
            were added; without those that have failed or were left out.
        """
        __tracebackhide__ = True
        _, step = self._go(1, parallelize)
        return {
            turn.member.name: turn.actions
            for turn in (step.turns if step else ())
            if turn.status == Status.OK.word
        }

    @property
    def history(self) -> pd.DataFrame:
        """A row per step and agent: ``step``, ``agent``, ``status``, ``actions``, ….

        The status is that of a task, or ``"left out"`` where the last act of the agent
        had not come back; ``actions`` is what its `act` returned, ``error`` why it
        failed, ``seconds`` how long it acted in this step.
        """
        return history_of(list(self._steps))

    @property
    def steps(self) -> pd.DataFrame:
        """A row per step: ``step``, ``parallel``, ``agents``, ``ok``, ``wall``, ….

        ``wall`` is how long all acts took together, ``busy`` the sum of what each took,
        and ``speedup`` is busy time / wall time: how many agents acted at the same time
        on average. Sequential steps are measured alike. How many times as fast parallel
        steps are is told by the ``wall`` of both, since acts may hinder each other.
        """
        return steps_of(list(self._steps))

    def get_parallel_metrics(self) -> dict[str, int | float]:
        """Return what steps came to, as a dict of your own.

        ``total_parallel_steps``, ``total_sequential_steps``; ``avg_parallel_speedup``,
        busy time / wall time on average over the parallel steps in which somebody acted
        (0.0 before the first); ``parallel_errors``, ``parallel_timeouts``: how many
        acts of parallel steps failed, or were not done in time. A later step that an
        agent is left out of is no other timeout. All of it stays 0 with
        ``collect_parallel_metrics=False``.
        """
        return self._counts.told()

    def __repr__(self) -> str:
        agents, steps = len(self._members), len(self._steps)
        return (
            f"<World {self.name}: {agents} agent{'s' * (agents != 1)}, "
            f"{steps} step{'s' * (steps != 1)}>"
        )

    # -- Inside -----------------------------------------------------------------------

    def _go(
        self, planned: int, parallelize: bool | None
    ) -> tuple[Run[Any], Step | None]:
        __tracebackhide__ = True
        parallel = self._settings.parallel_agent_actions
        if parallelize is not None:
            parallel = flag("parallelize", parallelize)
        if is_coroutine_function(self.handle_actions):
            message = (
                "handle_actions must not be a coroutine: actions are applied one after "
                "another. Write def handle_actions(self, agent, actions): ..."
            )
            raise BadType(message)
        if not self._stepping.acquire(blocking=False):
            message = (
                f"{self.name!r} is in the middle of a step: its agents cannot make "
                "another one. Call run once it has ended"
            )
            raise StillRunning(message)
        try:
            options = self._how(parallel=parallel)
            limit = self._settings.parallel_execution_timeout
            steps = Stepping(self.name, planned, options, limit, self._keep)
            return steps.run, self._make(steps, planned, parallel=parallel)
        finally:
            self._stepping.release()

    def _make(self, steps: Stepping, planned: int, *, parallel: bool) -> Step | None:
        """Make the steps; return the last one."""
        __tracebackhide__ = True
        run, step = steps.run, None
        run.start()
        try:
            for _ in range(planned):
                if run.state in (State.CANCELLING, State.CANCELLED):
                    break
                members = list(self._members.values())
                number = len(self._steps) + 1
                step = steps.make(number, members, parallel=parallel)
                if not step.count(Status.CANCELLED.word):
                    self._apply(step)
            run.close()
        except BaseException:  # of handle_actions, or an interrupt
            run.cancel()
            raise
        run.wait()
        return step

    def _apply(self, step: Step) -> None:
        for turn in step.turns:
            if turn.status == Status.OK.word:
                self.handle_actions(turn.member.agent, turn.actions)

    def _keep(self, step: Step) -> None:
        self._steps.append(step)
        if self._settings.collect_parallel_metrics:
            self._counts.take(step)

    def _how(self, *, parallel: bool) -> Options:
        awaits = any(member.awaits for member in list(self._members.values()))
        given = dict(self._options)
        if not parallel:
            given["workers"] = 1
        return settings.options_of(self._settings, given, awaits=awaits)
