"""What other libraries call our options, and words of theirs that need none here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from nbparallel.errors import nearest

#: Our options, each with what others call it.
CALLED: Final = {
    "workers": "cores concurrency jobs max_concurrency max_threads max_workers n_cores "
    "n_jobs n_processes n_threads n_workers nb_workers nproc nthreads num_cpus "
    "num_proc num_processes num_threads num_workers parallelism pool_size processes "
    "threads",
    "backend": "engine executor kind prefer require scheduler tqdm_class",
    "ordered": "keep_order order preserve_order",
    "block": "blocking sync wait",
    "buffer": "buffersize max_tasks_active pre_dispatch prefetch",
    "desc": "description label name title",
    "progress": "bar disable pbar progress_bar progressbar show_progress tqdm",
    "on_error": "error_handling errors exception_behaviour fail_fast ignore_errors "
    "raise_on_error return_exceptions stop_on_error",
    "unpack": "argument_type star starmap",
    "capture": "capture_output stream_output",
    "retries": "attempts max_attempts max_retries n_retries num_retries retry tries",
    "retry_on": "retry_exceptions",
    "rate": "max_rate rate_limit requests_per_second throttle",
    "timeout": "task_timeout time_limit worker_timeout",
    "journal": "cache cache_dir checkpoint checkpoint_dir resume run_folder",
}
#: A value to write for them.
EXAMPLES: Final = {
    "workers": "8",
    "backend": '"threads"',
    "ordered": "True",
    "block": "False",
    "buffer": "100",
    "desc": '"pages"',
    "progress": "False",
    "on_error": '"raise"',
    "unpack": '"args"',
    "capture": "False",
    "retries": "3",
    "retry_on": "OSError",
    "rate": '"10/s"',
    "timeout": "10",
    "journal": '"run.db"',
}
#: Words without an option here, each group with the reason.
NEEDLESS: Final = {
    "batch_size chunk_size chunksize n_splits": "tasks are handed out in batches while "
    "they are fast, and one by one while they are slow; leave it out",
    "total iterable_len": "the items tell how many they are; an iterator, which does "
    "not, can be made a list: list(items)",
    "ascii bar_format colour delay dynamic_ncols file initial leave lock_args "
    "maxinterval mininterval miniters ncols nrows position postfix smoothing unit "
    "unit_divisor unit_scale progress_bar_options progress_bar_style": "a run brings a "
    'display of its own; desc="pages" names it, progress=False leaves it out',
    "return_as callback error_callback as_completed": "a run gives what comes of its "
    "tasks as they end: for item, result, error in run",
    "verbose enable_insights": "run.df has a row for every task; leave it out",
    "data inputs items iterable iterables sequence": "what to go through comes behind "
    "the function, without a name: pmap(fetch, urls)",
    "args func_args func_kwargs kwargs shared_objects": "what is the same in every "
    "call is bound to the function: functools.partial(fetch, …)",
    "initargs initializer worker_init": "workers start as they are; make what tasks "
    "share before the run",
    "mp_context max_tasks_per_child": "worker processes are started in one way, "
    "which is safe beside threads, and stay; leave it out",
    "axis": "a table is always gone through by its rows; leave it out",
}
#: Words that settings go by besides ours: those of thread pools, and of `World`.
ALIASES: Final = {"max_workers": "workers", "num_threads": "workers"}
#: How an argument of the user's function is said, where a face takes no arguments.
BOUND: Final = "functools.partial(fetch, {})"
_OPTIONS: Final = {word: ours for ours, text in CALLED.items() for word in text.split()}
_REASONS: Final = {
    word: reason for text, reason in NEEDLESS.items() for word in text.split()
}


def ours_for(word: str) -> str:
    """Return what we call what another library calls *word*; ``""`` if none does.

    Examples
    --------
    >>> ours_for("max_workers"), ours_for("zzz")
    ('workers', '')
    """
    return _OPTIONS.get(word, "")


def unknown(name: str, value: Any, known: Sequence[str], bound: str = BOUND) -> str:
    """Return that *name* is no option of ours, and what to write.

    Parameters
    ----------
    name, value
        What was given.
    known
        The names that would be right.
    bound
        The call by which an argument reaches the user's function, with ``{}`` for it.

    Examples
    --------
    >>> unknown("n_jobs", 4, ["workers", "backend"])
    "unknown option 'n_jobs': it is called workers here. Write workers=4."
    """
    begin, ours = f"unknown option {name!r}", ours_for(name)
    if ours in known:
        return f"{begin}: it is called {ours} here. {_line(ours, value)}"
    if name in _REASONS:
        return f"{begin}: {_REASONS[name]}."
    return (
        f"{begin}.{nearest(name, known)} The options are {', '.join(known)}. "
        f"For an argument of your function write {bound.format(f'{name}=…')}."
    )


def _line(ours: str, value: Any) -> str:
    if ours != "workers":
        return f"Write {ours}={EXAMPLES.get(ours, '…')}."
    if type(value) is int and value > 0:
        return f"Write workers={value}."
    return "Write workers=8, or leave it out for as many as suit the machine."
