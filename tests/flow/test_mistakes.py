"""What is wrong with a flow is said before any of it runs."""

from __future__ import annotations

import inspect
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import get_type_hints

import pytest

import nbparallel as nbp
from nbparallel.flow import ErrorHandler, Flow, Routine
from nbparallel.options import MapOptions
from tests.flow.conftest import Keep, Source, Step, chain


@pytest.fixture
def made():
    flow = Flow("f")
    chain(flow, source=Source([1]), keep=Keep())
    return flow


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        (
            ("sorce", "output", "keep", "input"),
            r"no routine 'sorce'\. Did you mean 'source'\? It has 'source', 'keep'",
        ),
        (("source", "output", "kepe", "input"), r"Did you mean 'keep'\?"),
        (
            ("source", "outptu", "keep", "input"),
            r"Source has no event 'outptu'\. Did you mean 'output'\? It has 'output'",
        ),
        (
            ("source", "output", "keep", "imput"),
            r"Keep has no slot 'imput'\. Did you mean 'input'\?",
        ),
        (
            ("keep", "output", "source", "trigger"),
            r"Keep has no event 'output'.* It has no event at all",
        ),
        ((None, "output", "keep", "input"), "no routine None"),
    ],
)
def test_connecting_what_is_not_there(made, ends, said):
    with pytest.raises(ValueError, match=said):
        made.connect(*ends)
    assert len(made.connections) == 1


class Entry(Routine):
    def __init__(self):
        super().__init__()
        self.got = []
        self.define_slot("trigger", handler=self.go)

    def go(self, number=3):
        self.got.append(number)


def test_a_misspelt_entry_parameter_is_refused():
    flow, entry = Flow("f"), Entry()
    flow.add_routine(entry, "entry")
    said = r"entry_params=.*'nubmer'.* 'entry' takes no .* Did you mean 'number'\?"
    with pytest.raises(nbp.BadValue, match=said):
        flow.execute("entry", {"nubmer": 1})
    assert entry.got == []


def test_what_the_entry_does_not_take_is_left_out():
    flow, entry = Flow("f"), Entry()
    flow.add_routine(entry, "entry")
    flow.execute("entry", {"zz": 1})
    flow.execute("entry", {"number": 4, "numbers": [5]})
    assert entry.got == [3, 4]


def test_a_connection_that_is_there_stays_one(made):
    made.connect("source", "output", "keep", "input")
    made.connect("source", "output", "keep", "input", {})
    assert len(made.connections) == 1
    made.execute("source")
    assert made.routines["keep"].kept == [1]
    made.connect("source", "output", "keep", "input", {"value": "v"})
    assert len(made.connections) == 2


def test_a_mapping_that_is_none(made):
    with pytest.raises(nbp.BadType, match="must be a dict"):
        made.connect("source", "output", "keep", "input", param_mapping="value")


def test_two_routines_with_one_id(made):
    with pytest.raises(ValueError, match=r"a routine 'keep' already.* 'keep-2'"):
        made.add_routine(Keep(), "keep")
    with pytest.raises(ValueError, match="is in the flow as 'keep'"):
        made.add_routine(made.routines["keep"], "other")
    assert made.add_routine(Keep()) == "Keep"
    assert made.add_routine(Keep()) == "Keep-2"


def test_what_is_no_routine(made):
    with pytest.raises(nbp.BadType, match="subclass of Routine"):
        made.add_routine(print, "p")
    with pytest.raises(nbp.BadType, match="subclass of Routine"):
        made.add_routine(Keep, "class")
    with pytest.raises(nbp.BadType, match="must be a string"):
        made.add_routine(Keep(), 3)


@pytest.mark.parametrize(
    "call",
    [
        lambda _: Flow(execution_strategy="concurent"),
        lambda flow: flow.set_execution_strategy("concurent"),
        lambda flow: flow.execute("source", execution_strategy="concurent"),
        lambda flow: flow.set_execution_strategy(3),
        lambda flow: flow.set_execution_strategy(None),
    ],
)
def test_an_unknown_strategy(made, call):
    with pytest.raises(ValueError, match="Invalid execution strategy"):
        call(made)
    assert made.execution_strategy == "sequential"


