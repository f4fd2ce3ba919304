"""Facts about where this runs, without a kernel; with one in tests/kernel."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from nbparallel.edge import frontend


@pytest.fixture
def shell(monkeypatch):
    """Pretend to be in a kernel; the request can be changed by the test."""
    made = SimpleNamespace(
        kernel=object(), get_parent=lambda: {"header": {"msg_id": "m1"}, "content": {}}
    )
    monkeypatch.setitem(
        sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: made)
    )
    monkeypatch.delenv("SERVER_SOFTWARE", raising=False)
    return made


def test_plain_python_is_no_kernel(monkeypatch):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)
    assert not frontend.in_kernel()
    assert not frontend.interactive()
    assert frontend.cell_id() is None
    assert "IPython" not in sys.modules


def test_terminal_ipython_is_no_kernel(shell):
    del shell.kernel
    assert not frontend.in_kernel()


@pytest.mark.usefixtures("shell")
def test_a_kernel_is_taken_for_interactive_until_told_otherwise():
    assert frontend.in_kernel()
    assert frontend.interactive()
    assert frontend.cell_id() == "m1"


@pytest.mark.parametrize(("allowed", "expected"), [(True, True), (False, False)])
def test_who_can_answer_can_press_buttons(shell, allowed, expected):
    shell.get_parent = lambda: {"content": {"allow_stdin": allowed}}
    assert frontend.interactive() is expected


@pytest.mark.parametrize("running", [True, False])
def test_marimo_is_asked_once_it_is_there(monkeypatch, running):
    monkeypatch.delitem(sys.modules, "marimo", raising=False)
    assert not frontend.in_marimo()
    assert "marimo" not in sys.modules
    marimo = SimpleNamespace(running_in_notebook=lambda: running)
    monkeypatch.setitem(sys.modules, "marimo", marimo)
    assert frontend.in_marimo() is running


def numbered(**more):
    header = {"msg_id": "abc_12_7", "session": "abc"}
    return {"header": header, "content": {"allow_stdin": True}, **more}


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (numbered(), True),
        (numbered(metadata={"cellId": "b1"}), False),
        (numbered(content={"allow_stdin": False}), False),
        (numbered(content={}), False),
        (numbered(header={"msg_id": "5f0e-11", "session": "abc"}), False),
        (numbered(header={"msg_id": None, "session": None}), False),
        ({}, False),
    ],
)
def test_a_request_tells_a_client_of_text(shell, request_, expected):
    shell.get_parent = lambda: request_
    assert frontend.in_text() is expected


def test_cells_that_are_not_the_users_are_none(shell):
    called, registered = [], {}
    shell.events = SimpleNamespace(register=registered.__setitem__)
    frontend.on_next_cell(lambda: called.append("cell"))
    for info in (SimpleNamespace(store_history=False), SimpleNamespace()):
        registered["pre_run_cell"](info)
        registered["pre_run_cell"](SimpleNamespace(store_history=True))
    assert len(called) == 3


def test_voila_cannot_answer_but_press(shell, monkeypatch):
    shell.get_parent = lambda: {"content": {"allow_stdin": False}}
    monkeypatch.setenv("SERVER_SOFTWARE", "voila/0.5.13")
    assert frontend.in_voila()
    assert frontend.interactive()


def test_a_thread_without_the_context_of_the_cell(shell):
    def lost():
        raise LookupError

    shell.get_parent = lost
    assert frontend.interactive()
    assert frontend.cell_id() is None


@pytest.mark.parametrize("missing", [{}, {"header": {}}, {"header": {"msg_id": None}}])
def test_no_cell(shell, missing):
    shell.get_parent = lambda: missing
    assert frontend.cell_id() is None


def test_a_shell_without_requests(shell):
    del shell.get_parent
    assert frontend.interactive()
    assert frontend.cell_id() is None


def test_the_request_may_be_known_to_the_kernel_alone(shell):
    # As in async-kernel
    shell.kernel = SimpleNamespace(get_parent=shell.get_parent)
    del shell.get_parent
    assert frontend.cell_id() == "m1"


def test_where_no_request_is_known_cells_are_told_apart_by_number(shell):
    # As in xeus-python
    del shell.get_parent
    shell.execution_count = 3
    assert frontend.cell_id() == "execution 3"
