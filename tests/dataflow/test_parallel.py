"""Statements of typical cells that do run at the same time, and some that must not."""

import pytest

from tests.dataflow.harness import Program

BEFORE = """
import numpy as np
import pandas as pd
import requests
import time
from pathlib import Path
df = pd.DataFrame({"g": ["a", "b", "a"], "v": [1, 2, 3]})
other = df.copy()
array = np.arange(6.0)
rows = [3, 1, 2]
table = {"a": [1], "b": [2]}
text, path = "some text", Path("x.txt")
session = requests.Session()
def load(name):
    return requests.get("http://localhost/" + name, timeout=9).json()
def read(name):
    frame = pd.read_csv(name)
    frame["n"] = name
    return frame.dropna()
def totals(frame):
    return frame.groupby("g")["v"].sum()
def summary(frame, by="g"):
    best = frame.sort_values("v").head(1)
    counts = frame[by].value_counts()
    return {"best": best, "counts": counts, "mean": frame["v"].mean(), "n": len(frame)}
def biggest(values):
    return sorted(values)[-1], sum(values), max(values), len(values)
def scaled(values):
    return np.sum(values) / values.std() + values.mean()
def shout(words):
    return words.upper().split()
def looked_up(d):
    return [d["a"], d.get("b"), *d.keys(), *d.values()]
def through(session, name):
    return session.get(name)
def fill(frame):
    frame["v"] = 0
def joined(*frames):
    return pd.concat(frames)
"""

#: Cells whose statements all run at the same time.
APART = {
    "functions of the user's": 'a = load("a")\nb = load("b")\nc = load("c")',
    "functions of a library": """
a = requests.get("http://localhost/a")
b = requests.get("http://localhost/b", timeout=3).json()
c = pd.read_csv("c.csv")
d = pd.read_parquet("d", columns=["x"])
e = time.sleep(1)
time.sleep(1)
time.sleep(1)""",
    "reading files": 'a = read("a")\nb = read("b")\nc = path.read_text()',
    "readers of one frame": """
a = totals(df)
b = summary(df)
c = df.describe()
d = df.groupby("g").agg("mean")
e = df["v"].value_counts().head()
f = df.query("v > 1").sort_values("v")
g = pd.merge(df, other, on="g")
h = df.merge(other, how="left", on="g")
i = len(df)
j = df[df["v"] > 1]["v"].sum()
k = df.v.mean() + df["v"].std()
l = df.loc[0, "v"], df.iloc[0], df.shape, df.columns
m = joined(df, other)
n = df["v"].apply(lambda v: v + 1)
o = df["v"].map(len)
p = df.pivot_table(index="g", values="v")
q = df.isna().sum().sum()""",
    "readers of one array": """
a = scaled(array)
b = np.sum(array)
c = array.mean(axis=0)
d = np.dot(array, array)
e = array[array > 2].sum()
f = array.reshape(2, 3) @ array.reshape(3, 2)
g = np.percentile(array, [5, 95])
h = np.linalg.norm(array)
i = float(array.max()) * 2""",
    "readers of one list": """
a = biggest(rows)
b = sorted(rows)
c = [x * 2 for x in rows]
d = sum(x for x in rows)
e = rows.index(3)
f = rows[0]
g = max(rows, key=lambda x: -x)
h = [x + y for x, y in zip(rows, rows)]
i = list(map(str, rows))
j = rows + [1]""",
    "readers of one dict": """
a = looked_up(table)
b = {key: len(value) for key, value in table.items()}
c = table["a"]
d = "a" in table
e = table | {"c": []}
f = looked_up(table)""",
    "text, numbers and paths": """
a = shout(text)
b = text.split(",")
c = f"{text!r} {rows}"
d = path.with_suffix(".csv")
e = path.read_text()
f = text.replace("a", "b").strip()""",
    "prints": """
print(text)
print(rows, df)
print(f"{len(df)} rows, {array.mean():.2f}")""",
    "lots with a state of their own": """
a = df.sample(random_state=1)
b = df.sample(random_state=2)""",
    "calls for what they do": """
load("a")
print(load("b"))
time.sleep(1)
rows.append(load("c"))
fill(other)""",
    "work written out": """
a = [load(name) for name in ("a", "b")]
b = {name: read(name) for name in ("a", "b")}
for x in rows: time.sleep(x)
if rows[0] > 2: c = load("c")""",
}

