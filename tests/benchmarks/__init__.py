"""Figures of the engine, measured and compared with rivals: `python -m tests.benchmarks`. None of them is a test."""
