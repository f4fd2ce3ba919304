"""The engine: one scheduler for every backend, and the handle that users hold."""
