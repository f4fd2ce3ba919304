"""What is known about the functions and methods that everybody calls."""

from __future__ import annotations

import re
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _paths(module: str, text: str) -> frozenset[str]:
    return frozenset(f"{module}.{word}" for word in text.split())


# -- Builtins -------------------------------------------------------------------------

#: What only looks at its arguments and gives something immutable.
LOOKS: Final = _words(
    """
    ascii bin bool callable chr complex float format hasattr hash hex id int
    isinstance issubclass len oct ord print range repr slice str
    """
)
#: What looks at its arguments and gives what they lead to.
PASSES: Final = _words(
    "abs classmethod divmod getattr pow property round staticmethod type vars"
)
#: What goes through its arguments.
GOES: Final = _words(
    """
    all any bytearray bytes dict frozenset list max min set sorted sum tuple
    """
)
#: What gives an iterator over its arguments.
ITERATES: Final = _words("enumerate filter map reversed zip")
#: What changes the object itself, be it a module or a class.
SETS: Final = _words("delattr setattr")
#: Names whose use may do anything to any name.
ANYTHING: Final = _paths(
    "builtins",
    """
    __import__ breakpoint eval exec exit globals input locals quit
    """,
) | {"IPython.get_ipython", "unittest.mock.patch"}

# -- Methods of text, containers, arrays and frames -----------------------------------

#: Those that take something out or in, or change the order.
CHANGES: Final = _words(
    """
    add append appendleft clear difference_update discard extend insert
    intersection_update pop popitem popleft remove reverse setdefault sort
    symmetric_difference_update update
    """
)
#: Those that only look, and what they give may share with what they looked at.
SHARES: Final = _words(
    """
    T agg aggregate all any apply applymap asfreq assign astype at copy difference
    explode filter first get get_group groupby head iat iloc index intersection
    isdisjoint items iterrows itertuples join keys last loc map max melt min nlargest
    nsmallest pipe pivot pivot_table query ravel reindex rename reset_index reshape
    resample rolling select_dtypes set_index squeeze stack swapaxes
    symmetric_difference tail to_frame to_list to_numpy tolist transform transpose
    union unstack values view where mask xs drop drop_duplicates dropna expanding
    ewm fillna flatten clip diff shift eval diagonal take
    """
)
#: Those that only look, and what they give is new.
NEW: Final = _words(
    """
    abs argmax argmin argsort between capitalize casefold center corr count
    cov cummax cummin cumprod cumsum decode describe dot duplicated encode endswith
    equals expandtabs find format idxmax idxmin info isalpha isdigit isin isna isnull
    issubset issuperset kurt ljust lower lstrip mean median memory_usage merge
    mode ngroup ngroups nonzero notna notnull nunique pct_change prod quantile rank
    removeprefix removesuffix replace rfind rjust round rsplit rstrip sample
    searchsorted sem size skew sort_index sort_values split splitlines startswith std
    strip sum swapcase title to_csv to_dict to_html to_json to_markdown to_records
    to_string trace transpose unique upper value_counts var zfill
    """
)
READS: Final = SHARES | NEW
#: Arguments that make them change what they look at.
IN_PLACE: Final = _words("inplace out")
#: Those whose text may name names of the notebook, as in ``df.query("a > @limit")``.
NAMING: Final = _words("eval query")
QUERIED: Final = re.compile(r"@(\w+)")
#: Methods and functions that use the hidden state of a library, unless they are given
#: a state, as by ``random_state=0``.
HIDDEN: Final = {
    **dict.fromkeys(("boxplot", "hist", "plot"), "matplotlib"),
    **dict.fromkeys(("permutation", "rvs", "sample", "shuffle"), "numpy"),
    "train_test_split": "numpy",
}

# -- Libraries ------------------------------------------------------------------------

#: Modules whose functions work on one hidden state.
STATEFUL: Final = _words(
    """
    decimal locale matplotlib.pylab matplotlib.pyplot numpy.random
    numpy.random.mtrand os pylab random seaborn sys warnings
    """
)
STATES: Final = frozenset(name.partition(".")[0] for name in STATEFUL)
#: Functions of those that have nothing to do with it.
STATELESS: Final = (
    _paths("decimal", "Decimal")
    | _paths("numpy.random", "Generator RandomState default_rng")
    | _paths("os", "cpu_count fspath getcwd getenv getpid listdir path scandir stat")
    | _paths("os", "walk")
    | _paths("random", "Random SystemRandom")
    | _paths("sys", "exc_info getsizeof")
    | _paths("warnings", "warn")
)
#: Modules whose functions are called bare without changing what others see.
HARMLESS: Final = _words("builtins nbparallel time traceback")
#: Functions that tell the time: what they tell depends on what has been done.
CLOCK: Final = re.compile(
    r"time\.((time|perf_counter|monotonic|process_time|thread_time)(_ns)?"
    r"|ctime|localtime|gmtime|strftime)|timeit\.default_timer|.*\.(now|today|utcnow)"
)
#: Functions of libraries that set what others of them go by, told by their names.
SETTING: Final = re.compile(
    r"set$|set_|set(bufsize|context|default|err|itimer|locale|recursion|state)|reset"
    r"|seed|manual_seed|use$|use_|rc$|rcdefaults|register|unregister|enable|disable"
    r"|basicConfig|signal$|install|patch|activate|switch_|filterwarnings|simplefilter"
)
#: Libraries whose functions only look at what they are given, and what they give is of
#: types whose methods are known.
READING: Final = _words("cmath math ntpath numpy pandas posixpath statistics time")
READING_TOO: Final = (
    _paths("copy", "copy deepcopy")
    | _paths("json", "dumps loads")
    | _paths("re", "findall split sub")
)
#: Functions of those that do change what they are given, or give anything.
NOT_READING: Final = _paths(
    "numpy",
    """
    apply_along_axis copyto fill_diagonal fromiter frompyfunc lib load memmap
    nditer ndenumerate put put_along_axis place putmask random save savez vectorize
    """,
) | _paths("pandas", "ExcelFile ExcelWriter HDFStore option_context read_pickle")

#: Decorators that give what they decorate, or something that works like it.
TRANSPARENT: Final = _words(
    "classmethod jit njit overload property staticmethod total_ordering wraps"
)

# -- For --ordered: what reads or writes outside of the program -----------------------

IO_NAMES: Final = _words("display input open print")
IO_METHODS: Final = _words(
    """
    chdir chmod close connect copyfile copytree dump execute executemany flush get
    getenv load makedirs mkdir move open post put putenv read read_bytes read_text
    readline readlines remove removedirs rename replace_file rmdir rmtree run
    savefig send show symlink_to touch unlink urlopen urlretrieve write write_bytes
    write_text writelines writerow writerows
    """
)
IO_PREFIXES: Final = ("read_", "save", "to_", "write_")
