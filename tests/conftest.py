"""Runs that compute values stop where memory that nobody wrote reaches a result, an index or a count."""
import os

os.environ.setdefault("GARAM_CHECK_UNWRITTEN", "1")
