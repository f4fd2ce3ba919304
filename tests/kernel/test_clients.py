"""Front ends that cannot be run here, as far as their public sources tell of them.

What is simulated is the wire: which requests they make, how these are named, in which
order, and what they can do with the answers. Their pages are not.
"""

import re
import uuid
from collections import Counter

import pytest

from tests.kernel.test_magic import cancel_button
from tests.support.client import Kernel, parent_of, state_of
from tests.support.kernels import VERSIONS

pytestmark = [pytest.mark.kernel, pytest.mark.timeout(120)]

#: Colab's generation of ipykernel.
COLABS = "6.17.1"

SETUP = """
import nbparallel as nbp
from nbparallel.testing import Gate

gate = Gate()

def task(number):
    if number == 2:
        raise ValueError("two")
    if number > 8:
        gate(number)
    return number
"""
RUN = "run = nbp.pmap(task, range(100), workers=4, grace=0.1)"

#: What is there in Colab, and what its ``enable_custom_widget_manager()`` comes to.
WIDGET_MANAGER = """
import sys, types

sys.modules["google.colab"] = types.ModuleType("google.colab")
WIDGET = "application/vnd.jupyter.widget-view+json"

def tell_of_manager(message):
    content = message["content"]
    if WIDGET in content.get("data", {}):
        content["metadata"][WIDGET] = {"colab": {"custom_widget_manager": {"url": "x"}}}
    return message

get_ipython().display_pub.register_hook(tell_of_manager)
"""


class Page(Kernel):
    """A kernel, as a page talks to it whose requests have random names.

    It knows no subshells. What it could not follow is an error.
    """

    #: Where the widgets come from that it has.
    modules = frozenset({"@jupyter-widgets/base", "@jupyter-widgets/controls"})

    def __init__(self, version, directory):
        self.comms, self.shown = set(), {}
        super().__init__(version, directory)

    def message(self, kind, content, **more):
        made = super().message(kind, content, **more)
        made["header"]["msg_id"] = made["msg_id"] = str(uuid.uuid4())
        return made

    def execute(self, code, **options):
        return super().execute(code, metadata={}, **{"stop_on_error": False, **options})

    def follow(self):
        """Go through what was said, as a widget manager and an output area do.

        Return what has been displayed meanwhile, as it is shown now.
        """
        comms, shown, new = self.comms, self.shown, []
        for message in self.said:
            content, kind = message["content"], message["msg_type"]
            assert parent_of(message) or kind in {"status", "iopub_welcome"}
            if kind == "comm_open":
                state = content["data"]["state"]
                assert state["_model_module"] in self.modules
                comms.add(content["comm_id"])
            elif kind == "comm_msg" and content["data"]["method"] != "update_states":
                assert content["comm_id"] in comms
                assert len(str(content)) < 100_000
            elif kind == "comm_close":
                comms.discard(content["comm_id"])
            elif kind == "display_data":
                new.append(content["transient"]["display_id"])
                shown[content["transient"]["display_id"]] = content["data"]
            elif kind == "update_display_data":
                assert content["transient"]["display_id"] in shown
                # Where these change, all outputs of the cell are laid anew.
                assert content["metadata"] == {}
                shown[content["transient"]["display_id"]] = content["data"]
        self.said.clear()
        return [shown[each] for each in new]


class VSCode(Page):
    """VS Code runs code of its own in between, which it leaves out of the history.

    It hands each message to the page where the widgets are, and waits for an answer.
    """

    #: It finds what is installed beside the kernel.
    modules = Page.modules | {"anywidget"}

    def look(self, code="1 + 1"):
        """Do what the list of variables does after each cell."""
        outcome = self.outcome(self.execute(code, store_history=False))
        kinds = [each["msg_type"] for each in outcome.outputs]
        # Widgets may still be about to show the end of a run.
        assert [kind for kind in kinds if not kind.startswith("comm_")] == [
            *("status", "execute_input", "execute_result", "status")
        ]


class Colab(Page):
    """Colab has an ipykernel of old, and tells of its widget manager in displays."""


CLIENTS = [(VSCode, VERSIONS[0]), (VSCode, VERSIONS[-1])]
CLIENTS += [(Colab, version) for version in (COLABS, VERSIONS[-1])]


