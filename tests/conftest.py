"""Runs that compute values stop where memory that nobody wrote reaches a result, an index or a count. What tests draw follows from
GARAM_SEED: another in each run unless it is given, the same in all processes of a run, told at the end."""
import os
import random

os.environ.setdefault("GARAM_CHECK_UNWRITTEN", "1")
os.environ.setdefault("GARAM_SEED", str(random.SystemRandom().randrange(1 << 30)))


def pytest_terminal_summary(terminalreporter) -> None:
    terminalreporter.write_line(f"GARAM_SEED={os.environ['GARAM_SEED']}")
