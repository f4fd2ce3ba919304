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