def test_setting_the_strategy(made):
    made.set_execution_strategy("concurrent", max_workers=9)
    assert (made.execution_strategy, made.max_workers) == ("concurrent", 9)
    with pytest.raises(nbp.BadValue, match="max_workers=0"):
        made.set_execution_strategy("sequential", max_workers=0)
    assert made.execution_strategy == "concurrent"


@pytest.mark.parametrize("count", [0, 2.5, "3", True])
def test_workers_that_cannot_be(count):
    with pytest.raises(nbp.UsageError, match="max_workers"):
        Flow(max_workers=count)


class TestEntry:
    def test_that_is_not_there(self, made):
        with pytest.raises(ValueError, match="no routine 'sourc'"):
            made.execute("sourc")

    def test_without_a_trigger(self, made):
        with pytest.raises(ValueError, match=r"define_slot\('trigger', handler="):
            made.execute("keep")

    def test_with_a_trigger_that_calls_nothing(self, made):
        routine = Routine()
        routine.define_slot("trigger")
        made.add_routine(routine, "still")
        with pytest.raises(ValueError, match="has no handler there"):
            made.execute("still")

    def test_with_parameters_that_are_none(self, made):
        with pytest.raises(nbp.BadType, match="must be a dict"):
            made.execute("source", [1])


class TestOptions:
    @pytest.mark.parametrize(
        "options",
        [{"journal": "run.db"}, {"unpack": "args"}, {"key": str}, {"trust": True}],
    )
    def test_of_an_input_are_refused(self, made, options):
        (name,) = options
        with pytest.raises(nbp.BadValue, match=f"Leave {name} out"):
            made.execute("source", **options)
        with pytest.raises(nbp.BadValue, match=f"Leave {name} out"):
            Flow(**options)

    def test_unknown_ones_name_the_nearest(self, made):
        with pytest.raises(nbp.BadType, match="'timeout'"):
            made.execute("source", timeuot=3)
        with pytest.raises(nbp.BadType, match="'timeout'"):
            Flow(timeuot=3)

    def test_processes_are_refused(self, made):
        with pytest.raises(nbp.BadValue, match="share their routines"):
            made.execute("source", backend="processes")
        with (
            ProcessPoolExecutor(1) as pool,
            pytest.raises(nbp.BadValue, match="share their routines"),
        ):
            made.execute("source", backend=pool)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("backend", "processes"),
            ("journal", "run.db"),
            ("key", str),
            ("trust", True),
            ("unpack", "args"),
        ],
    )
    def test_a_default_that_a_flow_cannot_have_is_left_out(self, name, value):
        with nbp.settings(**{name: value}):
            flow = Flow()
            chain(flow, source=Source([1]), keep=Keep())
            assert flow.execute("source").status == "completed"
        assert getattr(flow.run.options, name) != value

    def test_defaults_hold_when_it_is_executed(self):
        flow, mine = (Flow("f", "concurrent", max_workers=n) for n in (None, 7))
        for each in (flow, mine):
            chain(each, source=Source([1]), keep=Keep())
        assert flow.max_workers == 5
        with nbp.settings(max_workers=3):
            assert (flow.max_workers, mine.max_workers) == (3, 7)
            for each in (flow, mine):
                each.execute("source", block=True)
        assert (flow.run.options.workers, mine.run.options.workers) == (3, 7)
        flow.execute("source", max_workers=2, block=True)
        assert flow.run.options.workers == 2

    def test_workers_go_by_one_word(self, made):
        for call in (Flow, partial(made.execute, "source")):
            with pytest.raises(
                nbp.BadType, match="max_workers=3, workers=4: two words"
            ):
                call(max_workers=3, workers=4)

    def test_what_is_meant_for_the_handler_is_told_apart(self, made):
        with pytest.raises(nbp.BadType, match=r"execute\('source', {'x': …}\)") as told:
            made.execute("source", x=1)
        assert "journal" not in str(told.value)
        with pytest.raises(nbp.BadType, match=r"keys|from names to values"):
            made.execute("source", {1: 2})

    def test_those_of_the_flow_and_of_the_execution(self):
        flow = Flow(timeout=3, desc="mine", workers=7)
        assert flow.max_workers == 7
        flow.add_routine(Step(lambda: None), "x")
        flow.execute("x", timeout=2)
        assert (flow.run.options.timeout, flow.run.options.desc) == (2, "mine")
        assert flow.run.options.workers == 1
        flow.execute("x", execution_strategy="concurrent")
        assert (flow.run.options.timeout, flow.run.options.workers) == (3, 7)
        assert flow.wait_for_completion(10)


