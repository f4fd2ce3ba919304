"""The magics in real kernels: line numbers, Cancel, interrupts, what is shown."""

import re

import pytest

pytestmark = pytest.mark.kernel

SETUP = "%load_ext nbparallel\nimport nbparallel as nbp\nxs = [2, 1, 0]"
#: Longer than any test waits, unless it is cancelled.
LONG = "for n in range(400)\nnbp.sleep(0.05)\nn"


def traceback_of(outcome):
    text = "\n".join(outcome.reply["content"]["traceback"])
    return re.sub(r"\x1b\[[\d;]*m", "", text)


def cancel_button(kernel, cell):
    """The comm of the Cancel button that a cell shows, once it does."""
    kernel.wait_for(
        lambda said: (
            said["msg_type"] == "display_data"
            and said["parent_header"].get("msg_id") == cell
        )
    )
    opened = kernel.wait_for(
        lambda said: (
            said["msg_type"] == "comm_open"
            and said["parent_header"].get("msg_id") == cell
            and said["content"]["data"]["state"].get("description") == "Cancel"
        )
    )
    return opened["content"]["comm_id"]


@pytest.fixture
def notebook(kernel):
    kernel.run(SETUP)
    return kernel


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("%%parallel --on-error raise for x in xs\n\n# why\ny = 1\n1 / x\ny", 5),
        ("\n\n%%parallel --on-error raise for x in xs:\n    y = 1\n    1 / x", 5),
        ("%%time\n%%parallel --on-error raise for x in xs\n\ny = 1\n1 / x", 5),
        ("%%parallel --on-error raise for x in xs\n%time 1\n!true\ny = 1\n1 / x", 5),
        ("y = 1\n\n# why\n\n%parallel [1 / x for x in xs]", 5),
    ],
)
def test_an_error_on_line_5_names_line_5(notebook, code, line):
    outcome = notebook.run(code)
    shown = traceback_of(outcome)

    assert outcome.error == "ZeroDivisionError"
    assert re.search(rf"Cell In\[\d+\], line {line}\n", shown)
    assert f"----> {line}" in shown
    assert "nbparallel/" not in shown


def test_an_error_in_the_header_names_its_line(notebook):
    shown = traceback_of(notebook.run("\n%%time\n%%parallel for x in nothing\nx"))

    assert "----> 3 %%parallel for x in nothing" in shown


def test_a_kept_error_names_its_line_too(notebook):
    notebook.run("%%parallel -o run for x in xs\n\n\n\n1 / x")
    outcome = notebook.run("raise run.errors[2]")

    assert re.search(r"Cell In\[\d+\], line 5\n", traceback_of(outcome))


def test_a_mistake_is_shown_at_its_place(notebook):
    outcome = notebook.run("%%parallel -w 0 for x in xs\nx")

    assert outcome.error == "BadCell"
    assert outcome.reply["content"]["evalue"].startswith("workers=0: must be")
    assert traceback_of(outcome).splitlines()[1:3] == [
        "    %%parallel -w 0 for x in xs",
        "                  ^",
    ]


@pytest.mark.every_kernel
def test_a_click_on_cancel_ends_the_loop(notebook):
    cell = notebook.execute(f"%%parallel -w 4 -o run {LONG}")
    notebook.click(cancel_button(notebook, cell))

    assert notebook.outcome(cell).status == "ok"
    assert notebook.evaluate("run is nbp.last, run.state.value") == (True, "cancelled")
    assert notebook.evaluate(
        "len(run), {*run.df['status']} <= {'ok', 'cancelled'}"
    ) == (
        400,
        True,
    )


def test_a_click_on_cancel_ends_the_comprehension(notebook):
    cell = notebook.execute("%parallel -w 4 [nbp.sleep(0.05) for n in range(400)]")
    notebook.click(cancel_button(notebook, cell))

    assert notebook.outcome(cell).error == "TaskCancelled"


@pytest.mark.every_kernel
def test_an_interrupt_ends_the_loop_and_its_run_is_bound(notebook):
    cell = notebook.execute(f"%%parallel -w 4 -o run {LONG}")
    cancel_button(notebook, cell)
    notebook.interrupt()

    assert notebook.outcome(cell).error == "KeyboardInterrupt"
    assert notebook.evaluate("run is nbp.last, run.state.value") == (True, "cancelled")


def test_the_run_is_shown_once(notebook):
    outcome = notebook.run("%%parallel -o run for x in xs\nx")

    kinds = [said["msg_type"] for said in outcome.outputs]
    assert kinds.count("display_data") == 1
    assert "execute_result" not in kinds
    assert notebook.evaluate("_ is run, run.results") == (True, [2, 1, 0])


def test_the_value_of_a_line_is_shown(notebook):
    outcome = notebook.run("%parallel --no-progress [x + 1 for x in xs]")

    assert "[3, 2, 1]" in outcome.text


def test_defaults_last_from_cell_to_cell(notebook):
    notebook.run("%config NBParallel.workers = 3")
    notebook.run("%%parallel -o run for x in xs\nx")

    assert notebook.evaluate("run.options.workers") == 3
    notebook.run("%config NBParallel.workers = None")


def test_the_tab_key_completes_flags_and_names(notebook):
    def matches(code):
        ask = {"code": code, "cursor_pos": len(code)}
        reply = notebook.reply(notebook.ask("complete_request", ask))
        return reply["content"]["matches"]

    assert "--on-error" in matches("%%parallel --on")
    assert "xs" in [each.strip() for each in matches("%%parallel -w 4 for x in x")]
