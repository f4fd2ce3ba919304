"""Workflows as users of such libraries write them: the same whatever comes when."""

from __future__ import annotations

import json
import random
from collections import Counter

import pytest

import nbparallel as nbp
from nbparallel.flow import ErrorHandler, ErrorStrategy, Flow, Routine
from tests.flow.conftest import STRATEGIES

ROUNDS = 50


def dawdle():
    """Take a random moment, often none."""
    if random.random() < 0.5:
        nbp.sleep(random.random() * 0.0015)


class Reader(Routine):
    """Emits the lines of a text."""

    def __init__(self):
        super().__init__()
        self.define_slot("trigger", handler=self.read)
        self.define_event("line", ["number", "text"])
        self.define_event("end", ["lines"])

    def read(self, text, **_):
        lines = text.splitlines()
        for number, line in enumerate(lines):
            self.emit("line", number=number, text=line)
        self.emit("end", lines=len(lines))


class Words(Routine):
    """Splits what it gets, at what its configuration says; some lines are not for it.

    The first call for each line that asks for it fails, as a service does.
    """

    def __init__(self):
        super().__init__()
        self.set_config(separator=" ", least=1)
        self.asked = Counter()
        self.define_slot("line", handler=self.split)
        self.define_event("words", ["words", "number"])

    def split(self, text, number):
        dawdle()
        self.asked[text] += 1
        if text.startswith("flaky") and self.asked[text] == 1:
            raise ConnectionError(text)
        if text.startswith("broken"):
            raise ValueError(text)
        self.increment_stat("lines")
        least = self.get_config("least", 0)
        found = text.split(self.get_config("separator"))
        self.emit("words", words=[w for w in found if len(w) >= least], number=number)


class Counting(Routine):
    """Adds up what arrives, by a merge of its own."""

    def __init__(self):
        super().__init__()
        self.total = {}
        self.define_slot("words", handler=self.keep, merge_strategy=self.add)

    @staticmethod
    def add(old, new):
        return {"counts": Counter(old.get("counts")) + Counter(new["found"])}

    def keep(self, counts):
        dawdle()
        self.total = dict(counts)


class Gathering(Routine):
    """Has the list of all that has arrived so far, at each arrival."""

    def __init__(self):
        super().__init__()
        self.seen, self.lengths = [], []
        self.define_slot("input", handler=self.gather, merge_strategy="append")

    def gather(self, **data):
        dawdle()
        self.seen = sorted(zip(*(data[name] for name in sorted(data)), strict=True))
        self.lengths.append(len(self.seen))


LINKS = {"a": ["b", "c"], "b": ["d", "e"], "c": ["f"], "d": [], "e": ["g"]}


class Visit(Routine):
    """Follows links until they end: a cycle."""

    def __init__(self):
        super().__init__()
        self.define_slot("trigger", handler=self.visit)
        self.define_slot("page", handler=self.visit)
        self.define_event("link", ["page", "depth"])
        self.define_event("leaf", ["name"])

    def visit(self, page, depth=0):
        dawdle()
        self.set_stat("deepest", max(depth, self.get_stat("deepest", 0)))
        links = LINKS.get(page, [])
        for link in links:
            self.emit("link", page=link, depth=depth + 1)
        if not links:
            self.emit("leaf", name=page)


TEXT = "one two two\nflaky one\nthree\nbroken line\na two"


def counted(flow):
    """Connect a reader, five who split and one who counts."""
    flow.add_routine(Reader(), "reader")
    counting = Counting()
    flow.add_routine(counting, "counting")
    for number in range(3):
        words = flow.add_routine(Words(), f"words-{number}")
        flow.routines[words].set_config(least=1 + number)
        flow.connect("reader", "line", words, "line")
        flow.connect(words, "words", "counting", "words", {"words": "found"})
    return counting


def states_of(job):
    return {name: state["status"] for name, state in job.routine_states.items()}


