"""``%parallel [f(x) for x in xs if ok(x)]``."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from nbparallel.engine.run import Run
from nbparallel.magics.cell import Cell, is_silenced
from nbparallel.magics.clauses import refuse_binding, run_body
from nbparallel.options import Options


def run_comprehension(cell: Cell, start: int, options: Options) -> tuple[Run, Any]:
    """Carry out the comprehension that begins at column *start*.

    Returns
    -------
    tuple
        The run, and what the comprehension would have given.
    """
    __tracebackhide__ = True
    tree = _comprehension(cell, start)
    result: ast.expr
    make: Callable[[list[Any]], Any]
    if isinstance(tree, ast.DictComp):
        result, make = ast.Tuple([tree.key, tree.value], ast.Load()), dict
        ast.copy_location(result, tree.key)
    else:
        result, make = tree.elt, set if isinstance(tree, ast.SetComp) else list
    if not options.block:
        message = "a run in the background has no values yet: leave --no-block out"
        cell.line.refuse(message, cell.line.start, start)
    refuse_binding(cell, [result])
    body: list[ast.stmt] = [ast.copy_location(ast.Return(result), result)]
    run = run_body(cell, tree.generators, body, options)
    return run, make(run.results)


def _comprehension(cell: Cell, start: int) -> ast.ListComp | ast.SetComp | ast.DictComp:
    line = cell.line
    what = (
        "a comprehension in brackets, as in pages = %parallel [fetch(u) for u in urls]"
    )
    text = line.text[start:].strip()
    if not text:
        line.refuse(f"%parallel needs {what}", start)
    if text.startswith(("for ", "async for ")):
        message = (
            "a loop is a cell of its own: %%parallel for …, its body on the lines below"
        )
        line.refuse(message, start)
    if is_silenced(text):
        line = replace(line, text=line.text[: line.text.rindex(";")])
    try:
        tree = line.parse(start)
    except SyntaxError as error:
        if ";" in text:
            message = "a magic takes the rest of its line: what follows goes below"
            line.refuse(message, line.text.index(";", start))
        if " for " in text and text[0] not in "[{(":
            line.refuse(f"%parallel needs {what}", start, len(line.text))
        raise cell.misread(error) from None
    if isinstance(tree, (ast.ListComp, ast.SetComp, ast.DictComp)):
        return tree
    if isinstance(tree, ast.GeneratorExp):
        message = (
            "a generator gives its values one by one, a run all of them: write […]"
        )
        cell.refuse(message, tree)
    return cell.refuse(f"%parallel takes {what}, and nothing around it", tree)
