"""Pictures of runs and of measurements, one kind per file.

Each takes its subject and, if you like, the Axes to draw on; it returns the Axes. None
of them touches pyplot or a global setting. A figure that they make follows the style in
force, and where none is it fits light and dark pages; Jupyter shows it under its cell.
Those of measurements are called by `nbparallel.timing.results`, which knows the classes
that users have.

Colours are those of M. Okabe and K. Ito (*Color Universal Design*, 2008), which people
with any colour vision can tell apart; what matters differs in shape or size as well.
"""
