"""Programs at random, over a grammar of what shares, changes and binds.

The first letter of a name tells its kind: a list, a dict, a number, a function of a
list, an object, an iterator, an array, a frame or a pair of closures.
"""

import random

from tests.dataflow.harness import Program

HEAD = """import copy
import numpy as np
import pandas as pd
class Box:
    made = 0
    shared = []
    def __init__(self, held):
        self.held = held
        Box.made += 1
    def put(self, x):
        self.held.append(x)
        return self
    def both(self):
        return self.held, self.shared
    @property
    def size(self):
        self.shared.append(len(self.held))
        return len(self.held)
    def __add__(self, other):
        self.held.extend(other.held)
        return Box(self.held)
    def __iter__(self):
        return iter(self.held)
"""
START = {
    "l": "[1, 2]",
    "d": "{'k': [0]}",
    "n": "1",
    "f": "len",
    "o": "Box([])",
    "i": "iter(range(50))",
    "x": "np.arange(4.0)",
    "p": "pd.DataFrame({'u': [1, 2], 'v': [3, 4]})",
}
EXPRESSIONS = {
    "l": """@l | [@n, *@l] | list(@l) | @l[:2] | @l + [@n] | sorted(@l, key=str)
        @d.get('k', @l) | @d['k'] | @o.held | @o.shared | Box.shared | @o.both()[0]
        [@n for q in @l] | [q for q in @l if q != @n] | (lambda q=@l: q)() | @l or @l
        @l if @n else @l | copy.copy(@l) | [*@d] | list(@d.values())[0] | @f(@l) or @l
        [*map(str, @l)] | @d.setdefault('z', @l) | @x.tolist() | list(@p['u']) | [@l][0]
        (@l, @d)[0] | [*zip(@l, @l)] | getattr(@o, 'held') | max([@l], key=len)
        @o.put(@n).held | [*@o] | pick(@l, @l) | keep(@l)""",
    "d": """@d | {'k': @l} | {**@d, 'k': @l} | dict(@d) | @d | {'k': [@n]}
        {q: @n for q in 'ak'} | {'k': @d['k']} | [@d][0] | copy.deepcopy(@d)
        vars(@o) | {'k': @o.held} | dict(k=@l)""",
    "n": """@n | 3 | @n + 1 | len(@l) | len(@d) | sum([@n, 2]) | next(@i) | @o.size
        Box.made | int(@x.sum()) | int(@p['u'].sum()) | (m1 := @n) | min(@n, 5)
        len(str(@l)) | int(@x[0]) | any(q for q in @l) + 0 | -@n | len({*'ab'})
        sum(1 for q in @l) | up(@n) | abs(@n) | len(f'{@n}{@l}') | len(@p.columns)
        hash('k') and @n | len([w for w in [@l, @l]]) | int(@x.mean())
        (@f(@l), 0)[1]""",
    "f": """@f | len | (lambda q: q) | (lambda q: @l) | (lambda q: q.append(@n) or q)
        (lambda q, r=@l: r) | pick1 | keep | @d.get | (lambda q: (@n, @l.append(1))[0])
        @l.append | partial(pick, @l) | (lambda q: [*q, @n])""",
    "o": """@o | Box(@l) | @o.put(@n) | @o + @o | copy.copy(@o) | [@o][0] | made(@l)
        (@o if @n else @o) | Box(@o.held)""",
    "i": """@i | iter(@l * 30 + [1]) | (q for q in [*@l, 1] * 20) | steps(@l)
    zip(@i, @i)
        map(str, [@l] * 9) | enumerate([*@l, 0] * 9) | chain(@i, @l)
        iter([@n] * 30)""",
    "x": """@x | @x + 1 | @x[1:] if len(@x) > 1 else @x | np.array(@x) | @x.T
    @x.copy()
        np.asarray(@x) | @x.ravel() | np.sort(@x) | @x * @n | np.full(4, @n)
        @x[::-1] | np.maximum(@x, @n) | @x.reshape(-1)""",
    "p": """@p | @p.copy() | @p.head(1) | @p.assign(u=@n) | grow(@p)
    @p.sort_values('u')
        @p[['u', 'v']] | pd.concat([@p, @p]) | pd.DataFrame({'u': [@n], 'v': [@n]})
        @p.rename(columns={'v': 'v'}) | @p.query('u > -1')""",
}
SIMPLE = """
@l.append(@n) | @l.extend(@l) | @l.insert(0, @n) | @l.reverse() | @l.sort(key=str)
@l[:1] = [@n] | @d['k'] = @l | @d.update(@d) | @d['n'] = @n | @o.held = @l | @o.put(@n)
Box.shared = @l | Box.made += 1 | @o.extra = @l | @x[:1] = @n | @x += 1 | @p['u'] = @n
@l += [@n] | @n += @n | @f(@l) | keep(@l) | up(@n) | @x.fill(@n) | @p['w'] = @p['u']
@p.loc[@p.index[0], 'u'] = @n | @x.sort() | np.add(@x, 1, out=@x) | grow(@p)
pick(@l, @l).append(@n) | setattr(@o, 'held', @l) | @l *= 1 | del @l[3:]
@d.pop('n', 0)
np.copyto(@x, @x) | @d['k'].append(@n) | keep.seen = @l
@p.insert(0, str(len(@p.columns)), 1)
next(@i) | [@l.append(q) for q in [1]] | l1, l2 = @l, @l | d1, n1 = @d, @n
l1, l2 = l2, l1
n1, *l1 = [1, *@l] | o1.held, l2 = @l, @l | l1 = l2 = @l | global_up() | del n2; n2 = 2
n2: int = @n | np.random.seed(@n % 9) | n1 = float(np.random.rand())
n2 = random.random()
random.seed(@n % 9) | os.environ['NBP'] = str(@n) | n1 = len(os.getenv('NBP', ''))
"""
COMPOUND = """
for q1 in @l:
    @S
    break
--
for n1 in range(2):
    @S
    @S
--
if @n > 2:
    @S
else:
    @S
--
while @n < 0:
    @S
    break
--
try:
    @S
    raise ValueError(@l)
except ValueError as error:
    l1 = error.args[0]
--
with suppress(ValueError):
    @S
--
with held(@l) as l1:
    @S
--
match @d:
    case {'k': l1, **d1}:
        @S
--
def f1(q, r=@l):
    global n1, l1
    @S
    return @l
--
def f2(q):
    q.append(@n)
    return @l
--
def f1(q):
    w = [*q]
    def inner():
        nonlocal w
        w = q
        @S
    inner()
    return w
--
def steps(q):
    for w in [*q, 0] * 9:
        l1.append(0)
        yield w
--
@noted
def f2(q):
    return @l
--
class Box(Box):
    shared = @l
    def put(self, x):
        super().put(x)
        return self
--
def made(q):
    return Box(@l)
"""
TOOLS = """import os, random
random.seed(0), np.random.seed(0)
from contextlib import contextmanager, suppress
from functools import partial
from itertools import chain
def pick(a, b=None):
    return b or a
pick1 = pick
def keep(q):
    keep.seen.append(q)
    return keep.seen[0]
keep.seen = []
def up(n):
    global n1
    n1 = n % 50
    return n1
def global_up():
    global n2, l2
    n2 += 1
    l2 = [n2]
def grow(frame):
    frame['g'] = 1
    return frame
def steps(q):
    yield from [*q, 1] * 20
def made(q):
    return Box(q)
@contextmanager
def held(q):
    q.append(0)
    yield q
    q.append(1)
def noted(f):
    def inner(q):
        l2.append(1)
        return f(q)
    return inner
"""


