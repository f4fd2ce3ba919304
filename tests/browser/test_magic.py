"""``%%parallel`` as somebody in front of JupyterLab sees it."""

import re

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SETUP = "%load_ext nbparallel\nimport nbparallel as nbp\nimport time"
LOOP = """%%parallel -w 4 -o run for n in range(400) if n >= 0:
    wait = 0.05
    time.sleep(wait)
    n * 2"""
CHECK = """counts = run.df["status"].value_counts()
print(run.state.value, len(run), counts["ok"] + counts["cancelled"],
      0 < counts["ok"] < 400, "wait" in globals())"""
FAIL = """%%parallel -w 2 --on-error raise for n in [2, 1, 0]

# What stands above is not counted by the kernel, but by people.
text = str(n)
share = 1 / int(text)
share"""
MISTAKE = "%%parallel --wrokers 4 for n in range(3)\nn"
LINE = "%parallel -w 2 [n * 2 for n in range(3)]"
CELLS = [SETUP, LOOP, CHECK, FAIL, MISTAKE, LINE]
_, LOOP_AT, CHECK_AT, FAIL_AT, MISTAKE_AT, LINE_AT = range(6)


class TestMagic:
    frontend = "lab"
    cells = CELLS

    def test_a_loop_over_400_tasks_is_cancelled_by_its_button(self, notebook):
        notebook.run_cell(LOOP_AT)
        notebook.wait_for_text(LOOP_AT, re.compile(r"[1-9]\d* ok"))

        notebook.click_button(LOOP_AT, "Cancel")

        notebook.wait_until_done(LOOP_AT)
        notebook.wait_for_text(LOOP_AT, "cancelled")
        notebook.run_cell(CHECK_AT)
        notebook.wait_for_text(CHECK_AT, "cancelled 400 400 True False")

    def test_an_error_on_line_5_names_line_5(self, notebook):
        notebook.run_cell(FAIL_AT)
        notebook.wait_for_text(FAIL_AT, "every row is in nbparallel.last.df")
        notebook.wait_until_idle()

        shown = notebook.output_text(FAIL_AT)
        assert re.search(r"Cell In\[\d+\], line 5\n", shown)
        assert re.search(r"-> 5 share = 1 / int\(text\)", shown)

    def test_a_mistake_is_marked(self, notebook):
        notebook.run_cell(MISTAKE_AT)
        notebook.wait_for_text(MISTAKE_AT, "Did you mean '--workers'?")
        notebook.wait_until_idle()

        shown = notebook.output_text(MISTAKE_AT)
        assert "line 1\n    %%parallel --wrokers 4 for n in range(3)\n" in shown
        assert " " * 15 + "^" * 9 in shown

    def test_a_line_shows_its_value(self, notebook):
        notebook.run_cell(LINE_AT)

        notebook.wait_for_text(LINE_AT, "[0, 2, 4]")
