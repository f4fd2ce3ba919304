"""The columnar record of every task of a run, and what can be read from it."""
