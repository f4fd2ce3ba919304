"""Tasks that start in turn: which of them have to wait for others to end.

The stages of a run are a tree. A task may start when, in each stage around it whose
parts go in turn, all parts before its own have ended, in whatever way. Every stage
counts its parts that go on, so an end is one step, and as many more as stages end with
it: all of it is linear in the number of tasks, however they depend on each other.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence

from nbparallel.records.store import Records
from nbparallel.types import FINAL
from nbparallel.work.order import Stage


class _Node:
    """A stage as it stands.

    Attributes
    ----------
    left
        How many of its parts, or tasks, have not ended.
    at
        The first of them, by place or by task; all are before it that have ended.
    """

    __slots__ = ("around", "at", "in_turn", "left", "parts", "place", "tasks")

    def __init__(self, stage: Stage, around: _Node | None, place: int) -> None:
        self.in_turn, self.around, self.place = stage.in_turn, around, place
        self.parts: list[_Node] = []
        self.tasks = stage.parts if isinstance(stage.parts, range) else range(0)
        self.left = self.at = 0

    @property
    def is_open(self) -> bool:
        """Whether it has its turn, as have all stages around it."""
        node = self
        while node.around is not None:
            if node.around.in_turn and node.place > node.around.at:
                return False
            node = node.around
        return True


class Gates:
    """Holds the tasks of one run whose turn has not come; the lock is held.

    Parameters
    ----------
    records
        Of the run; its tasks are there.
    order
        The stages that all of them are in.
    """

    def __init__(self, records: Records, order: Stage) -> None:
        self._records = records
        self._held = bytearray(len(records))  # by task, whether it is held
        self._count = 0
        self._nodes = list(_nodes_of(order))  # those around others come before them
        blocks = [node for node in self._nodes if node.tasks]
        self._blocks = sorted(blocks, key=lambda node: node.tasks.start)
        self._firsts = [node.tasks.start for node in self._blocks]
        self.recount()

    def __len__(self) -> int:
        return self._count

    def recount(self) -> None:
        """Look at the records anew: tasks have ended, or go on, that were not told."""
        for node in reversed(self._nodes):
            going: Sequence[int]
            if not node.tasks:
                going = [part.place for part in node.parts if part.left]
            elif self._records.finished:
                going = [task for task in node.tasks if not self._has_ended(task)]
            else:
                going = node.tasks
            node.left = len(going)
            node.at = going[0] if going else max(node.tasks.stop, len(node.parts))

    def outdated(self, made: range) -> list[int]:
        """Return those of *made* that have ended though a part before them goes on.

        Each is the last part of a stage in turn. In their order: one that is made of
        another comes after it.
        """
        found = []
        for task in made:
            node = self._block_of(task)
            around = node.around
            if around is None or not self._has_ended(task):
                continue
            if around.left:
                found.append(task)
                self._goes_on(node)
        return found

    def hold(self, tasks: range) -> list[range]:
        """Keep those of *tasks* whose turn has not come; return the others."""
        ready: list[range] = []
        while tasks:
            node = self._block_of(tasks.start)
            stop = min(tasks.stop, node.tasks.stop)
            some, tasks = range(tasks.start, stop), range(stop, tasks.stop)
            if node.is_open:
                now = self._now_of(node, some)
                if now:
                    ready.append(now)
                    some = range(now.stop, stop)
            self._keep(some)
        return ready

    def release(self, task: int) -> list[range]:
        """Let go of what waited for *task*, which has ended."""
        node: _Node | None = self._block_of(task)
        assert node is not None
        node.left -= 1
        if node.in_turn:
            while node.at in node.tasks and self._has_ended(node.at):
                node.at += 1
            if node.left:
                return list(self._let_in(node)) if node.is_open else []
        while node is not None and not node.left:
            around = node.around
            if around is None:
                return []
            around.left -= 1
            while around.at < len(around.parts) and not around.parts[around.at].left:
                around.at += 1
            if around.left:
                if around.in_turn and around.is_open:
                    return list(self._let_in(around))
                return []
            node = around
        return []

    def remove(self, task: int) -> bool:
        """Hold *task* no longer; return whether it was here."""
        found = bool(self._held[task]) if task < len(self._held) else False
        if found:
            self._held[task] = 0
            self._count -= 1
        return found

    def drain(self) -> list[range]:
        """Hold nothing any more; return what was held."""
        return list(self._take(range(len(self._held))))

    # -- Inside -----------------------------------------------------------------------

    def _has_ended(self, task: int) -> bool:
        return self._records.status_of(task) in FINAL

    def _block_of(self, task: int) -> _Node:
        return self._blocks[bisect_right(self._firsts, task) - 1]

    def _now_of(self, node: _Node, tasks: range) -> range:
        """Return those of *tasks* of an open node whose turn it is."""
        if not node.in_turn:
            return tasks
        return range(node.at, node.at + 1) if node.at in tasks else range(0)

    def _let_in(self, node: _Node) -> Iterator[range]:
        """Let go of what is held of an open node, as far as its turn has come."""
        wanted = [node]
        while wanted:
            each = wanted.pop()
            if each.tasks:
                yield from self._take(self._now_of(each, each.tasks))
            elif each.in_turn:
                wanted += each.parts[each.at : each.at + 1]
            else:
                wanted += [part for part in reversed(each.parts) if part.left]

    def _keep(self, tasks: range) -> None:
        place = slice(tasks.start, tasks.stop)
        self._count += len(tasks) - self._held.count(1, tasks.start, tasks.stop)
        self._held[place] = b"\1" * len(tasks)

    def _take(self, tasks: range) -> Iterator[range]:
        """Let go of those of *tasks* that are held."""
        held, start = self._held, self._held.find(1, tasks.start, tasks.stop)
        while start >= 0:
            stop = held.find(0, start, tasks.stop)
            stop = tasks.stop if stop < 0 else stop
            held[start:stop] = bytes(stop - start)
            self._count -= stop - start
            yield range(start, stop)
            start = held.find(1, stop, tasks.stop)

    def _goes_on(self, node: _Node | None) -> None:
        """Note that a part of *node*, which had ended, goes on again."""
        if node is not None and node.tasks:
            node.at = node.tasks.start  # of one task alone
        while node is not None:
            node.left += 1
            around = node.around
            if around is not None:
                around.at = min(around.at, node.place)
            node = around if node.left == 1 else None


def _nodes_of(order: Stage) -> Iterator[_Node]:
    wanted = [(order, _Node(order, None, 0))]
    while wanted:
        stage, node = wanted.pop()
        yield node
        if isinstance(stage.parts, tuple):
            node.parts = [
                _Node(part, node, place) for place, part in enumerate(stage.parts)
            ]
            wanted += zip(stage.parts, node.parts, strict=True)
