"""Options: refused in one place, and told to everybody from one list."""

from __future__ import annotations

import inspect
from dataclasses import fields
from typing import get_args, get_type_hints

import pytest

import nbparallel as nbp
from nbparallel import kinds, options, signatures
from nbparallel.faces import executor_options
from nbparallel.kinds import KINDS
from nbparallel.timing import subject
from nbparallel.workers.inline import Inline

FACES = [nbp.pmap, nbp.defaults, nbp.batch_map, nbp.compare, nbp.sweep]
#: With a parameter of their own for the description, and those of their options.
NAMING = {nbp.run_parallel: options.ListOptions, nbp.Parallelized: options.LoopOptions}
#: Those that take all options.
FULL = (nbp.pmap, nbp.defaults, nbp.batch_map)
TYPES = get_type_hints(nbp.Options)
#: What a measurement decides by itself, and so has no options for.
FIXED = {"workers", *subject.FIXED}


class TestBackend:
    @pytest.mark.parametrize(
        "call",
        [
            lambda: nbp.Options(backend="thread"),
            lambda: nbp.pmap(abs, [1], backend="thread"),
            lambda: nbp.compare(abs, [1], backend="thread"),
            lambda: nbp.defaults(backend="thread").__enter__(),
            lambda: options.configure(backend="thread"),
        ],
    )
    def test_an_unknown_kind_names_the_nearest(self, call):
        said = r"'thread': no such backend\. Did you mean 'threads'\?.*'inline'"
        with pytest.raises(nbp.BadValue, match=said):
            call()

    def test_must_be_a_word(self):
        with pytest.raises(nbp.BadType, match="backend=8: must be a string"):
            nbp.Options(backend=8)

    def test_a_kind_that_is_registered_is_known_from_then_on(self, monkeypatch):
        place = f"{Inline.__module__}:{Inline.__name__}"
        monkeypatch.setitem(KINDS, "of my own", place)

        run = nbp.pmap(abs, [-1], backend="of my own", progress=False)

        assert run.results == [1]

    def test_type_checkers_know_every_kind(self):
        assert get_args(kinds.Kind) == tuple(KINDS)


class TestCopies:
    def test_the_types_of_all_options_are_those_of_the_dataclass(self):
        assert get_type_hints(options.RunOptions) == TYPES

    def test_functions_of_others_hand_on_all_but_unpack(self):
        wanted = {name: TYPES[name] for name in TYPES if name != "unpack"}
        assert get_type_hints(options.MapOptions) == wanted

    def test_executors_take_those_that_say_something_of_calls(self):
        refused = {*executor_options._NOT_OURS}
        wanted = {name: TYPES[name] for name in TYPES if name not in refused}
        assert get_type_hints(options.ExecutorOptions) == wanted

    def test_measurements_take_those_that_they_do_not_decide(self):
        wanted = {name: TYPES[name] for name in TYPES if name not in FIXED}
        assert get_type_hints(options.LegOptions) == wanted

    def test_faces_with_a_description_of_their_own_take_all_others(self):
        wanted = {name: TYPES[name] for name in TYPES if name != "desc"}
        assert get_type_hints(options.ListOptions) == wanted
        del wanted["unpack"]
        assert get_type_hints(options.LoopOptions) == wanted

    def test_an_option_left_out_is_one_not_given(self):
        taken = (options.RunOptions, options.MapOptions, options.LegOptions)
        taken += (options.LoopOptions, options.ListOptions, options.ExecutorOptions)
        assert [each.__required_keys__ for each in taken] == [frozenset()] * 6


