"""Mistakes on the line of the magic: each is refused in its own words, at its place."""

import ast

import pytest

from nbparallel.errors import BadCell, UsageError
from nbparallel.magics.cell import Cell, Line
from nbparallel.magics.comprehension import run_comprehension
from nbparallel.magics.loop import parse_header, run_loop
from nbparallel.magics.parsed_flags import parse_flags
from nbparallel.options import resolve

#: What is written behind %%parallel, what is marked in it, and what is said.
HEADERS = [
    # The loop
    ("x in xs", "x", "begins with `for`"),
    ("For x in xs", "For", "small letters"),
    ("foreach x in xs", "foreach", "only `for`"),
    ("while x", "while", "only `for`"),
    ("in xs", "in", "begins with `for`"),
    ("if x else y for x in xs", "if", "only `for`"),
    ("for x in xs][0", "]", "unmatched ']'"),
    ("urls", "urls", "begins with `for`"),
    ("[f(x) for x in xs]", "[f(x) for x in xs]", "takes one line: pages = %parallel"),
    ("for x on xs", " x on xs", "`in` is missing"),
    ("for x xs", " x xs", "`in` is missing"),
    ("for x = xs", " x = xs", "`in` is missing"),
    ("for x in xs for y", " y", "`in` is missing"),
    ("for in xs", "in", "a name is missing between"),
    ("for x in", "", "go through is missing"),
    ("for x in if x", " ", "go through is missing"),
    ("for x in xs if", "", "the condition behind `if` is missing"),
    ("for x in xs if x = 1", "=", "compare with `==`"),
    ("for x in xs, for y in ys", ",", "no comma"),
    ("for x in xs; y = 1", ";", "another cell"),
    ("for x in xs else", "else", "has no `else`"),
    ("for x in xs: print(x)", "print(x)", "on the lines below"),
    ("for x in [1, 2", "[", "'[' was never closed"),
    ("for x in xs]", "]", "unmatched ']'"),
    ("for x in (1, 2]", "]", "does not match opening parenthesis '('"),
    ("for x in 'abc", "'", "unterminated string literal"),
    ("for x in *xs", "*xs", "[*xs]"),
    ("for f(x) in xs", "f(x)", "cannot assign to function call"),
    ("for 'x' in xs", "'x'", "cannot assign to literal"),
    ("for x.y in xs", "x.y", "put a name behind `for`"),
    ("for a[0], b in xs", "a[0]", "put a name behind `for`"),
    ("async for x in xs", "x", "`async for` cannot be shared out"),
    ("for x in await xs()", "await xs()", "await them in a cell above"),
    ("for x in xs if (y := x)", "y := x", "is lost between tasks"),
    ("for x in 5", "5", "int is nothing to go through"),
    ("for x in list", "list", "type is nothing to go through"),
    # The flags
    ("for x in xs -w 4", "-w", "flags come before the loop"),
    ("for x in xs --no-block", "--no-block", "flags come before the loop"),
    ("for x in xs -o pages", "-o", "flags come before the loop"),
    ("workers=4 for x in xs", "workers", "options are flags here"),
    ("-w zero for x in xs", "zero", "workers='zero': must be a whole number"),
    ("-w 0 for x in xs", "0", "workers=0: must be a whole number of at least 1"),
    ("-w=2.5 for x in xs", "2.5", "workers=2.5: must be a whole number"),
    ("-w for x in xs", "-w", "-w needs a value, as in -w 8"),
    ("-w", "-w", "-w needs a value, as in -w 8"),
    ("-w --ordered for x in xs", "-w", "-w needs a value"),
    ("--workers= for x in xs", "--workers", "--workers needs a value"),
    ("-w 4 --workers 5 for x in xs", "--workers", "workers is given twice"),
    ("-wrokers 4 for x in xs", "-wrokers", "Did you mean '--workers'?"),
    ("-workers 4 for x in xs", "-workers", "write --workers"),
    ("\u2014workers 4 for x in xs", "\u2014workers", "write --workers"),
    ("--n-jobs 4 for x in xs", "--n-jobs", "it is called --workers here"),
    ("--wrokers 4 for x in xs", "--wrokers", "Did you mean '--workers'?"),
    ("--on_error raise for x in xs", "--on_error", "write --on-error"),
    ("-x for x in xs", "-x", "unknown flag '-x'. The flags are -w"),
    ("--no-workers for x in xs", "--no-workers", "there is no --no-workers"),
    ("--block=yes for x in xs", "--block=yes", "takes no value: write --block, or"),
    ("--block --no-block for x in xs", "--no-block", "block is given twice"),
    ("--on-error rise for x in xs", "rise", "Did you mean 'raise'?"),
    ("--backend 'thread' for x in xs", "'thread'", "Did you mean 'threads'?"),
    ("--grace -1 for x in xs", "-1", "grace=-1: must be a number of seconds and"),
    ("--rows many for x in xs", "many", "rows='many': must be a whole number"),
    ("--desc 'my run for x in xs", "'", "this quote is not closed"),
    ("--unpack args for x in xs", "--unpack", "how an item is taken apart"),
    ("-o 3rd for x in xs", "3rd", "must be a name, as in -o pages"),
    ("-o 'my run' for x in xs", "'my run'", "must be a name"),
    ("--df a.b for x in xs", "a.b", "must be a name, as in --df pages"),
    ("-o class for x in xs", "class", "must be a name"),
    ("-o a --df a for x in xs", "a", "would both bind a"),
    ("--df t --no-block for x in xs", "--no-block", "--df needs the run's end"),
]

