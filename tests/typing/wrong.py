"""Mistakes as people make them; type checkers must report each at its line.

Never executed: `test_checkers.py` has it read. Lines with one end in ``# wrong``.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pandas as pd

import nbparallel as nbp


def fetch(url: str) -> bytes:
    return url.encode()


async def load(url: str) -> int:
    return len(url)


def volume(width: int, height: int) -> int:
    return width * height


urls = ["a", "b"]
run = nbp.pmap(fetch, urls)

# -- Options ---------------------------------------------------------------------------

nbp.pmap(fetch, urls, wrokers=8)  # wrong
nbp.pmap(fetch, urls, workers="8")  # wrong
nbp.pmap(fetch, urls, block=None)  # wrong
nbp.pmap(fetch, urls, grace="1 s")  # wrong
nbp.pmap(fetch, urls, on_error="ignore")  # wrong
nbp.pmap(fetch, urls, backend="thread")  # wrong
nbp.pmap(fetch, urls, backend=ThreadPoolExecutor)  # wrong
nbp.pmap(volume, [(1, 2)], unpack="tuple")  # wrong
nbp.pmap(volume, pd.DataFrame(), unpack="tuple")  # wrong
nbp.pmap(load, urls, wrokers=8)  # wrong
nbp.pmap(volume, [1], [2], wrokers=8)  # wrong
nbp.Options(wrokers=8)  # wrong
nbp.Options(backend="thread")  # wrong
nbp.defaults(wrokers=8)  # wrong
nbp.settings(max_worker=8)  # wrong
nbp.settings(rows="all")  # wrong
nbp.settings.max_worker = 8  # wrong
nbp.settings.max_workers = "8"  # wrong
nbp.settings.progress = None  # wrong
nbp.defaults(on_error="ignore")  # wrong
nbp.compare(fetch, urls, repeat=5)  # wrong
nbp.compare(fetch, urls, on_error="ignore")  # wrong
nbp.compare(fetch, urls, block=False)  # wrong
nbp.sweep(fetch, urls, workers=8)  # wrong
nbp.sweep(fetch, urls, rows="all")  # wrong

nbp.Parallelized(volume, [], num_treads=8)  # wrong
nbp.Parallelized(volume, [], unpack="args")  # wrong
nbp.run_parallel(fetch, urls, max_workers="8")  # wrong
nbp.run_parallel(fetch, urls, fail_fst=True)  # wrong
nbp.batch_map(fetch, urls, on_error="ignore")  # wrong

# -- The function and its items --------------------------------------------------------

nbp.pmap(fetch, [1, 2])  # wrong
nbp.pmap(load, [1, 2])  # wrong
nbp.pmap(fetch, urls, urls)  # wrong
nbp.pmap(volume, [1])  # wrong
nbp.pmap(volume, [1], ["2"])  # wrong
nbp.pmap(volume, [1], [2], [3])  # wrong
nbp.pmap(volume, [(1, 2)])  # wrong
nbp.pmap(fetch)  # wrong
nbp.pmap(fetch, 5)  # wrong
nbp.pmap(fetch("a"), urls)  # wrong
nbp.pmap(urls, fetch)  # wrong
nbp.compare(fetch, 5)  # wrong
nbp.compare(urls, fetch)  # wrong

# -- The run ---------------------------------------------------------------------------

texts: list[str] = run.results  # wrong
coroutines: list[bytes] = nbp.pmap(load, urls).results  # wrong
for item, outcome in run:  # wrong
    assert item is not outcome
for _, result, error in run:
    if error is None:
        result.encode()  # wrong
run[0]  # wrong
run.results()  # wrong
results = run.result  # wrong
run.retry_failed()  # wrong
run.retry(wait=False)  # wrong
run.wait("1 s")  # wrong
run.state = "done"  # wrong
run.errors["a"]  # wrong
table = nbp.last.df  # wrong
nbp.pmpa(fetch, urls)  # wrong

# -- Trees -----------------------------------------------------------------------------

nbp.ptree(fetch, 5)  # wrong
nbp.ptree(fetch, [urls], concurrent="yes")  # wrong
nbp.ptree(fetch, [urls], combine="sum")  # wrong
nbp.ptree(fetch, [urls], wrokers=8)  # wrong
nbp.ptree(fetch, [urls], unpack="args")  # wrong
# -- Worlds ----------------------------------------------------------------------------

world = nbp.World("Village", max_worker=8)  # wrong
world = nbp.World("Village", block=False)  # wrong
world = nbp.World("Village", parallel_execution_timeout="1 s")  # wrong
world.add_agent("Ann")  # wrong
world.run("3")  # wrong
world.run(3, parallel=True)  # wrong