@pytest.fixture(scope="module", params=CLIENTS, ids=lambda p: f"{p[0].__name__}-{p[1]}")
def opened(request, tmp_path_factory):
    kind, version = request.param
    made = kind(version, str(tmp_path_factory.mktemp("client")))
    yield made
    made.stop()


@pytest.fixture
def client(opened):
    """A client that has started, as it starts, with tasks to be run."""
    opened.run("%reset -f")
    if isinstance(opened, VSCode):
        opened.look()
    else:
        opened.run(WIDGET_MANAGER)
    assert opened.run(SETUP).status == "ok"
    opened.follow()
    yield opened
    opened.run("gate.open()")
    if isinstance(opened, Colab):
        opened.run("get_ipython().display_pub.unregister_hook(tell_of_manager)")


def running(client, code=RUN):
    """Start a run that ends by a cancel only; return its cell and its button."""
    cell = client.execute(code)
    return cell, cancel_button(client, cell)


def test_cancel_is_heard_and_the_end_replaces_the_panel(client):
    cell, button = running(client)

    click = client.click(button)
    outcome = client.outcome(cell, timeout=10)
    client.wait_idle(click)

    assert outcome.status == "ok"
    assert client.evaluate("run.state.value") == "cancelled"
    # Each request is answered by one "busy", one "idle", in this order.
    states = [state_of(each) for each in client.said if parent_of(each) == click]
    assert [state[1] for state in filter(None, states)] == ["busy", "idle"]
    (end,) = client.follow()
    assert end.keys() == {"text/html", "text/plain"}
    assert "cancelled" in end["text/html"]


def test_it_is_told_no_more_than_it_can_take(client):
    """One message after the other goes through a page, which has to draw it."""
    work = "run = nbp.pmap(nbp.sleep, [0.002] * 4_000, workers=4)"
    cell, _ = running(client, work)
    client.outcome(cell)

    told = Counter(each["msg_type"] for each in client.said)
    assert 10 < told["comm_msg"] < 20 + 20 * client.evaluate("run.metrics.wall")
    assert told["comm_open"] < 150
    assert told["update_display_data"] == 1
    client.follow()


def test_retry_stays_after_code_that_is_not_the_users(opened, client):
    cell, button = running(client)
    client.click(button)
    client.outcome(cell, timeout=10)
    shown = client.wait_for(
        lambda said: (
            said["msg_type"].startswith("comm_")
            and re.search("Run (the rest|what is not ok)", str(said["content"]["data"]))
        )
    )
    if isinstance(opened, VSCode):
        client.look()
        client.look()
    client.follow()

    client.click(shown["content"]["comm_id"])

    client.wait_for(lambda said: "Retrying" in str(said["content"]))


def test_a_widget_manager_may_ask_in_any_order_while_a_cell_blocks(client):
    cell, button = running(client)

    def ask_for_states():
        target = {"target_name": "jupyter.widget.control", "data": {}}
        control = {"comm_id": uuid.uuid4().hex, **target}
        client.ask("comm_open", control, metadata={"version": "1.0.0"})
        client.send_comm(control["comm_id"], {"method": "request_states"})
        client.wait_for(
            lambda said: (
                said["content"].get("comm_id") == control["comm_id"]
                and button in str(said["content"]["data"])
            )
        )

    def ask_for_comms():
        asked = client.ask("comm_info_request", {"target_name": "jupyter.widget"})
        assert button in client.reply(asked)["content"]["comms"]

    for question in (ask_for_states, ask_for_comms, ask_for_comms, ask_for_states):
        question()
    client.click(button)

    assert client.outcome(cell, timeout=10).status == "ok"
    client.follow()


def test_a_run_in_the_background_ends_where_it_began(client):
    background = RUN.replace("grace=0.1", "block=False").replace("100", "20")
    cell, _ = running(client, background)
    client.outcome(cell)
    if isinstance(client, VSCode):
        client.look()

    client.run("gate.open(); ended = run.wait()")

    (end,) = client.follow()
    assert "19 ok, 1 failed" in end["text/plain"]
