"""A cell's statements as a dataflow graph: ``%%parallel`` with no ``for``.

::

    Cell ──reading──▶ Effects of each statement ──graph──▶ needs ──carry──▶ Run

`reading` follows which names and objects a statement looks at and changes, with the
help of `heap` (what may share what), `calls` (what a call may do) and `outside` (what
exists before the cell). What it cannot prove independent stays in order.
"""

from nbparallel.faces.statements.carry import last_value, run_statements

__all__ = ["last_value", "run_statements"]
