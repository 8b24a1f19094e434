"""Figures on speed and size. Run one with `.venv/bin/python -m benchmarks.<name>`; they measure and never judge."""
