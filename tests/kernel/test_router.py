"""The router against real kernels: what is ours arrives, nothing else is touched."""

import subprocess
import sys
import time

import pytest

from nbparallel.edge.router import router

pytestmark = [pytest.mark.kernel, pytest.mark.every_kernel]

#: A button, and a cell that blocks until it is clicked, as a blocking run does.
SETUP = """
import functools, queue, threading
import ipywidgets
from nbparallel.edge.router import router

clicks = queue.SimpleQueue()
button = ipywidgets.Button(description="Cancel")
button.on_click(lambda _: clicks.put(threading.current_thread().name))

def block():
    print("blocking", flush=True)
    while True:
        try:
            return clicks.get(timeout=0.05 if router().needs_pump else None)
        except queue.Empty:
            router().pump()
"""
BLOCK = "registration = router().add(button); thread = block(); registration.close()"


@pytest.fixture
def ready(kernel):
    assert kernel.run(SETUP).status == "ok"
    kernel.button = kernel.evaluate("button.model_id")
    return kernel


def start_blocking(kernel, code=BLOCK):
    cell = kernel.execute(code)
    kernel.wait_for_text(cell, "blocking")
    return cell


def test_it_is_the_version_that_it_claims_to_be(kernel):
    kernel.run("import ipykernel, importlib.metadata as metadata")

    assert kernel.evaluate("ipykernel.__version__") == kernel.version
    assert kernel.evaluate("metadata.version('ipykernel')") == kernel.version


def test_a_click_arrives_while_a_cell_blocks(ready):
    cell = start_blocking(ready)

    clicked = time.monotonic()
    click = ready.click(ready.button)
    outcome = ready.outcome(cell, timeout=5)

    assert outcome.status == "ok"
    assert time.monotonic() - clicked < 0.5
    assert ready.evaluate("thread") == "nbparallel-widgets"
    ready.wait_idle(click)


def test_queued_cells_run_afterwards_in_order(ready):
    ready.run("order = []")
    blocked = start_blocking(ready)
    cells = [ready.execute(f"order.append({number})") for number in range(200)]

    ready.click(ready.button)

    assert ready.outcome(blocked).status == "ok"
    assert all(ready.outcome(cell).status == "ok" for cell in cells)
    assert ready.evaluate("order") == list(range(200))


def test_a_failing_cell_still_aborts_the_queue(ready):
    blocked = start_blocking(ready, BLOCK + "; 1/0")
    queued = ready.execute("ran = True")

    ready.click(ready.button)

    assert ready.outcome(blocked).error == "ZeroDivisionError"
    assert ready.outcome(queued).status in {"aborted", "error"}
    assert ready.evaluate("'ran' in globals()") is False


def test_input_works_in_the_same_cell_and_in_later_ones(ready):
    ready.run("registration = router().add(button)")
    blocked = start_blocking(ready, "block(); print('hello', input('name? '))")
    ready.click(ready.button)
    assert ready.answer_input("Ada") == "name? "
    assert "hello Ada" in ready.outcome(blocked).text

    later = ready.execute("print('hello', input('again? '))")
    assert ready.answer_input("Bob") == "again? "
    assert "hello Bob" in ready.outcome(later).text


def test_the_debugger_works_with_a_live_widget(ready):
    ready.run("registration = router().add(button)")
    ready.run("secret = 42; 1/0")

    cell = ready.execute("%debug")
    ready.answer_input("p secret + 1")
    ready.answer_input("q")

    assert "43" in ready.outcome(cell).text


def test_a_forged_click_is_not_delivered(ready):
    cell = start_blocking(ready)
    click = {"method": "custom", "content": {"event": "click"}}
    ready.forge("comm_msg", {"comm_id": ready.button, "data": click})
    ready.click(ready.button)

    assert ready.outcome(cell).status == "ok"
    assert ready.evaluate("clicks.empty()") is True


def add_foreign_button(kernel):
    kernel.run(
        "where = []\n"
        "foreign = ipywidgets.Button()\n"
        "foreign.on_click(lambda _: where.append(threading.current_thread().name))"
    )
    return kernel.evaluate("foreign.model_id")


def test_a_foreign_widget_is_left_to_the_kernel(ready):
    foreign = add_foreign_button(ready)
    cell = start_blocking(ready)

    click = ready.click(foreign)
    ready.click(ready.button)

    assert ready.outcome(cell).status == "ok"
    ready.wait_idle(click)
    assert len(ready.evaluate("where")) == 1
    assert "nbparallel-widgets" not in ready.evaluate("where")


def test_a_closed_registration_is_left_to_the_kernel(ready):
    foreign = add_foreign_button(ready)
    ready.run("closed = router().add(foreign); closed.close(); closed.close()")
    cell = start_blocking(ready, "closed.add(foreign); " + BLOCK)

    click = ready.click(foreign)
    ready.click(ready.button)

    assert ready.outcome(cell).status == "ok"
    ready.wait_idle(click)
    assert len(ready.evaluate("where")) == 1
    assert "nbparallel-widgets" not in ready.evaluate("where")