@pytest.mark.parametrize("face", FACES, ids=lambda face: face.__name__)
class TestSignature:
    def taken(self, face):
        return [
            field
            for field in fields(nbp.Options)
            if face in FULL or field.name not in FIXED
        ]

    def test_has_each_option_with_its_type_and_default(self, face):
        parameters = inspect.signature(face).parameters
        for field in self.taken(face):
            parameter = parameters[field.name]
            assert parameter.kind is parameter.KEYWORD_ONLY
            assert parameter.annotation == TYPES[field.name]
            assert parameter.default == field.default
        assert parameters.keys() & FIXED <= {"workers"} or face in FULL

    def test_has_none_that_is_not_named(self, face):
        kinds = {each.kind for each in inspect.signature(face).parameters.values()}
        assert inspect.Parameter.VAR_KEYWORD not in kinds

    def test_the_docstring_says_what_each_means(self, face):
        about = signatures.documented(nbp.Options)
        assert about.keys() == TYPES.keys()
        text = inspect.getdoc(face).split("\nParameters\n", 1)[1].split("\n\n")[0]
        for field in self.taken(face):
            assert f"\n{field.name}\n{about[field.name]}" in f"{text}\n"


@pytest.mark.parametrize("face", NAMING, ids=lambda face: face.__name__)
def test_a_face_shows_what_it_has_besides_its_own_parameters(face):
    parameters = inspect.signature(face).parameters
    about, text = signatures.documented(nbp.Options), f"{inspect.getdoc(face)}\n"
    for name, annotation in get_type_hints(NAMING[face]).items():
        assert parameters[name].annotation == annotation
        assert text.count(f"\n{name}\n{about[name]}") == 1
    kinds = {each.kind for each in parameters.values()}
    assert kinds == {
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        inspect.Parameter.KEYWORD_ONLY,
    }
    assert text.count("\ndesc\n") == 1


def test_a_signature_is_shown_without_quotes():
    shown = str(inspect.signature(nbp.pmap))

    assert shown.endswith(", keep_results: bool = True) -> Run[Any]")
    assert shown.startswith("(fn: Callable[..., Any], *iterables: Any, workers: ")
    assert ", buffer: int | None = None, " in shown


def test_an_entry_may_have_several_paragraphs():
    class Settings:
        """Some.

        Attributes
        ----------
        rows
            How many.

            Or none.
        grace
            Seconds.

        Examples
        --------
        """

    assert signatures.documented(Settings) == {
        "rows": "    How many.\n\n    Or none.\n",
        "grace": "    Seconds.\n",
    }


def test_a_function_without_a_docstring_has_its_signature_all_the_same():
    def face(fn, **options): ...

    shown = signatures.with_options(nbp.Options, options.LegOptions)(face)

    assert shown is face
    assert str(inspect.signature(face)).startswith("(fn, *, backend: ")
    assert face.__doc__ is None


def test_an_executor_shows_its_options_and_the_arguments_of_the_standard_library():
    shown = inspect.signature(nbp.Executor).parameters
    first = ["max_workers", "thread_name_prefix", "initializer", "initargs"]
    taken = get_type_hints(options.ExecutorOptions)
    assert [*shown] == [*first, *(name for name in TYPES if name in taken)]
    about = signatures.documented(nbp.Options)
    text = inspect.getdoc(nbp.Executor)
    assert all(f"\n{name}\n{about[name]}" in text for name in taken)


class TestDurations:
    @pytest.mark.parametrize("name", ["timeout", "deadline", "grace", "backoff"])
    def test_a_number_of_another_kind_becomes_pythons(self, name):
        import numpy as np

        given = getattr(nbp.Options(**{name: np.float32(2)}), name)
        assert type(given) is float
        assert given == 2


class TestPolicies:
    @pytest.mark.parametrize(
        ("name", "given", "said"),
        [
            ("backoff", lambda: 1, "must take one argument, as in backoff=lambda att"),
            ("retry_on", lambda: 1, "must take one argument, as in retry_on=lambda er"),
            ("retries", lambda _: False, "must be a whole number, as in retries=3"),
        ],
    )
    def test_a_function_that_cannot_be_called_is_refused(self, name, given, said):
        with pytest.raises(nbp.BadType, match=f"{name}=<function .*{said}"):
            nbp.Options(**{name: given})

    def test_a_rate_is_written_in_plain_digits(self):
        for given in ("١٠/s", "1e3/s"):  # noqa: RUF001 # digits of another script
            with pytest.raises(nbp.BadValue, match="a number such as 1000 or"):
                nbp.Options(rate=given)
