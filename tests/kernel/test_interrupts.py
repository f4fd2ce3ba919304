"""The stop button against real kernels: during a blocking cell, and between cells."""

import pytest

pytestmark = [pytest.mark.kernel, pytest.mark.every_kernel]

BLOCKING = """
import queue, signal
import ipywidgets
from nbparallel.edge.signals import Signals
from nbparallel.edge.router import router

button = ipywidgets.Button()

def block(interrupts_wanted=1):
    events, heard = queue.SimpleQueue(), []
    try:
        with Signals(lambda: events.put("interrupt")) as signals:
            registration = router().add(button)
            print("blocking", flush=True)
            try:
                while len(heard) < interrupts_wanted:
                    try:
                        heard.append(events.get(timeout=0.05))
                        print("interrupt", len(heard), flush=True)
                    except queue.Empty:
                        router().pump()
            finally:
                registration.close()
    except KeyboardInterrupt:
        if len(heard) < interrupts_wanted:
            raise
    return len(signals.raised)
"""

IDLE = """
import threading
from nbparallel.edge.idle_interrupt import watch_idle_interrupts

def watch(name):
    return watch_idle_interrupts(lambda: print(name + " heard it", flush=True))
"""
SLEEP = "print('asleep', flush=True); __import__('time').sleep(20)"


def interrupt_once_it_says(kernel, text, code):
    cell = kernel.execute(code)
    kernel.wait_for_text(cell, text)
    kernel.interrupt()
    return cell


def heard(kernel, name):
    def says(said):
        return f"{name} heard it" in said["content"].get("text", "")

    try:
        kernel.wait_for(says, timeout=5)
    except TimeoutError:  # it came in the instant before the kernel's loop began to
        kernel.run("")  # wait: Python notices it only once something ends that wait
        kernel.wait_for(says)
    kernel.said.clear()


def test_each_of_many_interrupts_is_an_event(kernel):
    kernel.run(BLOCKING)
    for _ in range(30):
        cell = interrupt_once_it_says(kernel, "blocking", "count = block()")

        assert kernel.outcome(cell).status == "ok"
        assert kernel.evaluate("count") == 1
    assert kernel.evaluate("bool(router()._routes)") is False
    handler = kernel.evaluate("signal.getsignal(signal.SIGINT).__name__")
    assert handler == "default_int_handler"


def test_the_third_interrupt_raises(kernel):
    kernel.run(BLOCKING)
    cell = interrupt_once_it_says(kernel, "blocking", "block(99)")
    kernel.wait_for_text(cell, "interrupt 1")
    kernel.interrupt()
    kernel.wait_for_text(cell, "interrupt 2")
    kernel.interrupt()

    assert kernel.outcome(cell).error == "KeyboardInterrupt"


def test_an_interrupt_between_cells_is_heard_until_undone(kernel):
    kernel.run(IDLE + "undo = watch('first')")
    for _ in range(3):
        kernel.interrupt()
        heard(kernel, "first")

    kernel.run("undo(); undo()")
    kernel.interrupt()

    assert kernel.run("1").status == "ok"
    assert not any("heard it" in str(said["content"]) for said in kernel.said)


def test_an_interrupt_during_a_cell_remains_the_cells(kernel):
    kernel.run(IDLE + "undo = watch('first')")

    cell = interrupt_once_it_says(kernel, "asleep", SLEEP)
    outcome = kernel.outcome(cell)

    assert outcome.error == "KeyboardInterrupt"
    assert "heard it" not in outcome.text
    kernel.interrupt()
    heard(kernel, "first")
    kernel.run("undo()")


def test_an_interrupt_during_an_async_cell_remains_the_cells(kernel):
    kernel.run(IDLE)
    cell = interrupt_once_it_says(
        kernel,
        "awaiting",
        "import asyncio\n"
        "undo = watch('first')\n"
        "print('awaiting', flush=True)\n"
        "for _ in range(400): await asyncio.sleep(0.05)",
    )
    outcome = kernel.outcome(cell)

    assert outcome.error in {"CancelledError", "KeyboardInterrupt"}
    assert "heard it" not in outcome.text
    kernel.interrupt()
    heard(kernel, "first")
    kernel.run("undo()")


def test_any_thread_may_watch_and_undo(kernel):
    kernel.run(
        IDLE
        + """
def elsewhere(function):
    thread = threading.Thread(target=function, daemon=True)
    thread.start()
    thread.join()

undo = []
elsewhere(lambda: undo.append(watch("first")))
elsewhere(lambda: undo.append(watch("second")))
elsewhere(undo[0])
"""
    )
    kernel.run("")  # a watch from elsewhere takes effect once the main loop turns
    kernel.interrupt()
    heard(kernel, "second")

    kernel.run("elsewhere(undo[1])")
    kernel.run("")
    kernel.interrupt()

    assert kernel.run("1").status == "ok"
    assert not any("heard it" in str(said["content"]) for said in kernel.said)


def test_once_undone_the_kernel_ignores_interrupts_as_before(kernel):
    kernel.run(IDLE + "import signal; undo = watch('first')")
    assert kernel.evaluate(
        "get_ipython().kernel.saved_sigint_handler != signal.SIG_IGN"
    )

    kernel.run("undo()")

    assert kernel.evaluate(
        "get_ipython().kernel.saved_sigint_handler == signal.SIG_IGN"
    )


def test_a_failing_callback_keeps_no_other_from_hearing(kernel):
    kernel.run(IDLE + "undo = [watch_idle_interrupts(lambda: 1 / 0), watch('second')]")

    kernel.interrupt()

    heard(kernel, "second")
    kernel.run("[undo_one() for undo_one in undo]")
