"""Which statements of a cell have to wait for which; nothing is carried out here.

::

    statements ──analysis──▶ Effects of each ──graph──▶ needs ──reasons──▶ why

`analysis` goes over the cell from top to bottom, on top of `expressions`, of `calls`
with the tables in `known_calls`, of `objects` and of `names`; each adds to the one
before. `existing_names` tells what exists before the cell, `regions` tells objects
apart. What cannot be proven independent stays in order.
"""
