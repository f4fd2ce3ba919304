"""Was it worth it? Measured speed-ups, sweeps over worker counts, and plots of runs."""
