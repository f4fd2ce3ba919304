"""A flow as JSON: names and configuration, and no code."""

from __future__ import annotations

import json

import pytest

import nbparallel as nbp
from nbparallel.flow import ErrorHandler, ErrorStrategy, Flow, Routine


class Add(Routine):
    def __init__(self):
        super().__init__()
        self.define_slot("trigger", handler=self.add)
        self.define_event("sum", ["value"])

    def add(self, value):
        self.emit("sum", value=value + self.get_config("number", 0))


class Keep(Routine):
    def __init__(self):
        super().__init__()
        self.kept = []
        self.define_slot("input", handler=self.keep)

    def keep(self, number):
        self.kept.append(number)


class Needy(Add):
    def __init__(self, what):
        super().__init__()
        self.what = what


@pytest.fixture
def flow():
    made = Flow("sums", execution_strategy="concurrent", max_workers=3)
    add = Add()
    add.set_config(number=4, nested={"a": [1, None, "ä"]})
    made.add_routine(add, "add")
    made.add_routine(Keep(), "keep")
    made.connect("add", "sum", "keep", "input", param_mapping={"value": "number"})
    made.set_error_handler(ErrorHandler(ErrorStrategy.RETRY, max_retries=7))
    return made


def test_there_and_back(flow):
    kept = json.dumps(flow.serialize())
    again = Flow().deserialize(kept, [Add, Keep])
    assert again.serialize() == flow.serialize()
    assert (again.flow_id, again.max_workers) == ("sums", 3)
    assert again.execution_strategy == "concurrent"
    assert again.error_handler == flow.error_handler
    assert again.routines["add"].config() == flow.routines["add"].config()
    again.execute("add", {"value": 1}, progress=False)
    assert again.wait_for_completion(10)
    assert again.routines["keep"].kept == [5]


@pytest.mark.parametrize("value", [{80: "http"}, (1, 2), [{"a": [(1,)]}]])
def test_configuration_that_would_come_back_changed(flow, value):
    flow.routines["add"].set_config(at=value)
    with pytest.raises(nbp.BadType, match=r"'at' of routine 'add'.*would come back as"):
        flow.serialize()


def test_two_classes_of_one_name(flow):
    flow.add_routine(type("Add", (Keep,), {})(), "other")
    with pytest.raises(nbp.BadValue, match="two classes of routines are called 'Add'"):
        flow.serialize()


@pytest.mark.parametrize("classes", [Keep, None, 3])
def test_classes_that_are_no_list(flow, classes):
    with pytest.raises(nbp.BadType, match=r"Write flow\.deserialize\(data, \["):
        Flow().deserialize(flow.serialize(), classes)


@pytest.mark.parametrize("part", ["routines", "connections"])
def test_parts_that_are_null(flow, part):
    with pytest.raises(nbp.BadValue, match=f"'{part}' is None"):
        Flow().deserialize(json.dumps({**flow.serialize(), part: None}), [Add, Keep])


def test_what_it_returns_is_plain(flow):
    kept = flow.serialize()
    assert kept["routines"]["add"] == {
        "class": "Add",
        "config": {"number": 4, "nested": {"a": [1, None, "ä"]}},
    }
    assert Flow().deserialize(kept, {"Add": Add, "Keep": Keep}).routines.keys() == {
        "add",
        "keep",
    }


def test_nothing_is_looked_up_that_was_not_passed(flow):
    kept = flow.serialize()
    with pytest.raises(
        nbp.BadValue, match=r"class 'Keep'.*deserialize\(data, \[Keep\]"
    ):
        Flow().deserialize(kept, [Add])
    kept["routines"]["add"]["class"] = "os.system"
    with pytest.raises(nbp.BadValue, match=r"'os\.system', which was not passed"):
        Flow().deserialize(kept, [Add, Keep])


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("{", "no JSON"),
        ("[]", "not a flow"),
        ({"routines": {}}, "not a flow"),
    ],
)
def test_what_is_no_flow_is_refused(data, said):
    with pytest.raises(nbp.BadValue, match=said):
        Flow().deserialize(data)


def test_half_of_one_is_refused(flow):
    kept = flow.serialize()
    del kept["connections"]
    again = Flow("empty")
    with pytest.raises(nbp.BadValue, match="connections"):
        again.deserialize(kept, [Add, Keep])
    assert (again.flow_id, again.routines) == ("empty", {})


def test_classes_that_cannot_be(flow):
    with pytest.raises(nbp.BadType, match="subclass of Routine"):
        Flow().deserialize(flow.serialize(), [int])
    other = type("Add", (Keep,), {})
    with pytest.raises(nbp.BadValue, match="two classes are called 'Add'"):
        Flow().deserialize(flow.serialize(), [Add, other])
    with pytest.raises(nbp.BadType, match="without arguments"):
        Flow().deserialize(flow.serialize(), {"Add": Needy, "Keep": Keep})


def test_a_flow_that_has_routines_stays_as_it_is(flow):
    with pytest.raises(nbp.UsageError, match="has routines"):
        flow.deserialize(flow.serialize(), [Add, Keep])


@pytest.mark.parametrize("value", [object(), {1, 2}, float("nan"), b"x"])
def test_configuration_that_json_cannot_hold(flow, value):
    flow.routines["add"].set_config(odd=value)
    with pytest.raises(nbp.BadType, match="configuration 'odd' of routine 'add'"):
        flow.serialize()


def test_what_was_connected_by_somebody_else_is_not_of_the_flow(flow):
    flow.routines["add"].get_event("sum").connect(Keep().get_slot("input"))
    assert len(flow.serialize()["connections"]) == 1
