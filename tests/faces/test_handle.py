"""What pages and messages call a run is what its cell calls it."""

from __future__ import annotations

import pytest

import nbparallel as nbp

MANY = "; ".join(f"name_{n} = 0" for n in range(300))
TREE = "nbp.ptree(abs, {'a': [1]}, progress=False)"


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("crawl = nbp.pmap(abs, [1], progress=False)", "crawl"),
        ("crawl: object = nbp.pmap(abs, *[[1]], **dict(progress=False))", "crawl"),
        (f"{MANY}\ncrawl = nbp.pmap(abs, [1], progress=False)", "crawl"),
        (f"tree = {TREE}", "tree"),
        (f"{TREE}", "nbp.last"),
        ("global crawl\ncrawl = nbp.pmap(abs, [1], progress=False)", "crawl"),
        ("nbp.pmap(abs, [1], progress=False)", "nbp.last"),
        ("found = nbp.pmap(abs, [1], progress=False).results", "nbp.last"),
        ("runs = [nbp.pmap(abs, [1], progress=False)]", "nbp.last"),
        ("def f():\n  x = nbp.pmap(abs, [1], progress=False)\nf()", "run"),
        ("found = nbp.run_parallel(abs, [1], progress=False)", "nbp.last"),
    ],
)
def test_a_run_is_called_what_its_cell_calls_it(cell, name):
    exec(compile(cell, "a cell", "exec"), {"nbp": nbp, "__name__": "__main__"})
    assert nbp.last.snapshot().handle == name
