"""Programs, and the ways to run them: from top to bottom, in threads, in odd orders."""

import ast
import linecache
import os
import random
import re
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from nbparallel.dataflow.analysis import effects_of
from nbparallel.dataflow.graph import needs_of
from nbparallel.magics.cell import Cell, Line
from nbparallel.magics.statements import run_statements
from nbparallel.options import resolve
from tests.support.soaking import often

FOLDER = Path(__file__).parent / "programs"


class Program(NamedTuple):
    """A cell, and the cells that were run before it."""

    name: str
    before: str
    source: str

    def prepare(self):
        """Return the cell, in a namespace as it is before the cell is run."""
        names = {"__name__": "__main__"}
        if self.before:
            exec(_compile(self.before, f"<before {self.name}>"), names)
        filename = f"<cell {self.name}>"
        line = Line("%%parallel", 0, 0, filename, "Cell")
        _compile(self.source, filename)
        return Cell(self.source, ast.parse(self.source), line, names)

    def run(self):
        """Run it from top to bottom; return the namespace."""
        cell = self.prepare()
        with outside_restored():
            exec(cell.compile(cell.tree), cell.namespace)
        return cell.namespace

    def run_in_order(self, order):
        """Run its statements in some other order."""
        cell = self.prepare()
        with outside_restored():
            for number in order:
                tree = ast.Module([cell.tree.body[number]], [])
                exec(cell.compile(tree), cell.namespace)
        return cell.namespace

    def run_in_threads(self, delay):
        """Run it as the magic does; *delay* gives the seconds before each line."""
        cell = self.prepare()
        with outside_restored():
            run_statements(
                cell,
                resolve({"workers": 4, "progress": False}),
                before=lambda statement: time.sleep(delay(statement.line)),
            )
        return cell.namespace

    def graph(self, *, ordered=False):
        """Return, by statement, all the statements that have to be run before it."""
        cell = self.prepare()
        body = cell.tree.body
        direct = needs_of(effects_of(body, cell.namespace, ordered=ordered))
        found = []
        for number in range(len(body)):
            some = set(direct.get(number, ()))
            found.append(some.union(*(found[each] for each in some)))
        return found

    def needs(self, *, ordered=False):
        """Return the same by the numbers of their lines."""
        lines = [node.lineno for node in ast.parse(self.source).body]
        found = enumerate(self.graph(ordered=ordered))
        return {lines[number]: {lines[each] for each in some} for number, some in found}

    def orders(self):
        """Yield orders that the needs allow, as odd as can be.

        In one of them each statement comes before all that need not precede it, in one
        after all that need not follow.
        """
        above = self.graph()
        numbers = range(len(above))
        for number in numbers:
            first = {*above[number], number}
            yield sorted(numbers, key=lambda each, some=first: (each not in some, each))
            last = {each for each in numbers if number in {each, *above[each]}}
            yield sorted(numbers, key=lambda each, some=last: (each in some, each))


def programs():
    """Return the programs written by hand."""
    return [
        Program(f"{path.stem}: {name}", before, source)
        for path in sorted(FOLDER.glob("*.txt"))
        for name, before, source in map(_split, path.read_text().split("# %% ")[1:])
        if _is_for_this_python(name)
    ]


def delays(seed, lines):
    """Return some ways to hold the statements up, at random and against their order."""
    rounds = often(5, 10)
    for number in range(rounds):
        draw = random.Random(100 * seed + number)
        yield lambda _, draw=draw: draw.choice((0, draw.uniform(0, 0.003)))
    for number in range(rounds):
        yield lambda line, each=number / rounds: max(
            0, 0.003 * (1 - line / lines - each / 2)
        )


def _is_for_this_python(name):
    """Whether a program with ``(3.14 on)`` or ``(before 3.14)`` in its name is run."""
    found = re.search(r"\((before )?3\.(\d+)( on)?\)", name)
    is_older = found is not None and sys.version_info < (3, int(found[2]))
    return found is None or is_older == bool(found[1])


def _split(text):
    name, body = text.split("\n", 1)
    before, _, source = body.rpartition("# --\n")
    return name, before, source


def _compile(source, filename):
    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = (len(source), None, lines, filename)
    return compile(source, filename, "exec", dont_inherit=True)


@contextmanager
def outside_restored():
    """Put back what a program may change outside of its namespace."""
    place, environment, path = Path.cwd(), dict(os.environ), [*sys.path]
    try:
        yield
    finally:
        os.chdir(place)
        os.environ.clear()
        os.environ.update(environment)
        sys.path[:] = path