LINES = [
    ("", "", "%parallel needs a comprehension"),
    ("f(x) for x in xs", "f(x) for x in xs", "needs a comprehension in brackets"),
    ("(f(x) for x in xs)", "(f(x) for x in xs)", "a generator gives its values one by"),
    ("for x in xs", "f", "a loop is a cell of its own"),
    ("sum([f(x) for x in xs])", "sum([f(x) for x in xs])", "nothing around it"),
    ("[1, 2]", "[1, 2]", "takes a comprehension"),
    ("xs", "xs", "takes a comprehension"),
    ("[f(x) for x in xs", "[", "'[' was never closed"),
    ("[f(x)) for x in xs]", ")", "closing parenthesis ')' does not match"),
    ("[(y := x) for x in xs]", "y := x", "is lost"),
    ("[x for x in xs]; y = 1", ";", "what follows goes below"),
    ("[x async for x in xs]", "x", "`async for` cannot be shared out"),
    ("--no-block [x for x in xs]", "--no-block ", "a run in the background"),
    ("-w 0 [x for x in xs]", "0", "at least 1"),
]


def line_of(magic, given):
    text = f"{magic} {given}"
    return Line(text, len(magic) + 1, 1, "the cell", "Cell In[7]")


def cell_of(line, body=""):
    return Cell("\n" + body, ast.parse("\n" + body), line, {})


def run_header(given):
    line = line_of("%%parallel", given)
    read = parse_flags(line, {})
    clauses = parse_header(line, read.rest)
    return run_loop(cell_of(line, "x"), clauses, resolve(read.options))


def run_line(given):
    line = line_of("%parallel", given)
    read = parse_flags(line, {})
    return run_comprehension(cell_of(line), read.rest, resolve(read.options))


def marked(error):
    """What the arrows of an error point at."""
    place, text, arrows = error.shown.splitlines()
    assert place == "  Cell In[7], line 1"
    return text[arrows.index("^") : len(arrows)]


def complaint(run, given):
    with pytest.raises(BadCell) as caught:
        run(given)
    assert isinstance(caught.value, UsageError)
    assert caught.value.place == ("the cell", 1)
    return caught.value


@pytest.mark.parametrize(("given", "where", "message"), HEADERS)
def test_mistakes_in_headers(given, where, message):
    error = complaint(run_header, given)

    assert message in str(error)
    assert marked(error) == where


@pytest.mark.parametrize(("given", "where", "message"), LINES)
def test_mistakes_in_lines(given, where, message):
    error = complaint(run_line, given)

    assert message in str(error)
    assert marked(error) == where


def test_an_error_is_shown_as_python_shows_a_syntax_error():
    error = complaint(run_header, "-w 0 for x in xs")

    assert error._render_traceback_() == [
        "  Cell In[7], line 1",
        "    %%parallel -w 0 for x in xs",
        "                  ^",
        "BadCell: workers=0: must be a whole number of at least 1",
    ]
