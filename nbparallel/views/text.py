"""Tasks and whole runs as plain text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from nbparallel.quantities import (
    count,
    counted,
    duration,
    factor,
    rate,
    remaining,
    size,
    took,
)
from nbparallel.records import forecast
from nbparallel.records.groups import Group
from nbparallel.records.snapshot import Row, Snapshot
from nbparallel.short_text import brief, error_line, one_line
from nbparallel.types import MISSING, State, Status
from nbparallel.views import exhibits
from nbparallel.views.together import gain

#: How many times the median a straggler may take for that to tell anything.
TELLING: Final = 1_000

#: The most characters of what a loop says of its run.
LONG_POSTFIX = 200
#: How many kinds of failures are spoken of.
SPOKEN: Final = 3
#: After how many seconds a run is shown with its tasks.
OPENS = 2.0
#: So many tasks or less are all shown in plain text.
FEW = 12
#: What ends tasks that can be carried out in another process.
CURE = " backend='processes' ends a call into C as well."

# --- tasks --------------------------------------------------------------------------


def outcome(row: Row, limit: int = 80) -> str:
    """Return what came of a task: its result or its error, in short."""
    if row.error is not None:
        return error_line(row.error, limit)
    return "" if row.result is MISSING else brief(row.result, limit)


def status(row: Row) -> str:
    """Return where a task stands, with its tries if it took several."""
    if row.attempts > 1:
        return f"{row.status.word}, {row.attempts} tries"
    return row.status.word


# --- runs ---------------------------------------------------------------------------


def title(snapshot: Snapshot) -> str:
    """Return the run's description on one line."""
    return one_line(snapshot.name, 80) or "run"


def goal(snapshot: Snapshot) -> int | None:
    """Return how many tasks there are to carry out; None while nobody knows."""
    if snapshot.total is None and snapshot.state.ended:
        return snapshot.known
    return snapshot.total


def done(snapshot: Snapshot) -> str:
    """Return how far a run is: ``"1,204 of 4,000"``, or ``"1,204 so far"``.

    What was cancelled was not done.
    """
    total = goal(snapshot)
    carried_out = count(snapshot.carried_out)
    return (
        f"{carried_out} so far" if total is None else f"{carried_out} of {count(total)}"
    )


def tally(snapshot: Snapshot, *, running: bool = True) -> str:
    """Return the tasks by status, in words: ``"3,987 ok, 13 failed, 8 running"``."""
    again = snapshot.recovered
    ok = f"ok (+{count(again)} by retry)" if again else "ok"
    return counted(
        (snapshot.counts[Status.OK], ok),
        (snapshot.failed, "failed"),
        (snapshot.counts[Status.CANCELLED], "cancelled"),
        (snapshot.counts[Status.RUNNING] if running else 0, "running"),
    )


def input_failed(snapshot: Snapshot) -> bool:
    """Whether a run has ended because there was no more input to be had."""
    return snapshot.input_error is not None and snapshot.state is State.DONE


def state(snapshot: Snapshot) -> str:
    """Return where a run stands, in words."""
    if input_failed(snapshot):
        return "input failed"
    if snapshot.fatal is not None and snapshot.state is State.CANCELLED:
        return "stopped at the first error"
    return snapshot.state.value


def opens(snapshot: Snapshot) -> bool:
    """Whether there is more to a run than its line says.

    It goes on for a while, did not go well, or its face shows more of it.
    """
    went_well = snapshot.state in {State.RUNNING, State.DONE} and not snapshot.failed
    said = snapshot.exhibits or notices(snapshot)
    return not went_well or snapshot.elapsed >= OPENS or bool(said)


def pace(snapshot: Snapshot) -> list[str]:
    """Return time taken, rate, time to go, and workers where their number changes.

    The time is that in which the run was not paused, of which the rate is, too.
    """
    known = duration(snapshot.active), rate(snapshot.rate), ahead(snapshot)
    return [part for part in (*known, width(snapshot)) if part]