def failures_are_recorded_and_the_others_go_on(flow):
    """No error handler: what fails further down is recorded."""
    counting = counted(flow)
    job = flow.execute("reader", entry_params={"text": TEXT})
    assert flow.wait_for_completion(timeout=20)
    failed = job.df[job.df["status"] == "error"]
    stats = [flow.routines[f"words-{number}"].stats() for number in range(3)]
    return job.status, counting.total, len(failed), len(job.df), stats


def failures_are_tried_again(flow):
    """A handler of errors that tries again, and takes what still fails as it is."""
    flow.set_error_handler(
        ErrorHandler(
            strategy=ErrorStrategy.RETRY,
            max_retries=2,
            retry_delay=0.001,
            retry_backoff=1.5,
        )
    )
    counting = counted(flow)
    job = flow.execute("reader", entry_params={"text": TEXT.replace("broken", "b")})
    assert flow.wait_for_completion(timeout=20)
    tries = [dict(flow.routines[f"words-{n}"].asked) for n in range(3)]
    return job.status, counting.total, tries, states_of(job)


def failures_are_skipped(flow):
    """The same, and what fails is left out."""
    flow.set_error_handler(ErrorHandler(strategy=ErrorStrategy.SKIP))
    counting = counted(flow)
    job = flow.execute("reader", entry_params={"text": TEXT})
    assert flow.wait_for_completion(timeout=20)
    return job.status, counting.total, states_of(job)


def all_that_has_arrived(flow):
    """Many sources, one who collects; its history and its states are read."""
    flow.add_routine(Reader(), "reader")
    gathering = Gathering()
    flow.add_routine(gathering, "gathering")
    for number in range(4):
        words = flow.add_routine(Words(), f"words-{number}")
        flow.connect("reader", "line", words, "line")
        flow.connect(words, "words", "gathering", "input")
    job = flow.execute("reader", {"text": "a b\nc\nd e f"})
    assert flow.wait_for_completion(timeout=20)
    history = Counter(each.event_name for each in job.get_execution_history("words-1"))
    calls = job.get_routine_state("gathering")["calls"]
    return gathering.seen, gathering.lengths, history["words"], calls, job.status


def links_are_followed(flow):
    """A cycle that the data end, and a count of the leaves."""
    visit, gathering = Visit(), Gathering()
    flow.add_routine(visit, "visit")
    flow.add_routine(gathering, "gathering")
    flow.connect("visit", "link", "visit", "page")
    flow.connect("visit", "leaf", "gathering", "input")
    job = flow.execute("visit", {"page": "a"})
    assert flow.wait_for_completion(timeout=20)
    return gathering.seen, visit.stats(), job.status


def what_was_saved_runs_again(flow):
    """A flow that went through JSON does what it did before."""
    counted(flow)
    text = json.dumps(flow.serialize())
    with Flow().deserialize(json.loads(text), [Reader, Words, Counting]) as again:
        job = again.execute("reader", {"text": "x yy zzz\nyy zzz"})
        assert again.wait_for_completion(timeout=20)
    return again.routines["counting"].total, job.status


WITHOUT_FAILURES = {"one": 3, "two": 9, "three": 3, "a": 1}


@pytest.mark.parametrize(
    ("program", "among"),
    [
        (failures_are_recorded_and_the_others_go_on, WITHOUT_FAILURES),
        (
            failures_are_tried_again,
            {**WITHOUT_FAILURES, "one": 6, "flaky": 3, "b": 1, "line": 3},
        ),
        (failures_are_skipped, WITHOUT_FAILURES),
        (all_that_has_arrived, list(range(1, 13))),
        (links_are_followed, [("d",), ("f",), ("g",)]),
        (what_was_saved_runs_again, {"x": 1, "yy": 4, "zzz": 6}),
    ],
)
def test_the_same_in_both_strategies_under_random_delays(program, among):
    found = []
    for number in range(ROUNDS):
        random.seed(number)
        for strategy in STRATEGIES:
            with Flow(execution_strategy=strategy, max_workers=1 + number % 7) as flow:
                found.append(program(flow))
    assert among in found[0]
    for each in found[1:]:
        assert each == found[0]
