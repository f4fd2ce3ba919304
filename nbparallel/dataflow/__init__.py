"""Which statements of a cell have to wait for which; nothing is carried out here.

::

    statements ──reading──▶ Effects of each ──graph──▶ needs

`reading` goes over the cell from top to bottom, on top of `expressions`, of `calls`
with the tables in `known`, of `running` and of `names`; each adds to the one before.
`outside` tells what exists before the cell, `regions` tells objects apart. What cannot
be proven independent stays in order.
"""