def generated(seed, statements=12):
    """Return the program of *seed*; what would fail has been left out of it."""
    draw = random.Random(seed)
    start = [f"{kind}{n} = {text}" for kind, text in START.items() for n in (1, 2)]
    before = HEAD + TOOLS
    if seed % 2:
        before, chosen = before + "\n".join(start) + "\n", []
    else:
        chosen = start
    chosen += [_statement(draw) for _ in range(statements)]
    names = {"__name__": "__main__"}
    exec(before, names)
    working = []
    for text in chosen:  # what fails may have changed something: so run all of it again
        try:
            exec(text, names)
        except Exception:
            exec(before, names := {"__name__": "__main__"})
            for earlier in working:
                exec(earlier, names)
        else:
            working.append(text)
    return Program(f"generated {seed}", before, "\n".join(working) + "\n")


def _statement(draw):
    which = draw.random()
    if which < 0.2:
        text = draw.choice(COMPOUND.strip().split("\n--\n"))
        while "@S" in text:
            inner = draw.choice(_options(SIMPLE))
            text = text.replace("@S", inner, 1)
    elif which < 0.6:
        kind = draw.choice([*EXPRESSIONS])
        text = f"{kind}{draw.choice('12')} = @{kind}"
    else:
        text = draw.choice(_options(SIMPLE))
    return _filled(draw, text, 2)


def _filled(draw, text, depth):
    """Replace each ``@k`` by an expression of that kind, down to some depth."""
    while "@" in text:
        before, _, after = text.partition("@")
        if after[:1] not in EXPRESSIONS:
            return f"{before}@{_filled(draw, after, depth)}"
        kind, after = after[0], after[1:]
        if depth and draw.random() < 0.5:
            part = _filled(draw, draw.choice(_options(EXPRESSIONS[kind])), depth - 1)
        else:
            part = f"{kind}{draw.choice('12')}"
        text = f"{before}{part}{after}"
    return text


def _options(text):
    return [each.strip() for line in text.splitlines() for each in line.split(" | ")]