def ahead(snapshot: Snapshot) -> str:
    """Return how long a run is likely to go on, or which tasks all others wait for."""
    late = forecast.stragglers(snapshot)
    if late is None:
        span = forecast.to_go(snapshot)
        return "" if span is None else remaining(*span)
    which = "last task" if late.tasks == 1 else f"last {count(late.tasks)} tasks"
    telling = late.times <= TELLING
    times = f", {factor(late.times)} times the median" if telling else ""
    return f"{which} running {duration(late.seconds)}{times}"


def width(snapshot: Snapshot) -> str:
    """Return the number of workers where it changes, else nothing."""
    if len(snapshot.widths) < 2:  # noqa: PLR2004 # the first is that of the start
        return ""
    return f"{count(snapshot.workers)} worker{'' if snapshot.workers == 1 else 's'}"


def usage(snapshot: Snapshot) -> str:
    """Return what the processes use: ``"CPU 187 % - memory 312 MB, 5 processes"``.

    The percentage is that of one CPU.
    """
    used = snapshot.usage
    if used is None:
        return ""
    ended = snapshot.state.ended
    cpu = f"CPU {100 * used.cpu:.0f} %{' on average' if ended else ''}"
    memory = f"memory {'up to ' if ended else ''}{size(used.memory)}"
    family = f", {count(used.children + 1)} processes" if used.children else ""
    return f"{cpu} - {memory}{family}"


def postfix(snapshot: Snapshot) -> str:
    """Return what the loop over the run says of it, on one line."""
    return one_line(snapshot.postfix, LONG_POSTFIX)


def summary_line(snapshot: Snapshot) -> str:
    """Return a run in one line.

    ``fetch: 4,000 of 4,000 - 3,987 ok, 13 failed - 12.3 s - 325/s``
    """
    word = "" if state(snapshot) == State.DONE.value else f"{state(snapshot)}, "
    parts = [word + done(snapshot), tally(snapshot), *pace(snapshot), postfix(snapshot)]
    return f"{title(snapshot)}: {' - '.join(part for part in parts if part)}"


def sentence(snapshot: Snapshot, groups: Sequence[Group] = ()) -> str:
    """Return a run in few words, to be spoken, with the kinds of its failures."""
    kinds = Counter[str]()
    for group in groups:
        kinds[group.kind] += len(group.tasks)
    told = [f"{count(number)} {kind}" for kind, number in kinds.most_common(SPOKEN)]
    more = ["others"] if len(kinds) > SPOKEN else []
    parts = (
        state(snapshot),
        done(snapshot),
        counted((snapshot.failed, "failed")),
        *told,
        *more,
    )
    return f"{title(snapshot)}: {', '.join(part for part in parts if part)}"


def not_ok(snapshot: Snapshot) -> int:
    """Return how many tasks a retry would run again."""
    if snapshot.measurement or snapshot.once or not snapshot.keeps_results:
        return 0
    return snapshot.known - snapshot.counts[Status.OK]


def retry_label(snapshot: Snapshot) -> str:
    """Return what the button is called that runs again what is not ok."""
    if not snapshot.counts[Status.CANCELLED]:
        return "Retry failed"
    return "Run what is not ok" if snapshot.failed else "Run the rest"


def retries(snapshot: Snapshot) -> str:
    """Return what that is: ``"the 20"``, or ``"the 3 failed and 12 cancelled"``."""
    left, failed = not_ok(snapshot), snapshot.failed
    if left == 1:
        return "it"
    if not 0 < failed < left:
        return f"the {count(left)}"
    return f"the {count(failed)} failed and {count(left - failed)} cancelled"


def lagging(snapshot: Snapshot) -> str:
    """Return which coroutine has kept the others waiting; nothing if none has."""
    if snapshot.lag is None:
        return ""
    task, lasted = snapshot.lag
    return (
        f"Task {count(task)} kept all other coroutines waiting for "
        f"{duration(lasted)}: it computes or blocks without an await. Write "
        "await asyncio.to_thread(...) around that, or backend='threads'."
    )


