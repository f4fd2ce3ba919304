"""Measurements of nbparallel beside other ways to run the same work.

``python -m benchmarks`` runs them all, prints them and writes them to
``benchmarks/README.md``; ``python -m benchmarks memory panel`` runs only those two.
"""
