"""Where the time of runs goes: measured, added up, and told to the log."""