#: Cells, and the lines that each of their lines has to wait for.
IN_ORDER = {
    "a join": (
        'a = load("a")\nb = load("b")\nc = load("c")\nd = join(a, b)\nd2 = [c, d]',
        {4: {1, 2}, 5: {1, 2, 3, 4}},
    ),
    "a frame made in the cell": (
        """x = pd.read_csv("x")
y = pd.DataFrame({"g": rows})
a = totals(x)
b = summary(x)
c = summary(y)
d = x.describe()""",
        {3: {1}, 4: {1}, 5: {2}, 6: {1}},
    ),
    "frames that are changed": (
        "a = totals(df)\nfill(df)\nb = totals(df)\nc = totals(other)",
        {2: {1}, 3: {1, 2}},
    ),
    "in place": (
        "df.rename(columns={}, inplace=True)\na = df.sum()\nb = other.sum()",
        {2: {1}},
    ),
    "a result that is changed": (
        'a = totals(df)\na["x"] = 1\nb = totals(other)\nc = summary(df)',
        {2: {1}},
    ),
    "out": ("np.add(array, 1, out=array)\na = array.sum()\nb = rows[0]", {2: {1}}),
    "one session": (
        'a = through(session, "a")\nb = session.get("b")\nc = requests.get("c")',
        {2: {1}},
    ),
    "imports": (
        "import json as j\nimport csv\nx = j.dumps(rows)\ny = j.dumps(table)",
        {2: {1}, 3: {1}, 4: {1}},
    ),
    "a function defined in the cell": (
        "def half(x):\n    return x / 2\na = half(1)\nb = half(2)\nc = rows[0]",
        {3: {1}, 4: {1}},
    ),
    "ways to write one list": (
        "rows.append(1)\na = len(table)\nrows.sort()\nb = rows[-1]",
        {3: {1}, 4: {1, 3}},
    ),
}


#: Cells that mean something only from top to bottom, though no name says so.
ONE_AFTER_ANOTHER = {
    "a figure": """
fig, ax = plt.subplots()
plt.plot(load("a"), label="a")
ax.legend()
fig.savefig("a.png")
found = ax.get_legend().get_texts()""",
    "a plot and its title": 'ax = df.plot()\nplt.title("v")\nfound = ax.get_title()',
    "a clock": "t0 = time.perf_counter()\ntime.sleep(1)\ntook = time.time() - t0",
    "a date": "t0 = datetime.now()\na = load(1)\ntook = datetime.now() - t0",
    "a seed": "np.random.seed(0)\na = lots.rvs(size=2)\nb = lots.rvs(size=2)",
    "what may draw lots": """
np.random.seed(0)
a = sparse.random(2, 2)
b = sparse.eye(2)""",
    "a registry": """
@shown.register
def _(x: int): return "int"
a = shown(1)""",
    "lots that are drawn": "a = randn()\nb = randn()\nc = df.sample()",
    "names in text": 'other = load("b")\na = pd.eval("df + other")',
    "how errors are treated": 'old = np.seterr(all="raise")\na = array / 0',
    "how things are shown": 'pd.set_option("display.max_rows", 4)\na = str(df)',
    "a setting": "pd.options.display.precision = 2\na = str(df)",
    "a thread": "thread.start()\nthread.join()\na = thread.is_alive()",
    "a lock": "lock.acquire()\na = load(1)\nlock.release()",
    "a logger": 'logger.setLevel(10)\nlogger.debug("a")',
    "a file": "path.touch()\na = path.exists()\npath.unlink()\nb = path.exists()",
    "a table in a file": 'a = load(1)\ndf.to_csv("a")\nb = pd.read_csv("a")',
}
MORE = """
import logging, threading
import matplotlib.pyplot as plt
from datetime import datetime
from numpy.random import randn
from functools import singledispatch
from scipy import sparse
from scipy.stats import norm as lots
shown = singledispatch(lambda x: "any")
lock, logger = threading.Lock(), logging.getLogger("of the tests")
thread = threading.Thread(target=load)
"""


@pytest.mark.parametrize("source", ONE_AFTER_ANOTHER.values(), ids=[*ONE_AFTER_ANOTHER])
def test_one_after_another(source):
    found = Program("in order", BEFORE + MORE, source.strip()).needs()

    assert len(found) > 1
    assert all(found[line] == {n for n in found if n < line} for line in found), found


@pytest.mark.parametrize("source", APART.values(), ids=[*APART])
def test_at_the_same_time(source):
    found = Program("apart", BEFORE, source).needs()

    assert len(found) > 1
    assert not any(found.values()), found


@pytest.mark.parametrize(("source", "expected"), IN_ORDER.values(), ids=[*IN_ORDER])
def test_only_what_is_needed_comes_first(source, expected):
    found = Program("in order", BEFORE, source).needs()

    assert {line: lines for line, lines in found.items() if lines} == expected


def test_ordered_keeps_what_prints_reads_and_writes():
    source = 'print(1)\na = 1\nb = open("b").read()\nc = df.to_csv()\nd = load("d")'

    found = Program("ordered", BEFORE, source).needs(ordered=True)

    assert found == {1: set(), 2: set(), 3: {1}, 4: {1, 3}, 5: {1, 3, 4}}
