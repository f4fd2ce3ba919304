"""What is known about the functions that everybody calls."""

from __future__ import annotations

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: Builtins that only look at their arguments and give something immutable.
READERS: Final = _words(
    """
    ascii bin bool callable chr complex float format hasattr hash hex id int
    isinstance issubclass len oct ord print range repr slice str
    """
)
#: Builtins that go through their arguments once, and what they give is immutable.
FOLDERS: Final = _words("all any")
#: Builtins that give one of their arguments, an element of one, or what they add up to.
CHOOSERS: Final = _words("bytes frozenset max min sum tuple")
#: Builtins that give a container of what they go through.
COLLECTORS: Final = _words("bytearray dict list set sorted")
#: Builtins that change the object itself, be it a module or a class.
SETTERS: Final = _words("delattr setattr")
#: Builtins that give an iterator over their arguments.
ITERATORS: Final = _words("enumerate filter map reversed zip")
#: Builtins that give what their arguments give.
PASSING: Final = _words("abs divmod getattr pow round type")

#: Names whose use may do anything to any name.
ANYTHING: Final = _words(
    """
    __import__ breakpoint dir eval exec exit get_ipython globals input locals quit
    vars
    """
)

#: Methods of lists, dicts and sets that only look, by what they give.
LOOKING: Final = _words(
    """
    count get index isdisjoint issubset issuperset items keys values
    """
)
COPYING: Final = _words("copy difference intersection symmetric_difference union")
#: Methods of lists, dicts and sets that put their arguments in.
STORING: Final = _words(
    """
    add append extend insert setdefault symmetric_difference_update update
    """
)
#: Methods of theirs that take something out, or only change the order.
TAKING: Final = _words(
    """
    clear difference_update discard intersection_update pop popitem remove reverse
    sort
    """
)
#: Methods of text that give text.
TEXT: Final = _words(
    """
    capitalize casefold center decode encode expandtabs format join ljust lower
    lstrip removeprefix removesuffix replace rjust rstrip strip swapcase title upper
    zfill startswith endswith find index count isdigit isalpha
    """
)

#: Modules whose functions work on one hidden state.
STATEFUL: Final = _words(
    """
    locale matplotlib.pylab matplotlib.pyplot numpy.random os pylab random seaborn
    sys warnings
    """
)
#: Functions of those that have nothing to do with it.
STATELESS: Final = _words(
    """
    numpy.random.default_rng os.cpu_count os.fspath os.getcwd os.getpid os.listdir
    os.path os.scandir os.stat os.walk random.Random random.SystemRandom
    sys.getsizeof warnings.warn
    """
)
#: Modules whose functions are called bare without changing what others see.
HARMLESS: Final = frozenset(
    ["", "builtins", "gc", "logging", "nbparallel", "threading", "time", "traceback"]
)
#: Modules of which every function gives something immutable and does nothing else.
PURE: Final = _words("cmath math ntpath posixpath time")

#: Decorators that give what they decorate, or something that works like it.
TRANSPARENT: Final = _words(
    """
    cache cached_property classmethod contextmanager dataclass jit lru_cache njit
    overload property staticmethod total_ordering wraps
    """
)

#: Methods that draw on the current figure.
DRAWING: Final = _words("boxplot hist plot")

#: What reads or writes outside of the program, for ``--ordered``.
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