def test_a_widget_stays_routed_until_its_last_registration_closes(ready):
    ready.run("first, second = router().add(button), router().add(button)")
    cell = start_blocking(ready, "first.close(); thread = block(); second.close()")

    ready.click(ready.button)

    assert ready.outcome(cell).status == "ok"
    assert ready.evaluate("thread") == "nbparallel-widgets"


def test_a_registration_takes_in_all_that_a_widget_is_made_of(ready):
    ready.run(
        "slider = ipywidgets.IntSlider()\n"
        "slider.observe(lambda change: clicks.put(change.new), 'value')\n"
        "tabs = ipywidgets.Tab([ipywidgets.VBox([slider])])"
    )
    slider = ready.evaluate("slider.model_id")
    cell = start_blocking(
        ready,
        "registration = router().add(button)\n"
        "registration.add(tabs)\n"
        "moved = [block() for _ in range(20)]\n"
        "registration.close()",
    )

    for value in range(1, 21):
        data = {"method": "update", "state": {"value": value}, "buffer_paths": []}
        ready.wait_idle(ready.send_comm(slider, data))

    assert ready.outcome(cell).status == "ok"
    assert ready.evaluate("moved") == list(range(1, 21))


def test_a_callback_speaks_in_the_cell_that_registered_it(ready):
    ready.run("button.on_click(lambda _: print('clicked', flush=True))")
    registering = ready.execute("registration = router().add(button)")
    ready.outcome(registering)
    cell = start_blocking(ready, "block(); registration.close()")

    ready.click(ready.button)

    ready.wait_for_text(registering, "clicked")
    assert "clicked" not in ready.outcome(cell).text


def test_a_failing_callback_does_not_end_the_service(ready):
    ready.run(
        "def fail(_):\n"
        "    raise SystemExit('callback')\n"
        "failing = ipywidgets.Button()\n"
        "failing.on_click(fail)"
    )
    failing = ready.evaluate("failing.model_id")
    cell = start_blocking(ready, "router().add(failing); " + BLOCK)

    ready.wait_idle(ready.click(failing))
    ready.click(ready.button)

    assert ready.outcome(cell).status == "ok"


def states_in(message):
    data = message["content"].get("data", {})
    return data.get("states", {}) if message["msg_type"] == "comm_msg" else {}


def test_a_reloaded_page_finds_its_widgets_while_a_cell_blocks(ready):
    cell = start_blocking(ready)

    information = ready.ask("kernel_info_request", {})
    assert ready.reply(information)["content"]["language_info"]["name"] == "python"
    comms = ready.ask("comm_info_request", {"target_name": "jupyter.widget"})
    assert ready.button in ready.reply(comms)["content"]["comms"]
    control = {
        "comm_id": "control",
        "target_name": "jupyter.widget.control",
        "data": {},
    }
    ready.wait_idle(ready.ask("comm_open", control, metadata={"version": "1.0.0"}))
    ready.wait_idle(ready.send_comm("control", {"method": "request_states"}))
    ready.wait_for(lambda said: ready.button in states_in(said))

    ready.click(ready.button)
    assert ready.outcome(cell).status == "ok"


def test_questions_are_answered_while_no_cell_runs(ready):
    ready.run("registration = router().add(button)")

    information = ready.ask("kernel_info_request", {})

    assert ready.reply(information)["content"]["status"] == "ok"


def test_there_is_one_router_per_kernel_even_after_a_reload(ready):
    ready.run(
        "import importlib, nbparallel.edge.router as module\n"
        "same = importlib.reload(module).router() is router()"
    )

    assert ready.evaluate("same") is True
    start_blocking(ready)
    ready.click(ready.button)
    assert ready.run("").status == "ok"


def test_four_runs_at_once_hear_their_own_buttons(ready):
    ready.run(
        "import contextvars\n"
        "buttons = [ipywidgets.Button() for _ in range(4)]\n"
        "heard = [queue.SimpleQueue() for _ in buttons]\n"
        "for own, hearing in zip(buttons, heard):\n"
        "    own.on_click(lambda _, hearing=hearing: hearing.put('click'))\n"
        "    router().add(own)\n"
    )
    ids = ready.evaluate("[own.model_id for own in buttons]")
    cell = start_blocking(ready)

    for own in ids:
        ready.click(own)
    ready.click(ready.button)

    assert ready.outcome(cell).status == "ok"
    assert ready.evaluate("[hearing.qsize() for hearing in heard]") == [1, 1, 1, 1]


def test_an_in_process_kernel_has_no_router():
    code = (
        "from ipykernel.inprocess.manager import InProcessKernelManager\n"
        "manager = InProcessKernelManager()\n"
        "manager.start_kernel()\n"
        "shell = manager.kernel.shell\n"
        "shell.run_cell('from nbparallel.edge.router import router')\n"
        "shell.run_cell('found = router()')\n"
        "assert shell.user_ns['found'] is None\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_plain_interpreter_has_no_router():
    assert router() is None
