"""Every face goes by the settings, as far as its call does not speak of them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

import nbparallel as nbp
from nbparallel.flow import Flow
from nbparallel.options import configure
from nbparallel.world import World


class Agent:
    name = "one"

    def act(self):
        return ["moved"]


def by_parallelized(**given):
    with nbp.Parallelized(lambda x: x, [{"x": 1}], **given) as par:
        list(par)


def by_executor(**given):
    with nbp.Executor(**given) as executor:
        executor.submit(abs, 1).result()
        by_executor.run = executor.run


def by_world(**given):
    world = World("w", **given)
    world.add_agent(Agent())
    world.run(1)


FACES = {
    "Parallelized": by_parallelized,
    "run_parallel": lambda **given: nbp.run_parallel(abs, [1], **given),
    "batch_map": lambda **given: nbp.batch_map(abs, [1], **given),
    "ptree": lambda **given: nbp.ptree(abs, {"a": {"b": 1}}, **given),
    "World": by_world,
    "Executor": by_executor,
}


@pytest.fixture(autouse=True)
def usual():
    configure(progress=False)
    yield
    configure()


@pytest.mark.parametrize("face", FACES)
def test_a_face_has_as_many_workers_as_the_setting_says(face):
    nbp.settings.max_workers = 3
    FACES[face]()
    run = by_executor.run if face == "Executor" else nbp.last
    assert run.options.workers == 3

    FACES[face](workers=2)
    run = by_executor.run if face == "Executor" else nbp.last
    assert run.options.workers == 2


def test_a_refusal_names_the_setting_that_it_comes_from(monkeypatch):
    with nbp.settings(max_workers="auto"):
        said = r"^workers='auto' \(from settings\(max_workers=…\)\): backend='inline'"
        with pytest.raises(nbp.BadValue, match=said):
            nbp.pmap(abs, [1], backend="inline")
    with nbp.settings(unpack="args"):
        said = r"^unpack='args' \(from settings\(unpack=…\)\) calls abs"
        with pytest.raises(nbp.BadType, match=said):
            nbp.pmap(abs, [1])
    monkeypatch.setenv("NBPARALLEL_TIMEOUT", "5")
    with ThreadPoolExecutor(1) as pool:
        for backend in ("inline", pool):
            said = r"^timeout=5 \(from NBPARALLEL_TIMEOUT\): "
            with pytest.raises(nbp.BadValue, match=said):
                nbp.pmap(abs, [1], backend=backend)
    nbp.settings.timeout = 6
    with pytest.raises(nbp.BadValue, match=r"^timeout=6 \(from settings\.timeout\): "):
        nbp.pmap(abs, [1], backend="inline")
    with pytest.raises(nbp.BadValue, match=r"^timeout=7: "):
        nbp.pmap(abs, [1], backend="inline", timeout=7)


def test_what_is_said_of_journals_concerns_no_run_without_one(tmp_path):
    with nbp.settings(key=abs, trust=True):
        assert nbp.pmap(abs, [-1]).results == [1]
        run = nbp.pmap(abs, [-1], journal=tmp_path / "run.db")
    assert (run.options.key, run.options.trust) == (abs, True)
    with pytest.raises(nbp.BadValue, match="said of a journal, and there is none"):
        nbp.pmap(abs, [-1], key=abs)


def test_a_flow_has_as_many_workers_as_the_setting_says():
    assert Flow().max_workers == 5
    nbp.settings.max_workers = 3
    assert (Flow().max_workers, Flow(max_workers=2).max_workers) == (3, 2)
    nbp.settings.max_workers = "auto"
    assert Flow().max_workers == 5


def test_a_world_goes_by_its_settings(monkeypatch):
    world = World("w")
    world.add_agent(Agent())
    world.run(2)
    nbp.settings.parallel_agent_actions = False
    world.run(3)

    assert world.get_parallel_metrics()["total_parallel_steps"] == 2
    assert world.get_parallel_metrics()["total_sequential_steps"] == 3
    monkeypatch.setenv("NBPARALLEL_PARALLEL_EXECUTION_TIMEOUT", "0")
    with pytest.raises(nbp.BadValue, match=r"^NBPARALLEL_PARALLEL_.*TIMEOUT=0"):
        World("u")
