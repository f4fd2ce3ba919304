"""Journals: files that keep what the tasks of a run came to, so that it can resume.

Guarantees
----------
- What was reported ``ok`` is in the file: whoever looks at a run (its table, its rows,
  its counts, its end) goes on only once what it was told has been committed. SQLite in
  WAL mode with ``synchronous=NORMAL`` keeps what was committed when the process is
  killed; when the machine loses its power, the last commits may be missing, and the
  file is whole all the same (sqlite.org/pragma.html#pragma_synchronous).
- Opening a file runs no code out of it: a pickled result is loaded only if it is signed
  with the secret of this user, or if the user says that the file is trusted.
- A file belongs to one function and is written by one run at a time.

Nothing here knows of runs, workers or views: the engine hands in what has ended.
"""
