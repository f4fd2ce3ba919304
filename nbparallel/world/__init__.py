"""A world of agents that act in steps: in each all at once, or one after another."""

from __future__ import annotations

from nbparallel import notebook
from nbparallel.world.world import World

__all__ = ["World"]

notebook.connect()  # as the first use of a name of the package does
