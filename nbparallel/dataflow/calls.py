"""What a call may do.

The assumption, stated in the guide: a function changes nothing but what its arguments
lead to, what its own body says if that is at hand, and the state of modules known to
have one.
"""

from __future__ import annotations

import ast
from abc import abstractmethod
from types import ModuleType

from nbparallel.dataflow import known_calls
from nbparallel.dataflow.annotations import ASKING
from nbparallel.dataflow.frozen import makes_frozen
from nbparallel.dataflow.names import object_at
from nbparallel.dataflow.objects import Objects
from nbparallel.dataflow.regions import NOTHING, Region, Regions
from nbparallel.types import MISSING

WORLD: Region = ("world", "")
LOTS: Region = ("world", "lots")


class Calls(Objects):
    """Adds calls and what else runs code.

    Attributes
    ----------
    ordered
        Whether what prints, reads and writes stays in order.
    is_seeded
        Whether lots that are drawn from here on are meant to be drawn in order.
    """

    ordered = False
    is_seeded = False

    @abstractmethod
    def value(self, node: ast.AST | None) -> Regions:
        """Read an expression; return what its value may lead to."""

    @abstractmethod
    def go(self, node: ast.AST) -> Regions:
        """Read an expression that is gone through at once; return the elements."""

    def call(self, node: ast.Call) -> Regions:
        """Read a call."""
        self._note_io(node.func)
        path = self.path(node.func)
        if path is not None:
            self.value(node.func)
            return self._call_library(path, node)
        if isinstance(node.func, ast.Attribute):
            return self._call_method(node, node.func)
        return self.call_value(self.value(node.func), *self._bound_arguments(node))

    def note_bare(self, node: ast.AST) -> None:
        """Read a call as done for what it does to its library.

        So ``torch.manual_seed(0)`` stays in order with all that uses ``torch``.
        """
        path = self.path(node.func) if isinstance(node, ast.Call) else None
        top = (path or "").partition(".")[0]
        if path is not None and top not in known_calls.HARMLESS:
            self.change(frozenset([("state", top)]))

    def is_understood(self, node: ast.Call) -> bool:
        """Whether all that a call does to objects is known."""
        path = self.path(node.func)
        if path is not None:
            top = path.partition(".")[0]
            in_place = top in known_calls.READING and _in_place(node, path)
            return in_place or top in known_calls.HARMLESS
        if not isinstance(node.func, ast.Attribute):
            callee = self.value(node.func)
            return bool(callee) and all(map(self.is_function, callee))
        holder = self.value(node.func.value)
        if self.heap.is_users(holder):
            return True
        in_place = node.func.attr in known_calls.READS and _in_place(node)
        return bool(holder) and (in_place or node.func.attr in known_calls.CHANGES)

    def _note_settings(self, path: str, node: ast.Call) -> None:
        """Keep what sets the clock by which others go, or reads it, in order."""
        name = path.rpartition(".")[2]
        is_setting = known_calls.SETTING.match(name) and not path.startswith(
            "builtins."
        )
        is_clock = known_calls.CLOCK.fullmatch(path) and not self.frames
        self.is_seeded |= "seed" in name
        if is_setting or is_clock or (path.startswith("pandas.") and name == "eval"):
            self.effects.barrier = True
        self._note_hidden(name, node)

    def _note_hidden(self, name: str, node: ast.Call) -> None:
        given = {keyword.arg for keyword in node.keywords}
        if name in known_calls.HIDDEN and "random_state" not in given:
            self.change(frozenset([("state", known_calls.HIDDEN[name])]))

    # -- The kinds of callee ----------------------------------------------------------

    def _call_library(self, path: str, node: ast.Call) -> Regions:
        self._note_settings(path, node)
        if path.startswith("builtins."):
            return self._call_builtin(path[9:], node)
        return self.give_library(
            path, self._arguments(node), in_place=_in_place(node, path)
        )

    def give_library(
        self, path: str, args: Regions, *, in_place: bool = False
    ) -> Regions:
        """Read a call of the function at *path* with all that."""
        module, _, name = path.rpartition(".")
        top = path.partition(".")[0]
        library: Regions = frozenset([("lib", top)])
        if module == "builtins" and name in known_calls.LOOKS:
            self.operate_on(args)
            return NOTHING
        if module in known_calls.STATEFUL and path not in known_calls.STATELESS:
            self.change(library)
        if self.is_seeded and top not in known_calls.HARMLESS:
            self.change(frozenset([LOTS]))
        if self.heap.is_users(library):  # something was put into it
            args |= library
        elif _is_reading(path) and not in_place:
            return self._read(NOTHING, args)
        found = self.unknown(args)
        return NOTHING if makes_frozen(object_at(path)) else found

    def _call_builtin(self, name: str, node: ast.Call) -> Regions:
        if name in known_calls.GOES:
            gone = [self.go(each) for each in node.args]
            named = [self.value(each.value) for each in node.keywords]
            found = self._read(NOTHING, NOTHING.union(*gone, *named))
            if name in ("max", "min", "sum"):
                return found
            return NOTHING if name in ("any", "all") else self.box(found)
        args = self._arguments(node)
        if name in known_calls.PASSES and (args or name != "vars"):
            return self.unknown(args) if _asks(node) else self.operate_on(args)
        if name in known_calls.SETS and node.args:
            self.put(self.value(node.args[0]), args)
            return NOTHING
        if name in ("dir", "vars") and not node.args:
            self.lose_track()
        if name in known_calls.ITERATES or name == "iter":
            self.heap.lead(self.made, args)
            return self.made
        for keyword in node.keywords:
            if keyword.arg == "file":  # print's
                self.unknown(self.value(keyword.value))
        return self.give_library(f"builtins.{name}", args)

    def _call_method(self, node: ast.Call, func: ast.Attribute) -> Regions:
        holder, args = self.value(func.value), self._arguments(node)
        self._note_hidden(func.attr, node)
        if func.attr in known_calls.NAMING:
            self._note_names(node)
        if not self.heap.is_plain(holder) or any(each[0] == "code" for each in holder):
            return self.unknown(holder | args)
        if not holder or (func.attr in known_calls.READS and not _in_place(node)):
            found = self._read(holder, args)
            return self.box(found) if func.attr in known_calls.NEW else found
        if func.attr in known_calls.CHANGES and self.heap.is_plain(args):
            self._read(holder, args)
            self.change(holder)
            self.heap.lead(holder, args)
            return self.heap.closure(holder | args)
        return self.unknown(holder | args)

    def _read(self, holder: Regions, args: Regions) -> Regions:
        """Read a call that only looks; functions it is given may get all the rest."""
        given = holder | args
        if not self.heap.is_plain(given):
            return self.unknown(given)
        found = self.heap.closure(given) | self.plain
        for region in self.heap.closure(args):
            if self.is_function(region):
                found |= self.apply_to_any(region, found)
        return found

    def _note_names(self, node: ast.Call) -> None:
        """Note the names that the text of a query may read."""
        for each in (*node.args[:1], *(keyword.value for keyword in node.keywords)):
            if not isinstance(each, ast.Constant):
                self.effects.barrier = True
            for name in known_calls.QUERIED.findall(str(getattr(each, "value", ""))):
                self.load(name)

    # -- Inside -----------------------------------------------------------------------

    def _arguments(self, node: ast.Call) -> Regions:
        args, named = self._bound_arguments(node)
        return NOTHING.union(*args, *named.values())

    def _bound_arguments(
        self, node: ast.Call
    ) -> tuple[list[Regions], dict[str, Regions]]:
        """Return the arguments by place and by name; the name of `**` is empty."""
        named: dict[str, Regions] = {}
        for keyword in node.keywords:
            found = self.value(keyword.value)
            if keyword.arg is None:
                found = self.go_through(found)
            named[keyword.arg or ""] = found | named.get(keyword.arg or "", NOTHING)
        args = [self.value(each) for each in node.args]
        if any(isinstance(each, ast.Starred) for each in node.args):
            named[""] = NOTHING.union(*args)
        return args, named

    def _note_io(self, func: ast.AST) -> None:
        match func:
            case ast.Name(id=name) if self.frame_of(name) is None:
                found = name in known_calls.IO_NAMES
            case ast.Attribute(attr=name):
                found = name in known_calls.IO_METHODS
            case _:
                return
        if self.ordered and (found or name.startswith(known_calls.IO_PREFIXES)):
            self.change(frozenset([WORLD]))


def _is_reading(path: str) -> bool:
    """Whether the function at *path* only looks at what it is given."""
    owner, _, name = path.rpartition(".")
    if path.startswith(tuple(known_calls.NOT_READING)):
        return False
    if not isinstance(object_at(owner), ModuleType | type(MISSING)):  # as ndarray.sort
        return name in known_calls.READS
    return (
        path.partition(".")[0] in known_calls.READING or path in known_calls.READING_TOO
    )


def _asks(node: ast.Call) -> bool:
    """Whether ``getattr`` is called for annotations."""
    constants = (each for each in node.args if isinstance(each, ast.Constant))
    return any(each.value in ASKING for each in constants)


def _in_place(node: ast.Call, path: str = "") -> bool:
    """Whether a call may write to what it was given, as NumPy's functions to `out`."""
    named = {keyword.arg for keyword in node.keywords}
    inputs = getattr(object_at(path), "nin", len(node.args))
    return bool(named & {*known_calls.IN_PLACE, None}) or len(node.args) > inputs
