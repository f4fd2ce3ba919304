"""Which statements of a cell have to wait for which; nothing is carried out here.

::

    statements ──reading──▶ Effects of each ──graph──▶ needs

`reading` follows which names and objects a statement looks at and changes, with the
help of `heap` (what may share what), `calls` (what a call may do) and `outside` (what
exists before the cell). What it cannot prove independent stays in order.
"""
