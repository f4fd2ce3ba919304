"""Tasks in worker processes that last too long, or end their worker, time and again."""

from __future__ import annotations

import os
import re
import threading
import time

import pytest

import nbparallel as nbp

TIMEOUT = 0.1


@pytest.fixture(autouse=True)
def _in_processes():
    with nbp.defaults(backend="processes", progress=False):
        yield


def backtrack(_):
    return re.match(r"(a+)+$", "a" * 40 + "b")


def spin(_):
    while True:
        pass


def swallow(_):
    while True:
        try:
            time.sleep(60)
        except BaseException:  # as some do
            continue


def wrap(_):
    try:
        time.sleep(60)
    except BaseException as error:
        raise RuntimeError from error


def hang(_):
    threading.Event().wait()


def die(number):
    if number == 1:
        os._exit(3)
    return number


@pytest.mark.parametrize(("retries", "tried"), [(0, 1), (1, 2), (9, 3)])
def test_a_task_that_kills_its_worker_is_tried_three_times_at_most(retries, tried):
    run = nbp.pmap(
        die, range(3), backend="processes", workers=1, retries=retries, backoff=0
    )

    assert run.df["status"].tolist() == ["ok", "crashed", "ok"]
    assert run.df["attempts"].tolist() == [1, tried, 1]


@pytest.mark.parametrize("task", [backtrack, spin, swallow, wrap, hang])
def test_whatever_a_task_does_it_is_ended(task):
    run = nbp.pmap(task, range(2), workers=2, timeout=TIMEOUT)

    assert run.df["status"].tolist() == ["timeout"] * 2
    assert {type(error) for error in run.errors.values()} == {nbp.TaskTimeout}
    assert run.df["seconds"].between(TIMEOUT, TIMEOUT + 2).all()
    assert run.snapshot().abandoned == 0
    assert nbp.pmap(abs, [-1], workers=2).results == [1]


def test_a_task_that_ends_when_told_to_keeps_its_process():
    run = nbp.pmap(hang_or_tell, range(4), workers=1, timeout=TIMEOUT)

    assert run.df["status"].tolist() == ["ok", "timeout", "ok", "timeout"]
    assert run.df["result"][0] == run.df["result"][2]


def hang_or_tell(number):
    if number % 2:
        hang(number)
    return os.getpid()