class TestRoutine:
    def test_names_are_given_once(self):
        routine = Keep()
        with pytest.raises(ValueError, match="has the slot 'input' already"):
            routine.define_slot("input")
        routine.define_event("out")
        with pytest.raises(ValueError, match="has the event 'out' already"):
            routine.define_event("out")
        with pytest.raises(nbp.BadType, match="must be a string"):
            routine.define_slot(3)

    @pytest.mark.parametrize("made_of", [lambda fn: fn, partial])
    def test_handlers_have_no_yield(self, made_of):
        def pages():
            yield 1

        async def more():
            yield 1

        for handler in (pages, more):
            with pytest.raises(nbp.BadType, match=r"has a yield.*self\.emit"):
                Routine().define_slot("x", handler=made_of(handler))

    def test_handlers_can_be_called(self):
        with pytest.raises(nbp.BadType, match="must be a function"):
            Routine().define_slot("a", handler="fetch")

    def test_merge_strategies_are_known(self):
        with pytest.raises(ValueError, match=r"Did you mean 'append'\?"):
            Routine().define_slot("a", merge_strategy="apend")

    def test_parameters_of_an_event_are_a_list(self):
        with pytest.raises(nbp.BadType, match=r"\['data'\]"):
            Routine().define_event("out", "data")

    def test_what_is_emitted_exists(self):
        with pytest.raises(ValueError, match=r"Did you mean 'output'\?"):
            Source([]).emit("outptu")

    def test_merging_to_what_is_no_dict_fails_the_call(self, made):
        routine = Routine()
        routine.define_slot("a", handler=print, merge_strategy=lambda *_: 3)
        made.add_routine(routine, "odd")
        made.connect("source", "output", "odd", "a")
        made.execute("source", progress=False)
        (error,) = made.run.errors.values()
        assert "must return a dict" in str(error)


class TestErrorHandler:
    def test_words_are_as_good(self):
        assert ErrorHandler("retry") == ErrorHandler(strategy="RETRY")

    @pytest.mark.parametrize(
        ("options", "said"),
        [
            ({"strategy": "stopp"}, r"Did you mean 'stop'\?.*ErrorStrategy\.STOP"),
            ({"max_retries": -1}, "max_retries=-1"),
            ({"retry_delay": "1"}, "retry_delay='1': must be a number"),
            ({"retry_backoff": -2}, "must be 0 or more"),
        ],
    )
    def test_others_are_refused(self, options, said):
        with pytest.raises(nbp.UsageError, match=said):
            ErrorHandler(**options)

    def test_it_is_one(self, made):
        with pytest.raises(nbp.BadType, match="must be an ErrorHandler"):
            made.set_error_handler("retry")


def test_the_signature_of_execute_has_each_option():
    parameters = inspect.signature(Flow.execute).parameters
    for name, kind in get_type_hints(MapOptions).items():
        assert parameters[name].annotation == kind
        assert f"\n{name}\n" in inspect.getdoc(Flow.execute)
    assert not {"unpack", "options"} & parameters.keys()
