"""An `Executor` goes where people pass executors: in asyncio and in libraries."""

from __future__ import annotations

import asyncio
import contextvars
import threading

import pytest

import nbparallel as nbp


@pytest.fixture
def executor():
    with nbp.Executor(4, "ours", progress=False) as made:
        yield made


def here(value):
    """Return *value* and the name of the thread that does."""
    return value, threading.current_thread().name.rpartition("_")[0]


class TestAsyncio:
    def test_run_in_executor(self, executor):
        async def main():
            loop = asyncio.get_running_loop()
            calls = [loop.run_in_executor(executor, here, n) for n in range(5)]
            return await asyncio.gather(*calls)

        assert asyncio.run(main()) == [(n, "ours") for n in range(5)]
        assert len(executor.run) == 5

    def test_an_error_arrives_where_it_is_awaited(self, executor):
        async def main():
            await asyncio.get_running_loop().run_in_executor(executor, divmod, 1, 0)

        with pytest.raises(ZeroDivisionError):
            asyncio.run(main())
        executor.shutdown()
        assert executor.run.df["status"].tolist() == ["error"]

    def test_as_the_default_executor_it_serves_to_thread(self, executor):
        variable = contextvars.ContextVar("variable", default="unset")

        async def main():
            asyncio.get_running_loop().set_default_executor(executor)
            variable.set("of the caller")
            assert await asyncio.to_thread(variable.get) == "of the caller"
            return await asyncio.to_thread(here, 1)

        assert asyncio.run(main()) == (1, "ours")
        with pytest.raises(RuntimeError):  # the loop shuts its default executor down
            executor.submit(abs, 1)
        executor.shutdown()
        assert executor.run.df["item"].astype(str).tolist()[1].startswith("here(")

    def test_what_is_no_longer_awaited_is_cancelled(self):
        async def main(executor, release):
            loop = asyncio.get_running_loop()
            busy = loop.run_in_executor(executor, release.wait)
            waiting = loop.run_in_executor(executor, abs, 1)
            waiting.cancel()
            await asyncio.sleep(0)  # the loop passes it on
            release.set()
            await busy

        with nbp.Executor(1, progress=False) as executor:
            asyncio.run(main(executor, threading.Event()))
        assert executor.run.df["status"].tolist() == ["ok", "cancelled"]


def test_dask(executor):
    import dask

    with dask.config.set(pool=executor):
        total = dask.delayed(sum)([dask.delayed(abs)(-n) for n in range(10)])
        assert total.compute(scheduler="threads") == 45
    executor.shutdown()
    assert (executor.run.df["status"] == "ok").all()
    assert len(executor.run) >= 2


def test_scipy(executor):
    from scipy.optimize import differential_evolution, rosen

    found = differential_evolution(
        rosen,
        [(0, 2), (0, 2)],
        workers=executor.map,
        updating="deferred",
        maxiter=3,
        polish=False,
        seed=1,
    )
    assert found.nfev == len(executor.run) > 0


def test_emcee(executor):
    import emcee
    import numpy as np

    def log_probability(x):
        return -0.5 * float(np.sum(x**2))

    sampler = emcee.EnsembleSampler(8, 2, log_probability, pool=executor)
    sampler.run_mcmc(np.random.default_rng(1).normal(size=(8, 2)), 5)
    assert sampler.get_chain().shape == (5, 8, 2)
    assert len(executor.run) >= 5 * 8


def test_adaptive(executor):
    import adaptive

    learner = adaptive.Learner1D(lambda x: x**2, bounds=(-1, 1))
    runner = adaptive.BlockingRunner(
        learner, npoints_goal=20, executor=executor, shutdown_executor=False
    )
    assert learner.npoints >= 20
    assert runner.executor is executor
    assert len(executor.run) >= 20


def test_pipefunc(executor):
    import pipefunc

    @pipefunc.pipefunc(output_name="y", mapspec="x[i] -> y[i]")
    def double(x):
        return 2 * x

    @pipefunc.pipefunc(output_name="total")
    def add_up(y):
        return sum(y)

    pipeline = pipefunc.Pipeline([double, add_up])
    found = pipeline.map({"x": list(range(5))}, executor=executor, storage="dict")
    assert found["total"].output == 20
    assert len(executor.run) >= 5
