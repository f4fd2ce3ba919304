"""`settings`: which source outranks which, and what each says of a bad value."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
import threading
from contextlib import ExitStack
from typing import get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nbparallel as nbp
from nbparallel.configuration import NAMES, GivenSettings, Settings
from nbparallel.options import AllOptions, configure, resolve, setting, sources
from nbparallel.peers import ALIASES, CALLED
from nbparallel.sources import Said, ours


@pytest.fixture(autouse=True)
def usual(monkeypatch):
    """No source says anything, before and after."""
    for variable in [f"NBPARALLEL_{name.upper()}" for name in NAMES]:
        monkeypatch.delenv(variable, raising=False)
    configure()
    yield monkeypatch
    configure()


def of_a_file(**said):
    sources.configure(
        {ours(name): Said(said[name], f"c.Settings.{name}=") for name in said},
    )


def workers():
    return nbp.pmap(abs, [1], progress=False).options.workers


class TestPrecedence:
    def test_each_source_outranks_those_below(self, monkeypatch):
        assert workers() is nbp.settings.workers is None

        of_a_file(workers=2)
        assert workers() == nbp.settings.workers == 2

        monkeypatch.setenv("NBPARALLEL_WORKERS", "3")
        assert workers() == nbp.settings.workers == 3

        nbp.settings.workers = 4
        assert workers() == nbp.settings.workers == 4

        with nbp.settings(workers=5):
            assert workers() == nbp.settings.workers == 5
            call = nbp.pmap(abs, [1], progress=False, workers=6)
            assert call.options.workers == 6

    def test_each_source_is_back_once_those_above_are_gone(self, monkeypatch):
        of_a_file(rows=2)
        monkeypatch.setenv("NBPARALLEL_ROWS", "3")
        nbp.settings.rows = 4

        del nbp.settings.rows
        assert nbp.settings.rows == 3
        monkeypatch.delenv("NBPARALLEL_ROWS")
        assert nbp.settings.rows == 2
        sources.forget("Settings")
        assert nbp.settings.rows == 12

    def test_none_is_said_like_any_value(self, monkeypatch):
        monkeypatch.setenv("NBPARALLEL_TIMEOUT", "10")
        nbp.settings.timeout = None

        assert resolve({}).timeout is None

    def test_what_a_face_takes_usually_is_outranked_by_every_source(self, monkeypatch):
        assert resolve({}, workers=5).workers == 5
        monkeypatch.setenv("NBPARALLEL_MAX_WORKERS", "3")
        assert resolve({}, workers=5).workers == 3

    def test_a_variable_that_is_set_later_holds_from_then_on(self, monkeypatch):
        assert nbp.settings.grace == 1
        monkeypatch.setenv("NBPARALLEL_GRACE", "0.5")
        assert nbp.settings.grace == 0.5
        monkeypatch.setenv("NBPARALLEL_GRACE", "")
        assert nbp.settings.grace == 1


#: What a program does, and whether it is to a source below the blocks.
STEPS = st.one_of(
    st.tuples(st.sampled_from(["file", "variable", "code"]), st.integers(1, 99)),
    st.tuples(st.sampled_from(["no variable", "no code", "no file", "end"])),
    st.tuples(st.just("block"), st.integers(1, 99)),
)


@given(st.lists(STEPS, max_size=20))
@settings(deadline=None)
def test_any_program_sees_the_strongest_source(steps):
    configure()
    said, blocks, opened = {}, [], []
    with pytest.MonkeyPatch.context() as environment, ExitStack() as open_ones:
        for what, *value in steps:
            match what:
                case "file":
                    of_a_file(rows=value[0])
                case "no file":
                    sources.forget("Settings")
                case "variable":
                    environment.setenv("NBPARALLEL_ROWS", str(value[0]))
                case "no variable":
                    environment.delenv("NBPARALLEL_ROWS", raising=False)
                case "code":
                    nbp.settings.rows = value[0]
                case "no code":
                    del nbp.settings.rows
                case "block":
                    blocks += value
                    opened.append(open_ones.enter_context(ExitStack()))
                    opened[-1].enter_context(nbp.settings(rows=value[0]))
                case "end" if opened:
                    blocks.pop()
                    opened.pop().close()
            said[what.removeprefix("no ")] = value[0] if value else None
            below = [said.get(each) for each in ("code", "variable", "file")]
            ranked = [*reversed(blocks), *(each for each in below if each), 12]
            assert nbp.settings.rows == resolve({}).rows == ranked[0]
    configure()


class TestBlocks:
    def test_inner_ones_add_to_outer_ones(self):
        with nbp.settings(workers=2, rows=3):
            with nbp.settings(workers=4), nbp.defaults(grace=0.5):
                found = resolve({})
                assert (found.workers, found.rows, found.grace) == (4, 3, 0.5)
            assert (nbp.settings.workers, nbp.settings.grace) == (2, 1)
        assert (nbp.settings.workers, nbp.settings.rows) == (None, 12)

    def test_what_code_sets_inside_holds_afterwards(self):
        with nbp.settings(workers=2):
            nbp.settings.workers = 7
            assert nbp.settings.workers == 2
        assert nbp.settings.workers == 7

    def test_an_error_ends_them(self):
        with pytest.raises(ZeroDivisionError), nbp.settings(rows=3):
            raise ZeroDivisionError
        assert nbp.settings.rows == 12

    def test_one_that_cannot_be_is_refused_where_it_is_made(self):
        with pytest.raises(nbp.BadValue, match=r"^max_workers=0: must be a whole"):
            nbp.settings(max_workers=0)

    def test_one_name_is_enough(self):
        said = r"max_workers=3: workers is there, too; keep one"
        with pytest.raises(nbp.BadValue, match=said):
            nbp.settings(workers=3, max_workers=3)
        said = r"workers=5: max_workers is there, too; keep one"
        with pytest.raises(nbp.BadValue, match=said):
            nbp.settings(max_workers=4, workers=5)

    def test_a_value_without_a_name_is_refused(self):
        with pytest.raises(nbp.BadType, match=r"^settings\(4\): .*\(max_workers=4"):
            nbp.settings(4)

    def test_a_block_that_nobody_enters_says_what_to_write(self):
        said = "with nbp.settings(max_workers=3, desc='<b>'): ..."
        assert said in repr(nbp.settings(max_workers=3, desc="<b>"))

    def test_they_decorate_functions(self):
        @nbp.settings(max_workers=2)
        def job():
            return nbp.settings.workers

        assert [job(), job(), nbp.settings.workers] == [2, 2, None]

    @pytest.mark.parametrize("block", [nbp.settings, nbp.defaults])
    def test_they_decorate_coroutine_functions(self, block):
        @block(workers=2)
        async def job(turns):
            for _ in range(turns):
                await asyncio.sleep(0)
            return nbp.settings.workers

        async def both():
            return await asyncio.gather(job(1), job(3)), nbp.settings.workers

        assert job.__name__ == "job"
        assert asyncio.run(both()) == ([2, 2], None)

    @pytest.mark.parametrize("block", [nbp.settings, nbp.defaults])
    def test_they_decorate_nothing_that_runs_bit_by_bit(self, block):
        def each():
            yield 1

        async def later():
            yield 1

        for fn in (each, later):
            with pytest.raises(
                nbp.BadType, match=f"above {fn.__name__}, which has a y"
            ):
                block(workers=2)(fn)


class TestThreads:
    def in_thread(self, call):
        found = []
        thread = threading.Thread(target=lambda: found.append(call()))
        thread.start()
        thread.join()
        return found[0]

    def test_all_see_what_code_sets(self):
        nbp.settings.rows = 5
        assert self.in_thread(lambda: nbp.settings.rows) == 5
        self.in_thread(lambda: setattr(nbp.settings, "rows", 6))
        assert nbp.settings.rows == 6

    def test_a_block_is_seen_where_it_was_opened(self):
        with nbp.settings(rows=5):
            assert self.in_thread(lambda: nbp.settings.rows) == 12

    @pytest.mark.parametrize("backend", ["threads", "asyncio", "inline"])
    def test_tasks_are_inside_the_blocks_around_their_run(self, backend):
        with nbp.settings(rows=5, progress=False):
            run = nbp.pmap(lambda _: nbp.settings.rows, range(4), backend=backend)
        assert run.results == [5] * 4

    def test_nothing_is_lost_where_many_set_at_once(self):
        names = ["rows", "grace", "timeout", "deadline", "retries", "buffer"]
        barrier = threading.Barrier(len(names))

        def change(name):
            barrier.wait()
            for value in range(1, 200):
                setattr(nbp.settings, name, value)

        threads = [threading.Thread(target=change, args=[name]) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert [getattr(nbp.settings, name) for name in names] == [199] * len(names)


class TestBadValues:
    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("max_workers", 0, r"settings\.max_workers = 0: must be a whole number of"),
            (
                "num_threads",
                "8",
                r"settings\.num_threads = '8': .* as in settings\.num_threads = 8",
            ),
            ("on_error", "rise", r"Write .* or settings\.on_error = 'raise'\.$"),
            ("progress", 1, r"settings\.progress = 1: must be True or False$"),
            ("parallel_agent_actions", None, r"_actions = None: must be True or False"),
            ("parallel_execution_timeout", 0, r"_timeout = 0: must be more than 0 sec"),
        ],
    )
    def test_code_is_told_at_once_and_nothing_changes(self, name, value, said):
        before = getattr(nbp.settings, name)
        with pytest.raises(nbp.UsageError, match=said):
            setattr(nbp.settings, name, value)
        assert getattr(nbp.settings, name) == before

    @pytest.mark.parametrize(
        ("name", "text", "said"),
        [
            ("MAX_WORKERS", "many", r"='many': .* as in NBPARALLEL_MAX_WORKERS=8"),
            ("WORKERS", "0", r"=0: must be a whole number of at least 1$"),
            ("WORKERS", "1.5", r"=1\.5: must be a whole number"),
            ("PROGRESS", "maybe", r"='maybe': must be True or False$"),
            ("TIMEOUT", "-1", r"=-1: must be a number of seconds and not be negative"),
            (
                "GRACE",
                "none",
                r"='none': must be a number of seconds, as in",
            ),
            ("RATE", "fast", r"='fast': write it as in NBPARALLEL_RATE='10/s'"),
            ("BACKEND", "thread", r"='thread': .* Did you mean 'threads'\?"),
            ("ON_ERROR", "rise", r"Write .* or NBPARALLEL_ON_ERROR='raise'\.$"),
            ("RETRY_ON", "OSError", r"Write nbp\.settings\.retry_on = OSError in code"),
            ("COLLECT_PARALLEL_METRICS", "2", r"='2': must be True or False$"),
            ("MAX_WORKER", "4", r"=4: no such .* mean NBPARALLEL_MAX_WORKERS\?$"),
        ],
    )
    def test_a_run_is_refused_and_the_variable_named(
        self, monkeypatch, name, text, said
    ):
        monkeypatch.setenv(f"NBPARALLEL_{name}", text)
        for first_use in (
            lambda: nbp.pmap(abs, [1]),
            lambda: nbp.settings.rows,
            lambda: setting("parallel_agent_actions"),
        ):
            with pytest.raises(nbp.UsageError, match=f"^NBPARALLEL_{name}.*{said}"):
                first_use()

    def test_a_file_is_named_when_its_setting_is_first_needed(self):
        of_a_file(rows="all")

        with pytest.raises(nbp.BadType, match=r"^c\.Settings\.rows='all': must be"):
            nbp.pmap(abs, [1])

    def test_a_stronger_source_saves_from_it(self, monkeypatch):
        of_a_file(rows="all")
        monkeypatch.setenv("NBPARALLEL_ROWS", "none")
        nbp.settings.rows = 3

        assert resolve({}).rows == 3

    def test_so_does_the_call(self, monkeypatch):
        monkeypatch.setenv("NBPARALLEL_WORKERS", "abc")
        monkeypatch.setenv("NBPARALLEL_MAX_WORKERS", "4")

        assert nbp.pmap(abs, [-1], workers=3).options.workers == 3

    def test_what_cannot_be_used_is_shown_as_such(self, monkeypatch):
        assert repr(nbp.settings) == "settings: all are as usual"
        nbp.settings.rows = 5
        monkeypatch.setenv("NBPARALLEL_WORKERS", "abc")
        line, other = repr(nbp.settings).splitlines()[1:]
        assert line.startswith("# cannot be used: NBPARALLEL_WORKERS='abc': must be a")
        assert other == "rows = 5  # settings.rows"

    def test_two_lines_of_a_file_for_one_setting_must_agree(self):
        of_a_file(workers=3)
        of_a_file(max_workers=3)
        assert nbp.settings.workers == 3
        of_a_file(max_workers=4)
        said = r"max_workers=4 and c\.Settings\.workers=3 speak of the same setting"
        with pytest.raises(nbp.BadValue, match=said):
            nbp.pmap(abs, [1])
        assert nbp.pmap(abs, [-1], workers=2).options.workers == 2

    @pytest.mark.parametrize("name", ["NBPARALLEL_workers", "nbparallel_WORKERS"])
    def test_a_variable_in_small_letters_is_nearly_ours(self, monkeypatch, name):
        monkeypatch.setenv(name, "3")
        with pytest.raises(nbp.BadValue, match="Did you mean NBPARALLEL_WORKERS"):
            nbp.pmap(abs, [1])

    def test_two_variables_for_one_setting_must_agree(self, monkeypatch):
        monkeypatch.setenv("NBPARALLEL_WORKERS", "3")
        monkeypatch.setenv("NBPARALLEL_MAX_WORKERS", "3")
        assert nbp.settings.workers == 3

        monkeypatch.setenv("NBPARALLEL_MAX_WORKERS", "4")
        with pytest.raises(nbp.BadValue, match=r"speak of the same setting: unset one"):
            nbp.pmap(abs, [1])

    def test_a_variable_that_resembles_none_of_ours_is_left_alone(self, monkeypatch):
        monkeypatch.setenv("NBPARALLEL_CI_TOKEN", "x")

        assert resolve({}) == nbp.Options()

    def test_a_name_that_is_none_is_refused_everywhere(self):
        said = r"settings\.max_worker: no such .* Did you mean 'max_workers'\?"
        with pytest.raises(AttributeError, match=said):
            nbp.settings.max_worker = 4
        with pytest.raises(AttributeError, match=said):
            nbp.settings.max_worker  # noqa: B018 # it is looked up
        with pytest.raises(AttributeError, match=said):
            del nbp.settings.max_worker
        with pytest.raises(nbp.BadType, match=r"Did you mean 'max_workers'\?"):
            nbp.settings(max_worker=4)
        assert not hasattr(nbp.settings, "_repr_html_")


class TestText:
    @pytest.mark.parametrize(
        ("name", "text", "value"),
        [
            ("workers", " 16 ", 16),
            ("workers", "auto", "auto"),
            ("workers", "None", None),
            ("progress", "0", False),
            ("progress", "No", False),
            ("capture", "TRUE", True),
            ("timeout", "2.5", 2.5),
            ("rate", "10/s", "10/s"),
            ("desc", "17", "17"),
            ("desc", "none", None),
            ("backend", "processes", "processes"),
            ("key", "name", "name"),
            ("parallel_execution_timeout", "none", None),
        ],
    )
    def test_means_what_the_setting_takes(self, monkeypatch, name, text, value):
        monkeypatch.setenv(f"NBPARALLEL_{name.upper()}", text)

        found = getattr(nbp.settings, name)
        assert (found, type(found)) == (value, type(value))


class TestObject:
    def test_it_has_every_setting_with_its_type(self):
        types = get_type_hints(AllOptions)
        types |= {alias: types[name] for alias, name in ALIASES.items()}

        assert get_type_hints(Settings) == types
        assert get_type_hints(GivenSettings) == types
        assert types.keys() == {*NAMES} <= {*dir(nbp.settings)}

    def test_other_names_are_words_that_options_know_too(self):
        assert all(alias in CALLED[name].split() for alias, name in ALIASES.items())
        nbp.settings.max_workers = 9
        assert nbp.settings.num_threads == nbp.settings.workers == 9
        del nbp.settings.num_threads
        assert nbp.settings.workers is None

    def test_it_shows_what_is_not_as_usual_and_why(self, monkeypatch):
        of_a_file(rows=5)
        monkeypatch.setenv("NBPARALLEL_MAX_WORKERS", "3")
        nbp.settings.progress = False

        with nbp.settings(grace=0.5):
            shown = repr(nbp.settings)

        assert shown.splitlines()[1:] == [
            "workers = 3  # NBPARALLEL_MAX_WORKERS",
            "progress = False  # settings.progress",
            "rows = 5  # c.Settings.rows",
            "grace = 0.5  # grace",
        ]

    def test_a_face_asks_for_one_by_its_name(self):
        nbp.settings.parallel_execution_timeout = 2

        assert setting("parallel_execution_timeout") == 2
        assert setting("parallel_execution_timeout", {"max_workers": 3}) == 2
        assert setting("max_workers", {"max_workers": 3}) == 3
        assert setting("collect_parallel_metrics") is True
        assert setting("collect_parallel_metrics", usual=False) is False
        assert setting("max_workers", {}, usual=5) == 5
        nbp.settings.num_threads = 7
        assert setting("max_workers", {}, usual=5) == 7
        with pytest.raises(nbp.BadValue, match="parallel_execution_timeout=-1: must"):
            setting("parallel_execution_timeout", {"parallel_execution_timeout": -1})

    def test_a_copy_from_elsewhere_is_this_process_s_own(self):
        nbp.settings.rows = 7

        assert pickle.loads(pickle.dumps(nbp.settings)).rows == 7


def test_a_script_needs_no_traitlets():
    code = (
        "import sys, nbparallel as nbp\n"
        "nbp.settings.max_workers = 3\n"
        "with nbp.settings(progress=False):\n"
        "    run = nbp.pmap(abs, [-1])\n"
        "print(run.options.workers, 'traitlets' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["3", "False"]


def test_the_command_line_of_ipython_says_them_too(tmp_path):
    code = "import nbparallel as nbp; print(nbp.settings.workers, nbp.settings.capture)"
    given = ["--Settings.max_workers=3", "--Settings.capture=off", "-c", code]
    done = subprocess.run(
        [sys.executable, "-m", "IPython", f"--ipython-dir={tmp_path}", *given],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == ["3", "False"]


def test_processes_have_the_environment_not_the_session_and_run_inline(monkeypatch):
    monkeypatch.setenv("NBPARALLEL_ROWS", "5")
    monkeypatch.setenv("NBPARALLEL_BACKEND", "processes")

    nbp.settings.buffer = 7
    run = nbp.pmap(_seen, [1], progress=False, workers=1)

    assert run.options.buffer == 7
    assert run.results == [(5, None, "inline")]


def _seen(_):
    return nbp.settings.rows, nbp.settings.buffer, nbp.settings.backend
