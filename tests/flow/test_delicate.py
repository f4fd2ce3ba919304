"""A handler that is given up in the middle of an emit leaves its flow whole."""

from __future__ import annotations

import sys
import threading

import nbparallel as nbp
from nbparallel.flow import course
from nbparallel.workers.raising import is_delicate
from tests.flow.conftest import Keep, Step, chain, done


def test_what_lines_calls_up_is_spared_by_what_ends_tasks(flow, monkeypatch):
    found = []
    usual = course.Course._line_up

    def line_up(self, slot, data):
        frame = sys._getframe()
        while frame.f_code is not course.Course.line_up.__code__:
            frame = frame.f_back
        found.append(is_delicate(frame))
        usual(self, slot, data)

    monkeypatch.setattr(course.Course, "_line_up", line_up)
    chain(flow, start=Step(lambda: 1), keep=Keep())
    done(flow, "start")
    assert found == [True, True]


def test_a_handler_that_emits_until_it_is_given_up_ends(flow):
    ended = threading.Event()
    keep, sent = Keep(), []

    def emit_on():
        try:
            while True:
                nbp.sleep(0.001)
                step.emit("output", value=1)
                sent.append(1)
        finally:
            ended.set()

    step = Step(emit_on)
    chain(flow, step=step, keep=keep)
    job = done(flow, "step", timeout=0.05)
    assert ended.wait(10)
    states = job.routine_states
    assert states["step"]["failed"] == 1
    assert states["keep"]["calls"] - len(sent) in (0, 1)
    assert states["keep"]["waiting"] == states["keep"]["running"] == 0