def notices(snapshot: Snapshot) -> list[str]:
    """Return what else there is to know of a run, one sentence each."""
    said = []
    if snapshot.input_error is not None:
        line = error_line(snapshot.input_error)
        said.append(f"The input raised after {count(snapshot.known)} items: {line}")
    if snapshot.broken_by is not None:
        said.append(f"There are no workers any more: {error_line(snapshot.broken_by)}")
    if snapshot.deadline is not None:
        said.append(f"The run was stopped at its deadline={snapshot.deadline:g}.")
    if snapshot.restored:
        came = "row came" if snapshot.restored == 1 else "rows came"
        said.append(f"{count(snapshot.restored)} {came} from the journal.")
    said += snapshot.journal_notes
    if snapshot.lag is not None:
        said.append(lagging(snapshot))
    if snapshot.abandoned and snapshot.elsewhere:
        which = "batch goes" if snapshot.abandoned == 1 else "batches go"
        said.append(
            f"{count(snapshot.abandoned)} {which} on in the {snapshot.elsewhere}, "
            "which alone could end that. What comes of it is discarded."
        )
    elif snapshot.abandoned:
        tasks = "task" if snapshot.abandoned == 1 else "tasks"
        said.append(
            f"{count(snapshot.abandoned)} {tasks} did not stop when told to. Python "
            "can't end a call into C, nor a coroutine that catches its CancelledError: "
            "it goes on until it returns by itself."
            f"{'' if snapshot.near else CURE}"
        )
    if snapshot.advice:
        said.append(snapshot.advice)
    return said


def caveats(snapshot: Snapshot) -> list[str]:
    """Return what a run under way waits for or can't do, one sentence each."""
    said: list[str] = []
    if snapshot.state.ended:
        return said
    if snapshot.held_by:
        said.append(f"The rate of {snapshot.held_by} holds it back, not the workers.")
    if snapshot.waiting:
        waits = "task waits" if snapshot.waiting == 1 else "tasks wait"
        said.append(f"{count(snapshot.waiting)} {waits} to be tried again.")
    if snapshot.elsewhere:
        said.append(
            f"The {snapshot.elsewhere} ends nothing that it has begun: after a cancel "
            "that goes on, and is discarded."
        )
    if snapshot.guessed:
        said.append(
            "The executor does not say how many workers it has: "
            f"{count(snapshot.workers)} are taken for granted."
        )
    return said


def shown_rows(snapshot: Snapshot, ends: int = 5) -> list[Row]:
    """Return the few tasks that stand for all, in input order.

    Those are the first ones and the last to end; while a run is under way, the ones
    being carried out as well. If there are few, it is all of them.
    """
    if snapshot.known == len(snapshot.first) <= FEW:
        return list(snapshot.first)
    some = (*snapshot.first[:ends], *snapshot.latest[:ends], *snapshot.running[:ends])
    picked = {row.task: row for row in some}
    return [picked[task] for task in sorted(picked)]


def plain(snapshot: Snapshot, width: int = 40) -> str:
    """Return a run as text of several lines, for where HTML cannot be shown."""
    lines = [summary_line(snapshot), *_bar(snapshot, width)]
    lines += filter(None, [gain(snapshot), usage(snapshot)])
    lines += exhibits.lines(snapshot.exhibits)
    rows = shown_rows(snapshot)
    last = -1
    for row in rows:
        if row.task > last + 1:
            lines.append("   ...")
        lines.append(_line(row))
        last = row.task
    shown = {row.task for row in rows}
    lines += [_line(row) for row in snapshot.failures[:10] if row.task not in shown]
    lines += notices(snapshot)
    if snapshot.state.ended and (left := not_ok(snapshot)):
        which, verb = ("one", "is") if left == 1 else (count(left), "are")
        retry = f"{snapshot.handle}.retry()"
        lines.append(f"{retry} runs the {which} again that {verb} not ok.")
    return "\n".join(lines)


def _bar(snapshot: Snapshot, width: int) -> list[str]:
    total = goal(snapshot)
    if not total:
        return []
    filled = width * snapshot.carried_out // total
    percent = 100 * snapshot.carried_out // total
    return [f"[{'#' * filled}{'.' * (width - filled)}] {percent} %"]


def _line(row: Row) -> str:
    told = f"{row.task:>6}  {status(row):<14} {took(row.seconds):>7}"
    came = outcome(row)
    return f"{told}  {brief(row.item, 40)}{f' -> {came}' if came else ''}"
