"""Nobody but the user draws from the user's generators of random numbers."""

import pytest

pytestmark = pytest.mark.kernel

SETUP = """
import random
from concurrent.futures import ThreadPoolExecutor
import numpy
import nbparallel as nbp
%load_ext nbparallel

def states():
    return random.getstate(), [str(each) for each in numpy.random.get_state()]
"""
#: Every way to start a run and to show one.
WORLD = """
from nbparallel.world import World
class Agent:
    name = "Ann"
    def act(self): return 1
World("Numbers").add_agent(Agent()).step()
"""
FLOW = """
from nbparallel.flow import Flow, Routine
class Square(Routine):
    def __init__(self):
        super().__init__()
        self.define_slot("trigger", handler=lambda value: value**2)
flow = Flow("squares")
flow.add_routine(Square(), "square")
assert flow.execute("square", {"value": 3}).status == "completed"
"""
USES = {
    "pmap": "run = nbp.pmap(str, range(5))",
    "background": "nbp.pmap(str, range(5), block=False).wait()",
    "retry": "run.retry(); run.df; run.forget()",
    "inline": "nbp.pmap(str, range(5), backend='inline')",
    "processes": "nbp.pmap(str, range(5), backend='processes', workers=2)",
    "executor": "with ThreadPoolExecutor(2) as pool: nbp.pmap(str, [1], backend=pool)",
    "coroutines": "async def wait(n): pass\nnbp.pmap(wait, range(5))",
    "failing": "nbp.pmap(lambda n: 1 / n, range(5))",
    "shown": "run",
    "magic": "%%parallel for number in range(5)\nstr(number)",
    "statements": "%%parallel\na = str(1)\nb = str(2)",
    "comprehension": "strings = %parallel [str(n) for n in range(5)]",
    "compare": "nbp.compare(str, range(5), progress=False)",
    "sweep": "nbp.sweep(str, range(5), workers=[1, 2])",
    "parallelized": "with nbp.Parallelized(str, [{'object': 1}]) as par: list(par)",
    "run_parallel": "list(nbp.run_parallel(str, range(5)))",
    "batch_map": "nbp.batch_map(str, range(5))",
    "tree": "nbp.ptree(str, {'a': [1, 2], 'b': [3]})",
    "executor face": "with nbp.Executor(2) as pool: pool.submit(str, 1).result()",
    "world": WORLD,
    "flow": FLOW,
    "plot": "nbp.sweep(str, range(5), workers=[1, 2]).plot()",
}


def test_the_users_generators_stay_as_they_were(kernel):
    kernel.restart()  # the first run of a session is one of those that matter
    kernel.run(SETUP)
    kernel.run("random.seed(1)\nnumpy.random.seed(1)\nbefore = states()")
    for name, code in USES.items():
        assert kernel.run(code).status == "ok", name
        assert kernel.evaluate("states() == before"), name
