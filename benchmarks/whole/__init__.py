"""Whole programs as a person would write them, started from the shell by `benchmarks.processes`."""
