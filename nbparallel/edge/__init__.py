"""Where nbparallel touches what it does not own: the kernel, its signals, its streams.

Each file fences one piece of foreign ground and says what it relies on there.
"""
