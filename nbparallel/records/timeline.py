"""When which worker was busy, and what came of it: bounded, whatever the run.

The last minute is kept apart, and finer than what was before. A batch of tasks costs
as much as the bars that it makes, of which there are few, and its failures.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from nbparallel.records.bars import MOST, Bars
from nbparallel.records.store import Finished
from nbparallel.records.strip import Bar, Strip
from nbparallel.types import FAILED, Status

#: The most lanes; of more workers, some share a lane.
LANES: Final = 32
#: So many seconds of a run that goes on are shown.
WINDOW: Final = 60.0


@dataclass(slots=True)
class _Brief:
    """Tasks that one worker carried out, none of which failed, and no others between.

    They began at a second of the run, *begin*, and at an instant, *begun*.
    """

    begin: float
    begun: float
    ended: float
    first: int
    tasks: int


class Timeline:
    """Keeps what becomes a `Strip`; used with the run's lock held.

    Parameters
    ----------
    at
        Gives the second of the run for an instant by `time.perf_counter`.

    Attributes
    ----------
    busy
        Seconds that attempts took, added up.
    """

    def __init__(self, at: Callable[[float], float]) -> None:
        self.busy = 0.0
        self._at = at
        self._past, self._recent = Bars(), Bars()
        self._brief: dict[int, _Brief] = {}  # by worker, the bar that may still grow
        self._shift = 0  # how many times each two lanes have become one
        self._failures = 0
        self._failing: tuple[float, float] | None = None

    def took(self, batch: Finished) -> None:
        """Take in attempts that have ended."""
        begun, ends = batch.begun, batch.ends
        self.busy += ends[-1] - begun
        brief = self._brief.get(batch.worker)
        if not batch.failures:
            # One comparison and two sums are all that a quick task may cost.
            if brief is not None and ends[-1] - brief.begun <= self._recent.resolution:
                brief.ended = ends[-1]
                brief.tasks += len(ends)
                return
            if ends[-1] - begun <= self._recent.resolution:
                self._close(batch.worker)
                self._brief[batch.worker] = _Brief(
                    max(0.0, self._at(begun)), begun, ends[-1], batch.first, len(ends)
                )
                return
        self._close(batch.worker)
        self._add_all(batch)

    def strip(
        self,
        now: float,
        going: Iterable[tuple[float, int, int]] = (),
        *,
        widths: Sequence[tuple[float, int]],
        guessed: bool = False,
        whole: bool = False,
    ) -> Strip | None:
        """Return what is to be seen at a second of the run, or None if nothing is.

        Parameters
        ----------
        now
            The second.
        going
            Since when which task is carried out, by which worker.
        widths
            Since which second how many workers there were.
        guessed
            Whether nobody knows how many there are.
        whole
            Whether to show the whole run, not its last minute.
        """
        for worker in list(self._brief):
            self._close(worker)
        running: dict[int, Bar] = {}
        busy, count = self.busy, 0
        for since, task, worker in going:
            lane, begin = self._lane_of(worker), max(0.0, self._at(since))
            busy, count = busy + max(0.0, now - begin), count + 1
            other = running.get(lane, Bar(begin, now, "running", task, 0))
            running[lane] = other._replace(
                begin=min(begin, other.begin), tasks=other.tasks + 1
            )
        since = 0.0 if whole else max(0.0, now - WINDOW)
        shown = self._past.joined(self._recent) if whole else self._recent
        lanes = [[bar for bar in lane if bar.end >= since] for lane in shown.lanes]
        lanes += [[] for _ in range(len(lanes), max(running, default=-1) + 1)]
        for lane, bar in running.items():
            lanes[lane].append(bar)
        if not any(lanes):
            return None
        return Strip(
            lanes=tuple(map(tuple, lanes)),
            since=since,
            until=now,
            workers=widths[-1][1],
            share=None if guessed else _share(busy, widths, now),
            failures=self._failures,
            failing=self._failing,
            running=count,
        )

    def _close(self, worker: int) -> None:
        """Make a bar of what a worker did that was too brief for one."""
        brief = self._brief.pop(worker, None)
        if brief is not None:
            end = brief.begin + max(0.0, brief.ended - brief.begun)
            self._add(worker, Bar(brief.begin, end, "ok", brief.first, brief.tasks))

    def _add_all(self, batch: Finished) -> None:
        """Add a batch in as many bars as can be told apart."""
        ends, failures = batch.ends, deque(sorted(batch.failures))
        begin, first = batch.begun, 0
        while first < len(ends):
            stop = _stop(ends, first, begin + self._recent.resolution)
            self._add(
                batch.worker, self._bar(batch, range(first, stop), begin, failures)
            )
            begin, first = ends[stop - 1], stop

    def _add(self, worker: int, bar: Bar) -> None:
        self._recent.add(self._lane_of(worker), bar)
        if self._recent.count > MOST:
            old = self._recent.take_before(bar.end - WINDOW)
            self._past = self._past.joined(old)
            self._recent.bound()

    def _lane_of(self, worker: int) -> int:
        while worker >> self._shift >= LANES:
            self._shift += 1
            self._past.pair()
            self._recent.pair()
        return worker >> self._shift

    def _bar(
        self, batch: Finished, those: range, begin: float, failures: deque[int]
    ) -> Bar:
        """Return one bar of some tasks of *batch*; take out which of them failed."""
        failed, cancelled, word = 0, 0, "ok"
        while failures and failures[0] < those.stop:
            offset = failures.popleft()
            status = batch.failures[offset][0]
            if status in FAILED:
                word = word if failed else status.word
                failed += 1
                self._note_failure(self._at(batch.ends[offset]))
            else:
                cancelled += 1
        if cancelled == len(those):
            word = Status.CANCELLED.word
        start = max(0.0, self._at(begin))
        end = max(start, self._at(batch.ends[those.stop - 1]))
        return Bar(start, end, word, batch.first + those.start, len(those), failed)

    def _note_failure(self, end: float) -> None:
        first, last = self._failing or (end, end)
        self._failing = min(first, end), max(last, end)
        self._failures += 1


def _stop(ends: array[float], first: int, until: float) -> int:
    """Return where a bar ends that begins with a task and is to end by an instant."""
    if ends[-1] <= until:
        return len(ends)
    return max(first + 1, bisect_right(ends, until, first))


def _share(busy: float, widths: Sequence[tuple[float, int]], now: float) -> float:
    """Return which part of the time that the workers had they were busy."""
    until = [second for second, _ in widths[1:]] + [now]
    had = sum(
        max(0.0, end - begin) * count
        for (begin, count), end in zip(widths, until, strict=True)
    )
    return min(1.0, busy / had) if had else 0.0
