"""What shows a run: each view is made from snapshots and plain callables alone."""
